"""The generated OpenAPI document against the contract, operation by operation, and against what is committed."""

import json
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

from ccportal.api.tests.contract.operations import COMMITTED, committed, operations_of, written
from ccportal.api.tests.contract.shapes import faults, narrower, shape_of

ORIGINAL = settings.BASE_DIR.parent / "shared" / "contract" / "openapi.yaml"
DOCUMENT = settings.BASE_DIR / "ccportal" / "api" / "openapi.json"
#: Operations of the contract that a later issue brings, and which feature.
OWED = json.loads(Path(__file__).with_name("owed.json").read_text())
#: Where the document says less than the contract; the answers themselves are held against it over HTTP.
LOOSER = {
    "getCustomerData": "one shape for an account with and without a customer",
    "getMyProfile": "one shape for an account with and without a customer",
    "getConsumptionByTenure": "the keys of a row are customer types",
    "getDailyLoadProfiles": "the keys of a row are customer types",
    "getLoadCurvesByType": "the keys of a row are customer types",
}
CONTRACT = committed()


@pytest.fixture(scope="session")
def document():
    """As generated now."""
    return json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True)))


@pytest.fixture(scope="session")
def ours(document):
    """Our operations by method and path."""
    return {(one["method"], one["path"]): {**one, "id": name} for name, one in operations_of(document).items()}


def address(name):
    return CONTRACT[name]["method"], CONTRACT[name]["path"]


def test_the_committed_document_is_current(document):
    assert json.loads(DOCUMENT.read_text(encoding="utf-8")) == document, "run `make openapi`"


def test_what_can_be_sent_twice_names_the_key_that_makes_it_count_once(document):
    def takes_key(path):
        return any(
            given["name"] == "Idempotency-Key" for given in document["paths"][path]["post"].get("parameters", [])
        )

    assert takes_key("/api/tables/{table_name}")
    assert takes_key("/api/mutations/{mutation_id}/revert")
    assert not takes_key("/api/auth/employee-login")


@pytest.mark.skipif(not ORIGINAL.exists(), reason="the contract is not beside the project")
def test_the_committed_operations_are_those_of_the_contract():
    contract = yaml.safe_load(ORIGINAL.read_text(encoding="utf-8"))
    assert COMMITTED.read_text(encoding="utf-8") == written(operations_of(contract))


def test_the_contract_has_69_operations():
    assert len(CONTRACT) == 69


def test_every_promised_operation_is_served(ours):
    missing = [name for name in CONTRACT if name not in OWED and address(name) not in ours]
    assert missing == []


def test_no_owed_operation_is_served_without_being_struck_off(ours):
    assert [name for name in OWED if address(name) in ours] == [], "strike them off in owed.json"


def test_only_operations_of_the_contract_are_owed():
    assert set(OWED) <= set(CONTRACT)


SERVED = [name for name in CONTRACT if name not in OWED]


@pytest.mark.parametrize("name", SERVED)
def test_an_operation_is_called_as_in_the_contract(ours, name):
    assert ours[address(name)]["id"] == name


@pytest.mark.parametrize("name", SERVED)
def test_an_operation_takes_the_parameters_of_the_contract(ours, name):
    mine = ours[address(name)]["parameters"]
    for parameter, wanted in CONTRACT[name]["parameters"].items():
        assert parameter in mine, f"{name} does not take {parameter}"
        assert mine[parameter]["in"] == wanted["in"]
        assert mine[parameter]["required"] <= wanted["required"], f"{name} insists on {parameter}"


@pytest.mark.parametrize("name", SERVED)
def test_an_operation_takes_the_bodies_of_the_contract(ours, name):
    wanted, mine = CONTRACT[name]["body"], ours[address(name)]["body"]
    if wanted is None:
        return
    assert mine is not None
    assert narrower(wanted, mine, "body") == []


@pytest.mark.parametrize("name", SERVED)
def test_an_operation_names_every_status_of_the_contract(ours, name):
    assert set(CONTRACT[name]["answers"]) - set(ours[address(name)]["answers"]) == set()


@pytest.mark.parametrize("name", SERVED)
def test_the_answers_have_the_keys_and_types_of_the_contract(ours, name):
    for status, kinds in CONTRACT[name]["answers"].items():
        mine = ours[address(name)]["answers"][status]
        for kind, wanted in kinds.items():
            if kind != "application/json":
                assert kind in mine
                continue
            problems = narrower(mine["application/json"], wanted, status)
            assert bool(problems) == (name in LOOSER and status == "200"), problems


@pytest.mark.parametrize("name", SERVED)
def test_what_the_contract_closes_is_not_open(document, name):
    method, path = address(name)
    if CONTRACT[name]["access"] != "public":
        assert document["paths"][path][method.lower()]["security"] != []


class TestTheComparisonNotices:
    """A comparison that finds nothing must be able to find something."""

    WANTED = {"object": {"total": "integer", "rows": {"list": {"object": {"name": "string"}}}, "note?": "string"}}

    @pytest.mark.parametrize(
        ("answer", "fault"),
        [
            ({"rows": []}, "answer: no total"),
            ({"total": "1", "rows": []}, "answer.total: '1' is not integer"),
            ({"total": True, "rows": []}, "answer.total: True is not integer"),
            ({"total": 1, "rows": [{"name": None}]}, "answer.rows[0].name: None is not string"),
            ({"total": 1, "rows": {}}, "answer.rows: not a list"),
            ({"total": 1, "rows": [], "note": 2}, "answer.note: 2 is not string"),
        ],
    )
    def test_an_answer_that_does_not_fit(self, answer, fault):
        assert faults(self.WANTED, answer) == [fault]

    def test_an_answer_that_fits_with_additions(self):
        assert faults(self.WANTED, {"total": 1, "rows": [{"name": "x", "more": 1}], "as_of": "now"}) == []

    @pytest.mark.parametrize(
        ("mine", "fault"),
        [
            ({"object": {"total?": "integer", "rows": {"list": "any"}}}, "answer: total may be absent"),
            ({"object": {"rows": {"list": {"object": {"name": "string"}}}}}, "answer: no total"),
            (
                {"object": {"total": "number", "rows": {"list": {"object": {"name": "string"}}}}},
                "answer.total: number where integer is promised",
            ),
        ],
    )
    def test_a_document_that_promises_less(self, mine, fault):
        assert fault in narrower(mine, self.WANTED)

    def test_references_and_combinations_are_followed(self):
        document = {"components": {"schemas": {"A": {"type": "object", "required": ["a"], "properties": {"a": {}}}}}}
        schema = {"allOf": [{"$ref": "#/components/schemas/A"}, {"properties": {"b": {"type": ["string", "null"]}}}]}
        assert shape_of(schema, document) == {"object": {"a": "any", "b?": {"either": ["string", "null"]}}}
