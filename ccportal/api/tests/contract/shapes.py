"""Shapes of JSON: a small notation, made from OpenAPI schemas, that answers and other shapes are held against.

A shape is the name of a type ("string", "integer", "number", "boolean", "null", "any"), or one of

    {"values": ["asc", "desc"]}               one of these
    {"list": shape}
    {"object": {"key": shape, "key?": shape}, "rest": shape}    "?": may be absent; "rest": every other key
    {"either": [shape, ...]}
"""

from typing import Any

Shape = str | dict[str, Any]
Document = dict[str, Any]
_TYPES = {"string", "integer", "number", "boolean", "null"}


def shape_of(schema: Any, document: Document) -> Shape:
    """The shape that a schema of an OpenAPI document describes."""
    if schema is True or not schema:
        return "any"
    if "$ref" in schema:
        rest = {key: value for key, value in schema.items() if key not in ("$ref", "description")}
        found = shape_of(_resolved(schema["$ref"], document), document)
        return merged([found, shape_of(rest, document)]) if rest else found
    if "allOf" in schema:
        return merged([shape_of(part, document) for part in schema["allOf"]])
    for word in ("oneOf", "anyOf"):
        if word in schema:
            return either([shape_of(part, document) for part in schema[word]])
    if "const" in schema:
        return {"values": [schema["const"]]}
    if "enum" in schema:
        return {"values": sorted(schema["enum"], key=str)}
    return _typed(schema, document)


def _typed(schema: dict[str, Any], document: Document) -> Shape:
    kind = schema.get("type", "object" if "properties" in schema else "any")
    if isinstance(kind, list):
        return either([_typed({**schema, "type": one}, document) for one in kind])
    if kind == "array":
        return {"list": shape_of(schema.get("items", {}), document)}
    if kind == "object":
        return _object(schema, document)
    return kind if kind in _TYPES else "any"


def _object(schema: dict[str, Any], document: Document) -> Shape:
    required = set(schema.get("required", ()))
    keys = {
        name if name in required else f"{name}?": shape_of(inner, document)
        for name, inner in sorted(schema.get("properties", {}).items())
    }
    shape: dict[str, Any] = {"object": keys}
    if isinstance(schema.get("additionalProperties"), dict):
        shape["rest"] = shape_of(schema["additionalProperties"], document)
    return shape


def _resolved(reference: str, document: Document) -> Any:
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def either(shapes: list[Shape]) -> Shape:
    flat: list[Shape] = []
    for shape in shapes:
        for one in shape["either"] if isinstance(shape, dict) and "either" in shape else [shape]:
            if one not in flat:
                flat.append(one)
    return flat[0] if len(flat) == 1 else {"either": flat}


def merged(shapes: list[Shape]) -> Shape:
    """What is of every one of these shapes."""
    known = [shape for shape in shapes if shape != "any"]
    if all(isinstance(shape, dict) and "object" in shape for shape in known) and known:
        whole: dict[str, Any] = {"object": {}}
        for shape in known:
            whole["object"].update(shape["object"])
            if "rest" in shape:
                whole["rest"] = shape["rest"]
        return whole
    return known[0] if known else "any"


def faults(shape: Shape, value: Any, place: str = "answer") -> list[str]:
    """What is wrong with a value; keys that a shape does not know are additions and no fault."""
    if isinstance(shape, str):
        return [] if _is(shape, value) else [f"{place}: {value!r:.60} is not {shape}"]
    if "either" in shape:
        tried = [faults(one, value, place) for one in shape["either"]]
        return [] if [] in tried else min(tried, key=len)
    if "values" in shape:
        return [] if value in shape["values"] else [f"{place}: {value!r:.60} is none of {shape['values']}"]
    if "list" in shape:
        if not isinstance(value, list):
            return [f"{place}: not a list"]
        return [fault for n, one in enumerate(value) for fault in faults(shape["list"], one, f"{place}[{n}]")]
    return _object_faults(shape, value, place)


def _object_faults(shape: dict[str, Any], value: Any, place: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{place}: not an object"]
    found = []
    for key, inner in shape["object"].items():
        name = key.removesuffix("?")
        if name in value:
            found += faults(inner, value[name], f"{place}.{name}")
        elif not key.endswith("?"):
            found.append(f"{place}: no {name}")
    if "rest" in shape:
        known = {key.removesuffix("?") for key in shape["object"]}
        for name in value.keys() - known:
            found += faults(shape["rest"], value[name], f"{place}.{name}")
    return found


def _is(kind: str, value: Any) -> bool:
    if kind == "any":
        return True
    if isinstance(value, bool):
        return kind == "boolean"
    if value is None:
        return kind == "null"
    if isinstance(value, int):
        return kind in ("integer", "number")
    return {str: "string", float: "number"}.get(type(value)) == kind


def narrower(ours: Shape, wanted: Shape, place: str = "answer") -> list[str]:
    """Why an answer of the shape ``ours`` might not be one of the shape ``wanted``; additions are no fault."""
    if wanted == "any" or ours == wanted:
        return []
    if isinstance(ours, dict) and "either" in ours:
        return [fault for one in ours["either"] for fault in narrower(one, wanted, place)]
    if isinstance(wanted, dict) and "either" in wanted:
        tried = [narrower(ours, one, place) for one in wanted["either"]]
        return [] if [] in tried else min(tried, key=len)
    if isinstance(ours, dict) and "values" in ours:
        return [fault for value in ours["values"] for fault in faults(wanted, value, place)]
    if isinstance(wanted, dict) and "object" in wanted and isinstance(ours, dict) and "object" in ours:
        return _narrower_object(ours, wanted, place)
    if isinstance(wanted, dict) and "list" in wanted and isinstance(ours, dict) and "list" in ours:
        return narrower(ours["list"], wanted["list"], f"{place}[]")
    if (ours, wanted) == ("integer", "number"):
        return []
    return [f"{place}: {ours} where {wanted} is promised"]


def _narrower_object(ours: dict[str, Any], wanted: dict[str, Any], place: str) -> list[str]:
    found = []
    for key, inner in wanted["object"].items():
        name = key.removesuffix("?")
        mine = ours["object"].get(name, ours["object"].get(f"{name}?"))
        if mine is None:
            found += [] if key.endswith("?") or "rest" in ours else [f"{place}: no {name}"]
            continue
        if not key.endswith("?") and name not in ours["object"]:
            found.append(f"{place}: {name} may be absent")
        found += narrower(mine, inner, f"{place}.{name}")
    if "rest" in wanted and "rest" in ours:
        found += narrower(ours["rest"], wanted["rest"], f"{place}.*")
    return found
