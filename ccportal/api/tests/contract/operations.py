"""The operations of an OpenAPI document, brought down to what a client relies on.

``python -m ccportal.api.tests.contract.operations CONTRACT.yaml`` writes the committed ``operations.json`` anew.
"""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from ccportal.api.tests.contract.shapes import Document, shape_of

COMMITTED = Path(__file__).with_name("operations.json")
METHODS = ("get", "post", "put", "delete")


def operations_of(document: Document) -> dict[str, dict[str, Any]]:
    """Operation id to address, access, parameters, body and answers."""
    found = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                found[item[method]["operationId"]] = _operation(path, method, item, document)
    return dict(sorted(found.items()))


def _operation(path: str, method: str, item: dict[str, Any], document: Document) -> dict[str, Any]:
    raw = item[method]
    parameters = [*item.get("parameters", ()), *raw.get("parameters", ())]
    body = raw.get("requestBody", {}).get("content", {}).get("application/json", {})
    return {
        "method": method.upper(),
        "path": path,
        "access": raw.get("x-access", ""),
        "parameters": dict(sorted(_parameter(one, document) for one in parameters)),
        "body": shape_of(body.get("schema"), document) if body else None,
        "answers": {str(status): _answer(one, document) for status, one in sorted(raw["responses"].items())},
    }


def _parameter(raw: dict[str, Any], document: Document) -> tuple[str, dict[str, Any]]:
    if "$ref" in raw:
        raw = document["components"]["parameters"][raw["$ref"].rpartition("/")[2]]
    return raw["name"], {
        "in": raw["in"],
        "required": bool(raw.get("required")),
        "shape": shape_of(raw.get("schema"), document),
    }


def _answer(raw: dict[str, Any], document: Document) -> dict[str, Any]:
    """Content type to shape; a file has the shape string."""
    if "$ref" in raw:
        raw = document["components"]["responses"][raw["$ref"].rpartition("/")[2]]
    return {kind: shape_of(one.get("schema"), document) for kind, one in raw.get("content", {}).items()}


def committed() -> dict[str, dict[str, Any]]:
    """The contract's operations, as they were when ``operations.json`` was written."""
    return json.loads(COMMITTED.read_text(encoding="utf-8"))


def written(operations: dict[str, dict[str, Any]]) -> str:
    """One operation a line, so that a difference shows which."""
    lines = [f"{json.dumps(name)}: {json.dumps(one, ensure_ascii=False)}" for name, one in operations.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    contract = yaml.safe_load(Path(sys.argv[1]).read_text(encoding="utf-8"))
    COMMITTED.write_text(written(operations_of(contract)), encoding="utf-8")
