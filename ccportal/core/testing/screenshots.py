"""Pictures of every page of a running portal: phone and desktop, light and dark. ``make screenshots`` runs it.

Start the portal with ``make run`` first; address and accounts are read from ``var/demo.json``. The pages are those of
the navigation, and the first customer, account and other record that their lists lead to. Pictures go to
``var/screenshots/<phone|desktop>-<light|dark>/``.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import ViewportSize, sync_playwright

from ccportal.core.testing.browser import CHROMIUM_ARGS, DESKTOP, PHONE, chromium

VAR = Path(os.environ.get("VAR_DIR", "var"))
Scheme = Literal["light", "dark"]
LOOKS: list[tuple[str, ViewportSize, Scheme]] = [
    ("desktop-light", DESKTOP, "light"),
    ("desktop-dark", DESKTOP, "dark"),
    ("phone-light", PHONE, "light"),
    ("phone-dark", PHONE, "dark"),
]
#: Downloads and actions are no pages.
SKIPPED = re.compile(r"\.\w{2,4}$|/sign-out|^/admin/(?!$)")
#: The part of a path that names a record.
RECORD = re.compile(r"[^/]*\d[^/]*")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="")
    parser.add_argument("--employee", default="1001")
    parser.add_argument("--password", default=os.environ.get("DEMO_PASSWORD", ""))
    parser.add_argument("--out", type=Path, default=VAR / "screenshots")
    options = parser.parse_args()
    demo = read_demo()
    accounts = {account["employee_no"]: account["password"] for account in demo.get("accounts", [])}
    url = options.url or demo.get("url", "")
    password = options.password or accounts.get(options.employee, "")
    if not url or not password:
        sys.exit("No running portal known: start it with `make run`, or give --url, --employee and --password.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGS)
        for look, size, scheme in LOOKS:
            context = browser.new_context(base_url=url, viewport=size, color_scheme=scheme)
            count = shoot(context.new_page(), options.employee, password, options.out / look)
            sys.stdout.write(f"{look}: {count} pictures in {options.out / look}\n")
            context.close()
        browser.close()


def read_demo() -> dict[str, Any]:
    """What `make run` wrote; empty when there is no demo."""
    path = VAR / "demo.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def shoot(page: Any, employee: str, password: str, folder: Path) -> int:
    """Sign in, walk all pages, save a picture of each; the number of pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    page.goto("/sign-in/")
    page.screenshot(path=folder / "sign-in.png", full_page=True)
    page.fill("#id_employee_no", employee)
    page.fill("#id_password", password)
    page.press("#id_password", "Enter")
    page.wait_for_load_state("networkidle")
    if page.locator("#id_password").count():
        sys.exit(f"Employee {employee} could not sign in with that password.")
    count = 1
    for path in pages(page):
        page.goto(path, wait_until="networkidle")
        # Bars that stick to the window would lie across a picture of the whole page.
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": page.viewport_size["width"], "height": height})
        page.screenshot(path=folder / f"{file_name(path)}.png")
        page.set_viewport_size({"width": page.viewport_size["width"], "height": 740})
        count += 1
    return count


def pages(page: Any) -> Iterator[str]:
    """Every page of the navigation, and one page of each kind that links lead to."""
    seen: set[str] = set()
    waiting = ["/", "/profile/", *links(page)]
    while waiting:
        path = waiting.pop(0)
        kind = RECORD.sub("0", path)
        if kind in seen:
            continue
        seen.add(kind)
        yield path
        waiting += links(page)
    yield "/no/such/page/"


def links(page: Any) -> list[str]:
    """Paths on this server that the page links to, without queries, in reading order."""
    host = urlsplit(page.url).netloc
    hrefs = page.eval_on_selector_all("a[href]:not([download])", "links => links.map(link => link.href)")
    paths = [urlsplit(href).path for href in hrefs if urlsplit(href).netloc == host]
    return [path for path in dict.fromkeys(paths) if not SKIPPED.search(path)]


def file_name(path: str) -> str:
    return re.sub(r"[^0-9a-z]+", "-", path.lower()).strip("-") or "dashboard"


if __name__ == "__main__":
    main()
