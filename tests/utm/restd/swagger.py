"""As much of Swagger 2.0's schemas as the API's description uses: checking and making values."""

import re

from hypothesis import strategies as st

TYPES = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
}
TEXTS = st.text(max_size=20) | st.sampled_from(
    ["x", "Any", "10:30", "2026-11-20", "192.0.2.1", "<b>", "\x00", "\r\n", '" a="b']
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def problem(document, schema, value, where="$"):
    """Why a value is not of a schema; None when it is."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/definitions/")
        schema = document["definitions"][name]
    if "allOf" in schema:
        found = [problem(document, part, value, where) for part in schema["allOf"]]
        return next(filter(None, found), None)
    wanted = schema.get("type")
    if wanted and not _is(value, TYPES[wanted]):
        return f"{where}: {value!r} is no {wanted}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{where}: {value!r} is none of {schema['enum']}"
    if wanted == "array":
        found = [problem(document, schema["items"], one, f"{where}[]") for one in value]
        return next(filter(None, found), None)
    if wanted == "object":
        return _problem_of_object(document, schema, value, where)
    return None


def _problem_of_object(document, schema, value, where):
    missing = set(schema.get("required", ())) - set(value)
    if missing:
        return f"{where}: {missing} missing"
    more = schema.get("additionalProperties", True)
    for name, one in value.items():
        inner = schema.get("properties", {}).get(name, more if isinstance(more, dict) else {})
        if name not in schema.get("properties", {}) and more is False:
            return f"{where}: {name} is not declared"
        found = problem(document, inner, one, f"{where}.{name}")
        if found:
            return found
    return None


def _is(value, type_):
    if type_ is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, type_)


def values(document, schema, refs):
    """A strategy of values of a schema; `refs` are references with their class and type."""
    if "$ref" in schema:
        schema = document["definitions"][schema["$ref"].removeprefix("#/definitions/")]
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind, description = schema.get("type"), schema.get("description", "")
    if kind == "object":
        return _objects(document, schema, refs)
    if "REF(" in description:
        return _references(kind, description, refs, needed=not schema.get("default", ""))
    if "(REGEX)" in description:
        return st.lists(st.sampled_from(["^https?://a/", "b[0-9]", "*.example.com"]), max_size=2)
    if kind == "array":
        return st.lists(values(document, schema["items"], refs), max_size=3)
    return {
        "string": TEXTS | st.sampled_from(sorted(refs)),
        "integer": st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(0, 99999),
        "boolean": st.booleans(),
    }.get(kind, JUNK)


def _references(kind, description, refs, *, needed):
    targets = re.findall(r"REF\((.*?)/(.*?)\)", description)
    fitting = [
        ref
        for ref, (class_, type_) in refs.items()
        if any(class_ == one and other in ("*", type_) for one, other in targets)
    ]
    one = st.sampled_from(fitting or sorted(refs))
    if kind == "array":
        return st.lists(one, max_size=3, unique=True)
    return one if needed else st.just("") | one


def _objects(document, schema, refs):
    properties = {
        name: values(document, one, refs)
        for name, one in schema.get("properties", {}).items()
        if not name.startswith("_")
    }
    required = {name: properties.pop(name) for name in schema.get("required", ())}
    return st.fixed_dictionaries(required, optional=properties)
