"""Where a lab keeps its things: one data folder, and the logs people look for.

- `--data`, else `$UTMLAB_DATA`, else `./.utmlab`.
- Logs stand in `logs` beside a data folder called `.utmlab` (the default), otherwise inside it.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from liveconnect.config import LiveConnectConfig

DEFAULT_DATA = Path(".utmlab")
DATA_VARIABLE = "UTMLAB_DATA"


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one lab."""

    data: Path
    logs: Path

    @classmethod
    def of(cls, data: Path | None = None) -> "Places":
        """Return the places of a data folder, the default one when none is given."""
        chosen = (data or Path(os.environ.get(DATA_VARIABLE) or DEFAULT_DATA)).absolute()
        # By name, so that the same lab is found from another working directory.
        is_default = chosen.name == DEFAULT_DATA.name
        return cls(chosen, chosen.parent / "logs" if is_default else chosen / "logs")

    @property
    def liveconnect(self) -> Path:
        """The folder of LiveConnect."""
        return self.data / "liveconnect"

    @property
    def utm(self) -> Path:
        """The folder of the UTM."""
        return self.data / "utm"

    @property
    def utm_logs(self) -> Path:
        """The folder of epsecd.log, eplog.log and the others."""
        return self.logs / "utm"

    @property
    def web_clients(self) -> Path:
        """The file that tells the gateway which computer has which address at the office."""
        return self.data / "web_clients.json"

    @property
    def gateway_note(self) -> Path:
        """The file in which the UTM says where its web filter listens, or did last."""
        return self.utm / "web_filter.json"

    @property
    def scanning_ca(self) -> Path:
        """The folder of the CA for HTTPS that is looked into."""
        return self.data / "https_scanning"

    @property
    def operations_logs(self) -> dict[str, Path]:
        """What the lab and each house did, apart from the emulated logs, by their names."""
        from utm.config import operations_log_file  # noqa: PLC0415 - slow, not every lab has a UTM

        return {
            "lab": self.data / "lab.log",
            "liveconnect": LiveConnectConfig(data=self.liveconnect).operations_log_file,
            "utm": operations_log_file(self.utm),
        }

    @property
    def hosts(self) -> Path:
        """The folder of the emulated computers' disks."""
        return self.data / "hosts"

    @property
    def settings(self) -> Path:
        """The file with the ports and intervals that a lab goes on with."""
        return self.data / "lab.json"

    @property
    def clock(self) -> Path:
        """The file that says where virtual time stands."""
        return self.data / "clock.json"

    @property
    def faults(self) -> Path:
        """The folder by which the processes of a lab learn of faults."""
        return self.data / "faults"

    def host(self, name: str) -> Path:
        """Return the host folder of a computer."""
        return self.hosts / name

    def host_names(self) -> list[str]:
        """Return the names of the computers, in order."""
        if not self.hosts.is_dir():
            return []
        return sorted(entry.name for entry in self.hosts.iterdir() if entry.is_dir())

    def link_host_logs(self, name: str, logs: Path) -> None:
        """Let `logs/endpoints/<name>` lead to the logs inside the host folder."""
        link = self.logs / "endpoints" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(os.path.relpath(logs, link.parent), target_is_directory=True)
