"""Actions: command bodies that make an application do something once.

* An action is XML with a ``type`` (prefixed or not) or a JSON object with one; both read alike.
* Which application an action is for stands in the command, not in the body.

Provenance: documented.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from foundation.errors import DomainError
from foundation.net.xml_guard import XmlRefusedError
from foundation.protocol.commands import Command
from foundation.protocol.names import APPSPROXY
from foundation.protocol.xml_reading import read_document
from foundation.protocol.xml_writing import attribute, element

FORCE_UPDATE = "sophos.mgt.action.ALCForceUpdate"
CLEAR_FROM_LIST = "sophos.mgt.action.SAVClearFromList"
GET_COMMANDS = "sophos.mgt.action.GetCommands"
MIGRATE = "sophos.mgt.mcs.migrate"
SCAN_NOW = "ScanNow"
RUN_DIAGNOSTICS = "SDURun"
CLONE_CHALLENGE = "clone_challenge"
CLONE_DETECTED = "clone_detected"

_NAMESPACE = "com.sophos/msys/action"


class ActionRefusedError(DomainError):
    """The body of a command is not an action."""

    code: ClassVar[str] = "action_refused"
    hint: ClassVar[str] = "The command is acknowledged and reported; nothing was done."


@dataclass(frozen=True, slots=True)
class Action:
    """What to do; the parameters are attributes, texts of children or JSON values."""

    type: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def encode_force_update() -> str:
    """Return the action that makes AutoUpdate look for updates now."""
    return f"<?xml version='1.0'?><action type=\"{FORCE_UPDATE}\"/>"


def encode_scan_now(action_id: str = "", subtype: str = "ScanMyComputer") -> str:
    """Return the action that starts a scan of the computer."""
    return (
        f'<a:action xmlns:a="{_NAMESPACE}" type="{SCAN_NOW}" id="{attribute(action_id)}" '
        f'subtype="{attribute(subtype)}" replyRequired="1"/>'
    )


def encode_run_diagnostics(upload_url: str, action_id: str = "") -> str:
    """Return the action that collects diagnostics and uploads them."""
    return (
        f'<a:action xmlns:a="{_NAMESPACE}" type="{RUN_DIAGNOSTICS}" id="{attribute(action_id)}" '
        f'uploadUrl="{attribute(upload_url)}"/>'
    )


def encode_get_commands() -> str:
    """Return the wake-up of the push channel."""
    return f'<action type="{GET_COMMANDS}"/>'


def encode_migrate(server: str, token: str, ca_pem: str = "") -> str:
    """Return the action that moves an endpoint to another server.

    The certificate that the new server is known by is ours: other clients trust public ones.
    """
    ca = element("ca", ca_pem) if ca_pem else ""
    inside = element("server", server) + element("token", token) + ca
    return f'<action type="{MIGRATE}">{inside}</action>'


def decode_action(body: str) -> Action:
    """Read the body of a command as an action.

    Raises:
        ActionRefusedError: when it is neither XML nor JSON with a type.
    """
    return _from_json(body) if body.lstrip().startswith("{") else _from_xml(body)


def _from_xml(body: str) -> Action:
    try:
        root = read_document(body)
    except XmlRefusedError as error:
        raise ActionRefusedError(f"The action cannot be read: {error}") from error
    if root.name.rpartition(":")[2] != "action" or not root.attribute("type"):
        raise ActionRefusedError("The document is not an action with a type.")
    attributes = root.value if isinstance(root.value, dict) else {}
    parameters = {
        name[1:]: str(value)
        for name, value in attributes.items()
        if name.startswith("@") and not name.startswith("@xmlns") and name != "@type"
    }
    return Action(
        root.attribute("type"), parameters | {each.name: each.text for each in root.children()}
    )


def _from_json(body: str) -> Action:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ActionRefusedError("The action is not JSON.") from error
    kind = content.get("type")
    if not isinstance(kind, str) or not kind:
        raise ActionRefusedError("The action has no type.")
    return Action(
        kind,
        {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in content.items()
            if name != "type"
        },
    )


def clone_kind(command: Command) -> str:
    """Return which message about clones a command is; empty for any other command."""
    if command.app_id != APPSPROXY or not command.body.lstrip().startswith("{"):
        return ""
    try:
        kind = json.loads(command.body).get("type")
    except (ValueError, RecursionError):
        return ""
    return kind if kind in (CLONE_CHALLENGE, CLONE_DETECTED) else ""


def encode_clone_answer(dedup_id: str) -> bytes:
    """Return the answer to a clone challenge: a random id, by which two clones differ."""
    return json.dumps({"dedup_id": dedup_id}).encode()
