r"""Where things are on an endpoint: Windows paths under a host folder.

An emulated machine is a folder. ``C:\ProgramData\Sophos`` is ``<root>/C/ProgramData/Sophos``, with
exactly the names of the seed, so that an article's path can be typed after the folder's name.

* Nothing is read or written outside the host folder: ``..``, device names, alternate streams, UNC
  paths and links that lead out are refused; the product's own folders are looked at once, when
  they are first named (every poll names a dozen).
* This module only names places; it creates nothing.
* Two spellings: ``seed`` (the article's: "Management Communication System", ``config.xml``,
  ``MCSClient.log``) and ``windows`` (a real machine's: "Management Communications System", all of
  it below ``Endpoint``, ``Config.xml``, ``McsClient.log``).

Provenance: Persist, Logs and Config are the seed's; EndpointIdentity.txt, Credentials, Cache and
machine_ID.txt are public; Queue, Spool, Actions, Web Control and the two JSON tables are ours.
"""

import re
from pathlib import Path
from typing import ClassVar, Final, Literal

from foundation.errors import DomainError

Layout = Literal["seed", "windows"]

_DRIVE: Final = re.compile(r"([A-Za-z]):[\\/]+(.*)", re.DOTALL)
_FORBIDDEN: Final = frozenset('<>:"|?*\0')
_SOPHOS: Final = r"C:\ProgramData\Sophos"


class PathOutsideHostError(DomainError):
    """A path that is not an absolute Windows path inside the host folder."""

    code: ClassVar[str] = "path_outside_host"
    hint: ClassVar[str] = r"give an absolute path such as C:\ProgramData\Sophos, without '..'"


class HostMissingError(DomainError):
    """A host folder that is not there."""

    code: ClassVar[str] = "host_missing"
    hint: ClassVar[str] = "check the path after --host; `python -m endpoint setup` makes a new host"


class HostFolder:
    """One emulated machine's disk.

    Attributes:
        root: The host folder.
        layout: The spelling of the product's folders.
    """

    __slots__ = ("_known", "_mcs", "layout", "root")

    def __init__(self, root: Path, *, layout: Layout = "seed") -> None:
        self.root = root
        self.layout: Layout = layout
        self._known: dict[str, Path] = {}
        spelling = "Communication" if layout == "seed" else "Communications"
        self._mcs = rf"{_SOPHOS}\Management {spelling} System"

    @property
    def name(self) -> str:
        """The machine's name: the folder's."""
        return self.root.name

    def path(self, windows_path: str) -> Path:
        r"""Map ``C:\…`` to its place below the root.

        Raises:
            PathOutsideHostError: Relative, malformed, or leading out of the host folder.
        """
        match = _DRIVE.fullmatch(windows_path)
        if match is None:
            raise PathOutsideHostError(f"{windows_path!r} is not an absolute Windows path")
        drive, rest = match.groups()
        parts = [part for part in re.split(r"[\\/]+", rest) if part not in {"", "."}]
        if any(part == ".." or _FORBIDDEN.intersection(part) for part in parts):
            raise PathOutsideHostError(f"{windows_path!r} is not a plain path")
        place = self.root.joinpath(drive.upper(), *parts)
        # A link inside the folder must not lead out of it either.
        if not place.resolve().is_relative_to(self.root.resolve()):
            raise PathOutsideHostError(f"{windows_path!r} leads out of {self.root}")
        return place

    def _own(self, windows_path: str) -> Path:
        place = self._known.get(windows_path)
        if place is None:
            place = self._known[windows_path] = self.path(windows_path)
        return place

    def _endpoint(self, rest: str) -> Path:
        return self._own(rf"{self._mcs}\Endpoint\{rest}")

    def _spelled(self, seed: str, windows: str) -> str:
        return seed if self.layout == "seed" else windows

    @property
    def mcs(self) -> Path:
        """The folder of the Management Communication System."""
        return self._own(self._mcs)

    @property
    def persist(self) -> Path:
        """What the client downloaded: policies, the identity, waiting actions."""
        return self._own(self._mcs + self._spelled(r"\Persist", r"\Endpoint\Persist"))

    @property
    def identity_file(self) -> Path:
        """The endpoint id, one line."""
        return self.persist / "EndpointIdentity.txt"

    @property
    def credentials_file(self) -> Path:
        """The endpoint's password (mode 0600)."""
        return self.persist / "Credentials"

    @property
    def actions(self) -> Path:
        """Actions the client accepted and the agent has yet to run."""
        return self.persist / "Actions"

    @property
    def logs(self) -> Path:
        """The folder of MCSClient.log and MCSAgent.log."""
        return self._endpoint("Logs")

    @property
    def client_log(self) -> Path:
        """The MCS Client's log."""
        return self.logs / self._spelled("MCSClient.log", "McsClient.log")

    @property
    def agent_log(self) -> Path:
        """The MCS Agent's log."""
        return self.logs / self._spelled("MCSAgent.log", "McsAgent.log")

    @property
    def config_file(self) -> Path:
        """config.xml: log levels, server address, registration token."""
        return self._endpoint(rf"Config\{self._spelled('config.xml', 'Config.xml')}")

    @property
    def server_ca(self) -> Path:
        """The one CA that the client trusts."""
        return self._endpoint(r"Config\mcs_rootca.crt")

    @property
    def cache(self) -> Path:
        """The statuses that were sent last."""
        return self._endpoint("Cache")

    @property
    def command_queue(self) -> Path:
        """Commands that were received and are not finished."""
        return self._endpoint("Queue")

    @property
    def status_spool(self) -> Path:
        """Statuses the agent stored for the client to send."""
        return self._endpoint(r"Spool\Status")

    @property
    def event_spool(self) -> Path:
        """Events the agent stored for the client to send."""
        return self._endpoint(r"Spool\Events")

    @property
    def response_spool(self) -> Path:
        """Responses to commands that wait for the client."""
        return self._endpoint(r"Spool\Responses")

    @property
    def feed_spool(self) -> Path:
        """Data feeds that wait for the client."""
        return self._endpoint(r"Spool\Data Feeds")

    @property
    def web_control(self) -> Path:
        """Web Control's folder."""
        return self._own(rf"{_SOPHOS}\Web Control")

    @property
    def web_control_policy(self) -> Path:
        """The web policy in force."""
        return self.web_control / "policy.xml"

    @property
    def web_control_activity(self) -> Path:
        """Web activity that the agent has not collected."""
        return self.web_control / "Activity"

    @property
    def autoupdate(self) -> Path:
        """AutoUpdate's folder."""
        return self._own(rf"{_SOPHOS}\AutoUpdate")

    @property
    def autoupdate_config(self) -> Path:
        """The folder of AutoUpdate's configuration."""
        return self.autoupdate / "Config"

    @property
    def autoupdate_cache(self) -> Path:
        """Staged downloads."""
        return self.autoupdate / "Cache"

    @property
    def machine_id_file(self) -> Path:
        """The id that ALC statuses carry."""
        return self.autoupdate / "data" / "machine_ID.txt"

    @property
    def service_table(self) -> Path:
        """Installed services and their state."""
        return self.root / "service_table.json"

    @property
    def installed_products(self) -> Path:
        """The machine's "Add/Remove Programs"."""
        return self.root / "installed_products.json"
