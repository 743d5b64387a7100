"""What the API says of itself: Swagger 2.0 per class, for the nodes, and as a whole.

- Made from the class and node data that confd checks values by, so that both say the same.
- `/api/definitions` lists the classes and the nodes; `/api/definitions/all` is everything.

Provenance: the list, names such as `epp.endpoint`, and `REF(epp/av_policy)` in descriptions are
public; that the nodes have a definition too, and the one of everything, is ours.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from utm.confd.classes import Field, ObjectClass, object_classes
from utm.confd.nodes import Node, all_nodes
from utm.confd.values import thaw
from utm.restd.calls import Answer, Call
from utm.restd.errors import NOT_FOUND, RestdError, refusal

VERSION: Final = {"utm": "9.723-4", "restd": "1.3.0"}
NODES: Final = "nodes"
EVERYTHING: Final = "all"
_ERRORS: Final = {
    "description": "refused; the errors say why",
    "schema": {"type": "array", "items": {"$ref": "#/definitions/restd.error"}},
}
_SCHEMAS: Final[Mapping[str, Mapping[str, Any]]] = {
    "string": {"type": "string"},
    "int": {"type": "integer", "format": "int64"},
    "int64": {"type": "integer", "format": "int64"},
    "bool": {"type": "boolean"},
    "[]string": {"type": "array", "items": {"type": "string"}},
    "[]int64": {"type": "array", "items": {"type": "integer", "format": "int64"}},
    "[]interface{}": {"type": "array", "items": {}},
    "map[string]string": {"type": "object", "additionalProperties": {"type": "string"}},
    "interface{}": {},
    "struct{}": {},
}


async def read_version(_call: Call) -> Answer:
    """Return the versions."""
    return Answer(value=VERSION)


async def read_list(_call: Call) -> Answer:
    """Return what has a definition."""
    names = [*_class_names(), NODES]
    return Answer(
        value=[
            {"description": name, "name": name, "link": f"/api/definitions/{name}"}
            for name in names
        ]
    )


async def read_one(_call: Call, name: str) -> Answer:
    """Return the definition of a class, of the nodes, or of everything."""
    if name not in {*_class_names(), NODES, EVERYTHING}:
        raise refusal(NOT_FOUND, "NOT_FOUND", "There is no such definition.")
    return Answer(value=definition(name))


@cache
def definition(name: str) -> dict[str, Any]:
    """Return the Swagger document of a class, of the nodes, or of everything."""
    everything = name == EVERYTHING
    paths: dict[str, Any] = {}
    models: dict[str, Any] = {"restd.error": _error_model(), "restd.usedby": _users_model()}
    for class_ in object_classes().values():
        if everything or _class_of(class_) == name:
            paths |= _object_paths(class_)
            models[_model_name(class_)] = _model(class_)
    if everything or name == NODES:
        paths |= _node_paths()
    return {
        "swagger": "2.0",
        "info": {"title": "utmlab REST API", "description": name, "version": VERSION["restd"]},
        "basePath": "/api",
        "schemes": ["https"],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "securityDefinitions": {"basic": {"type": "basic"}},
        "security": [{"basic": []}],
        "paths": paths,
        "definitions": models,
    }


def _class_names() -> list[str]:
    return sorted({_class_of(class_) for class_ in object_classes().values()})


def _class_of(class_: ObjectClass) -> str:
    return class_.full_type.partition("/")[0]


def _model_name(class_: ObjectClass) -> str:
    return class_.full_type.replace("/", ".")


def _model(class_: ObjectClass) -> dict[str, Any]:
    envelope = {
        "_locked": {"type": "string", "enum": ["", "user", "global"]},
        "_ref": {"type": "string", "readOnly": True},
        "_type": {"type": "string", "enum": [class_.full_type]},
    }
    fields = class_.fields.values()
    return {
        "type": "object",
        "title": class_.title,
        "required": [field.name for field in fields if field.is_required],
        "properties": envelope | {field.name: _property(field) for field in fields},
        "additionalProperties": class_.is_open,
    }


def _property(field: Field) -> dict[str, Any]:
    found = {**_SCHEMAS[field.type_name], "description": _description(field)}
    if field.words:
        found["enum"] = list(field.words)
    if not field.is_required:
        found["default"] = thaw(field.default)
    return found


def _description(field: Field) -> str:
    parts = [f"REF({target})" for target in field.targets]
    parts += [f"({field.format_})"] if field.format_ else []
    parts += ["(REGEX)"] if field.is_pattern else []
    parts += ["(write-only, reads as an empty text)"] if field.is_secret else []
    return ", ".join(parts)


def _object_paths(class_: ObjectClass) -> dict[str, Any]:
    model = {"$ref": f"#/definitions/{_model_name(class_)}"}
    body = [{"name": "body", "in": "body", "required": True, "schema": model}]
    ref = {"name": "ref", "in": "path", "required": True, "type": "string"}
    path = f"/objects/{class_.full_type}/"
    # An answer carries back what the body had beyond the class.
    echoed = {"allOf": [{**_model(class_), "additionalProperties": True}]}
    partial = {**_model(class_), "required": []}
    return {
        path: {
            "get": _operation(class_.title, {"200": {"type": "array", "items": model}}),
            "post": _operation(class_.title, {"201": echoed}, body),
        },
        f"{path}{{ref}}": {
            "parameters": [ref],
            "get": _operation(class_.title, {"200": model}),
            "put": _operation(class_.title, {"200": echoed, "201": echoed}, body),
            "patch": _operation(class_.title, {"200": model}, [{**body[0], "schema": partial}]),
            "delete": _operation(class_.title, {"204": None}),
        },
        f"{path}{{ref}}/usedby": {
            "parameters": [ref],
            "get": _operation(class_.title, {"200": {"$ref": "#/definitions/restd.usedby"}}),
        },
    }


def _node_paths() -> dict[str, Any]:
    properties: dict[str, Any] = {}
    everything = {"type": "object", "properties": properties}
    paths: dict[str, Any] = {"/nodes": {"get": _operation("every node", {"200": everything})}}
    for known in all_nodes().values():
        schema = _node_schema(known)
        properties[known.key] = schema
        body = [{"name": "body", "in": "body", "required": True, "schema": schema}]
        paths[f"/nodes/{known.key}"] = {
            "get": _operation(known.key, {"200": schema}),
            "put": _operation(known.key, {"200": schema}, body),
        }
    return paths


def _node_schema(known: Node) -> dict[str, Any]:
    schema = dict(_SCHEMAS[known.type_name])
    if known.words:
        schema["enum"] = ["", *known.words]
    return schema


def _operation(
    summary: str,
    answers: Mapping[str, Any],
    parameters: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    responses = {
        status: {"description": "done"} | ({"schema": schema} if schema is not None else {})
        for status, schema in answers.items()
    }
    return {
        "summary": summary,
        "parameters": list(parameters),
        "responses": {**responses, "default": _ERRORS},
    }


def _error_model() -> dict[str, Any]:
    example = RestdError(msgtype="", name="").document()
    types = {int: "integer", str: "string"}
    lists = {"type": "array", "items": {"type": "string"}}
    return {
        "type": "object",
        "required": list(example),
        "properties": {
            key: lists if isinstance(value, list) else {"type": types[type(value)]}
            for key, value in example.items()
        },
    }


def _users_model() -> dict[str, Any]:
    refs = {"type": "array", "items": {"type": "string"}}
    return {
        "type": "object",
        "required": ["nodes", "objects"],
        "properties": {"nodes": refs, "objects": refs},
    }
