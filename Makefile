# `make help` lists what there is. Everything works on a fresh Debian or Ubuntu with git, make and Python 3.11+.
PYTHON ?= python3
VENV ?= .venv
PY = $(VENV)/bin/python
export VENV

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench openapi screenshots lock clean setup setup-dev

help: ## Say what there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

setup: ## Install what `make run` needs
	@$(PYTHON) demo/bootstrap.py

setup-dev: ## Install what the checks need, too
	@$(PYTHON) demo/bootstrap.py --dev

run: setup ## Serve the portal with its worker on sample data (HOST, PORT, DEMO_PASSWORD, ACDB_FILE)
	@$(PY) -m demo.run --end-with-parent

test: setup-dev ## Run every check: lint, types, imports, settings, templates, all tests with coverage
	@$(PY) -m demo.check

lint: setup-dev ## Run the checks that need no test run
	@$(PY) -m demo.check --only-lint

format: setup-dev ## Format code and templates
	@$(PY) -m ruff check --fix --quiet . && $(PY) -m ruff format --quiet .

bench: setup-dev ## Measure pages, lookups and the import on a large database (BENCH_DB, BENCH_SEARCH_DB)
	@$(PY) -m demo.bench

openapi: setup-dev ## Write ccportal/api/openapi.json anew after a change of the API
	@DEBUG=1 SECRET_KEY=only-to-write-a-document $(PY) manage.py spectacular --format openapi-json --file ccportal/api/openapi.json

screenshots: setup-dev ## Take pictures of every page, on phone and desktop, light and dark
	@$(PY) -m ccportal.core.testing.screenshots

pictures: setup-dev ## Take the pictures of README and tour from a running demo
	@$(PY) -m demo.pictures

lock: setup-dev ## Pin the newest allowed versions of everything in constraints.txt
	@$(VENV)/bin/uv pip compile requirements-dev.txt --output-file constraints.txt --upgrade --quiet \
		--universal --python-version 3.11.2 --no-header --no-annotate

clean: ## Remove the demo's data, caches and reports; keeps .env and the virtual environment
	@$(PYTHON) -c 'import shutil; [shutil.rmtree(p, True) for p in ("var", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".import_linter_cache", ".hypothesis", "htmlcov", "test-results")]'
	@rm -f .coverage
