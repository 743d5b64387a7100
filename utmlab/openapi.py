"""The OpenAPI document of a set of verbs, made from their signatures and docstrings.

- Nothing is described twice: a verb that is offered is in the document, with its own words.
- Arguments are keyword-only; one without a default is required.

Provenance: ours; OpenAPI 3.1.
"""

import inspect
import types
from collections.abc import Mapping
from typing import Any, Union, get_args, get_origin, get_type_hints

from foundation.net.control import TOKEN_HEADER, Verb

VERSION = "1"
_NAMES: Mapping[Any, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    dict: "object",
    list: "array",
    type(None): "null",
}
_REFUSALS = {
    "400": "The arguments are wrong.",
    "401": "The token is wrong.",
    "409": "The verb refuses: `error` is its code, `message` the sentence, `hint` what to do.",
}


def describe(verbs: Mapping[str, Verb]) -> dict[str, Any]:
    """Return the OpenAPI document of verbs."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "utmlab control API",
            "version": VERSION,
            "description": "Verbs of a running lab. The token is in control.json of the data "
            "folder, which only its owner can read.",
        },
        "paths": {f"/verbs/{name}": {"post": _operation(name, verbs[name])} for name in verbs},
        "components": {
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": TOKEN_HEADER}},
            "schemas": {
                "Refusal": {
                    "type": "object",
                    "required": ["error"],
                    "properties": {key: {"type": "string"} for key in ("error", "message", "hint")},
                }
            },
        },
        "security": [{"token": []}],
    }


def _operation(name: str, verb: Verb) -> dict[str, Any]:
    refusal = {"schema": {"$ref": "#/components/schemas/Refusal"}}
    result = {"type": "object", "required": ["result"], "properties": {"result": {}}}
    return {
        "operationId": name,
        "summary": (inspect.getdoc(verb) or name).splitlines()[0],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": arguments_schema(verb)}},
        },
        "responses": {
            "200": {
                "description": "What the verb returned.",
                "content": {"application/json": {"schema": result}},
            },
            **{
                status: {"description": text, "content": {"application/json": refusal}}
                for status, text in _REFUSALS.items()
            },
        },
    }


def arguments_schema(verb: Verb) -> dict[str, Any]:
    """Return the JSON Schema of a verb's arguments."""
    hints = get_type_hints(verb)
    parameters = inspect.signature(verb).parameters
    properties = {}
    for name, parameter in parameters.items():
        properties[name] = _schema(hints[name])
        if parameter.default is not parameter.empty:
            properties[name]["default"] = parameter.default
    required = [name for name, one in parameters.items() if one.default is one.empty]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _schema(hint: Any) -> dict[str, Any]:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        schemas = [_schema(one) for one in inner]
        merged: dict[str, Any] = {"type": [one["type"] for one in schemas]}
        for one in schemas:
            merged.update({key: value for key, value in one.items() if key != "type"})
        return merged
    schema: dict[str, Any] = {"type": _NAMES[origin or hint]}
    if origin is list:
        schema["items"] = _schema(inner[0])
    return schema
