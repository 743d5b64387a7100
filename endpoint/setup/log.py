r"""Setup's own log, which stays when everything else is removed again.

- One line per fact: UTC time, severity, `Step n of 6:` and what happened; appended over runs.
- It lies in the machine's temporary folder, as installers' logs do, not in the product's.
- No token and no password ever reaches it.

Provenance: ours; no line of the original installer is public.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from endpoint.host import HostFolder
from foundation.service import Now

Severity = Literal["INFO", "WARN", "ERROR"]
_STEPS: Final = 6


def setup_log_file(host: HostFolder) -> Path:
    """Return where setup logs on a host."""
    return host.path(r"C:\Windows\Temp\Sophos MCS Install Log.txt")


class SetupLog:
    """The log of one run.

    Args:
        host: The machine.
        now: The present.
        narrate: Also receives every message, for a person who watches.
    """

    def __init__(
        self, host: HostFolder, now: Now, narrate: Callable[[str], None] | None = None
    ) -> None:
        self._path = setup_log_file(host)
        self._now = now
        self._narrate = narrate

    def step(self, number: int, message: str, severity: Severity = "INFO") -> None:
        """Write what happened in a step."""
        self.write(f"Step {number} of {_STEPS}: {message}", severity)

    def write(self, message: str, severity: Severity = "INFO") -> None:
        """Write one line."""
        # A server's text may hold line ends; a line of ours never does.
        text = " ".join(message.split())
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{self._now():%Y-%m-%dT%H:%M:%S.%fZ} {severity:<5} {text}\n")
        if self._narrate is not None:
            self._narrate(text if severity == "INFO" else f"{severity}: {text}")
