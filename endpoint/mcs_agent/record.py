"""What the agent remembers: which files it dealt with and what is in force for each app.

- Written after a configuration is on disk and before its status is stored, so that a killed agent
  either does the same work again (the same bytes) or finds it done.
- A refused policy never touches what is in force; it is remembered, so that it is not tried again
  until its file changes.
- A damaged record is an empty one: the agent applies what lies in Persist once more.

Provenance: ours.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from foundation.durable.files import write_atomic
from foundation.protocol.statuses import Res

_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AppState:
    """What is in force for one app, and the newest refusal.

    Attributes:
        app_id: The app.
        policy_type: The type in its status.
        rev_id: The revision in force; empty when there is none.
        policy_digest: SHA-256 of the policy in force.
        applied_at: When it came into force, ISO 8601.
        applications: How many policies have come into force so far.
        details: Facts of the adapter for the status.
        refusal: Reason code of a newer policy that was refused; empty when there is none.
        status_digest: The status that was stored last.
    """

    app_id: str
    policy_type: int
    rev_id: str = ""
    policy_digest: str = ""
    applied_at: str = ""
    applications: int = 0
    details: tuple[tuple[str, str], ...] = ()
    refusal: str = ""
    status_digest: str = ""

    @property
    def res(self) -> Res:
        """The compliance word: Same, Diff, or NoRef while nothing is in force."""
        if not self.rev_id:
            return "NoRef"
        return "Diff" if self.refusal else "Same"


@dataclass(frozen=True, slots=True)
class Memory:
    """The whole record.

    Attributes:
        files: Policy file name → digest of the content that was dealt with.
        apps: App id → its state.
    """

    files: Mapping[str, str]
    apps: Mapping[str, AppState]

    def with_app(self, state: AppState) -> "Memory":
        """Return the record with another state of one app."""
        return replace(self, apps={**self.apps, state.app_id: state})

    def with_file(self, name: str, digest: str) -> "Memory":
        """Return the record with a file marked as dealt with."""
        return replace(self, files={**self.files, name: digest})


EMPTY: Final = Memory(files={}, apps={})


def read_memory(path: Path) -> Memory:
    """Read the record; a missing or damaged one is empty."""
    try:
        document = json.loads(path.read_bytes())
        if document["version"] != _VERSION:
            return EMPTY
        apps = [_state(fields) for fields in document["apps"]]
        files = {str(name): str(digest) for name, digest in document["files"].items()}
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return EMPTY
    return Memory(files=files, apps={state.app_id: state for state in apps})


def write_memory(path: Path, memory: Memory) -> None:
    """Store the record durably."""
    apps = [asdict(state) for state in memory.apps.values()]
    document = {"version": _VERSION, "files": dict(memory.files), "apps": apps}
    write_atomic(path, json.dumps(document, indent=1).encode())


def _state(fields: Mapping[str, object]) -> AppState:
    details = fields["details"]
    if not isinstance(details, list):
        raise TypeError("details is no list")
    pairs = tuple((str(name), str(value)) for name, value in details)
    return AppState(**{**fields, "details": pairs})  # type: ignore[arg-type]
