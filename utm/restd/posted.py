"""An object as a client sends it: what is stored of it, and what only comes back.

- What a class does not know comes back in the answers of POST and PUT and is forgotten: a public
  client deletes its own parameters from that answer, and fails without them.
- An open class keeps such attributes, except those parameters: they hold the client's password.
- null stands for an attribute that is not given; 0 and 1 are taken where a field is true or false.

Provenance: the echo is verified with the public client; the rest is ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from utm.confd import Lock, Object
from utm.confd.classes import ObjectClass, load_data
from utm.restd.errors import UNPROCESSABLE, refusal

CLIENT_PARAMETERS: Final = frozenset(
    {
        "client_cert",
        "client_key",
        "force",
        "force_basic_auth",
        "headers",
        "http_agent",
        "state",
        "url_password",
        "url_username",
        "use_gssapi",
        "use_proxy",
        "utm_host",
        "utm_port",
        "utm_protocol",
        "utm_token",
        "validate_certs",
    }
)
"""What a public client sends along as if they were attributes."""
_ANY_VALUE: Final = ("interface{}", "struct{}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """One object of a client.

    Attributes:
        of: Its class.
        attributes: What is to be stored.
        chosen_ref: The reference that the client chooses, if any.
        lock: The lock that the client wants, if it says so.
        echo: What only comes back.
    """

    of: ObjectClass
    attributes: Mapping[str, Any]
    chosen_ref: str | None
    lock: Lock | None
    echo: Mapping[str, Any]

    def echoed_with(self, stored: Object) -> dict[str, Any]:
        """Return the answer: the object, and what the client sent beyond it."""
        return {**self.echo, **stored.document()}


def read_posted(of: ObjectClass, body: Mapping[str, Any]) -> Posted:
    """Return what a client sent.

    Raises:
        RequestRefusedError: If the envelope is not one of that class.
    """
    attributes: dict[str, Any] = {}
    echo: dict[str, Any] = {}
    for name, value in body.items():
        if name.startswith("_"):
            continue
        if of.takes(name) and (name in of.fields or name not in CLIENT_PARAMETERS):
            attributes |= _given(of, name, value)
        else:
            echo[name] = "" if value and _is_secret(name) else value
    return Posted(
        of=of,
        attributes=attributes,
        chosen_ref=_reference(of, body),
        lock=_lock(body.get("_locked")),
        echo=echo,
    )


def _given(of: ObjectClass, name: str, value: Any) -> dict[str, Any]:
    field = of.fields.get(name)
    if field is None:
        return {name: value}
    if value is None and field.type_name not in _ANY_VALUE:
        return {}
    return {name: as_boolean(value) if field.type_name == "bool" else value}


def as_boolean(value: Any) -> Any:
    """Return true or false for 1 or 0; any other value as it is."""
    return bool(value) if type(value) is int and value in (0, 1) else value


def _reference(of: ObjectClass, body: Mapping[str, Any]) -> str | None:
    if body.get("_type") not in (None, "", of.full_type):
        raise refusal(UNPROCESSABLE, "OBJECT_TYPE", f"_type has to be {of.full_type} here.")
    ref = body.get("_ref") or None
    if ref is not None and not isinstance(ref, str):
        raise refusal(UNPROCESSABLE, "OBJECT_REF", "_ref has to be a text.")
    return ref


def _lock(wanted: Any) -> Lock | None:
    if wanted is None or wanted == "global":
        return None  # what is locked so stays so, and nobody else gets it
    if wanted == "user":
        return "user"
    if wanted == "":
        return ""
    raise refusal(UNPROCESSABLE, "OBJECT_LOCK", '_locked has to be "", "user" or "global".')


def _is_secret(name: str) -> bool:
    return name.endswith(tuple(load_data("annotations")["secret_node_endings"]))
