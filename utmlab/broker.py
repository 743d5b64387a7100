"""A LiveConnect alone, perhaps with a built-in UTM: what `up --only liveconnect` runs.

- Its folder is that of a lab's LiveConnect, so that `ca`, `journal` and the rest find it.
- `broker.json` tells later commands where it is; the token is in a file of its own, 0600.
- Nothing of the UTM's and the endpoints' houses is imported but the link.

Provenance: ours.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foundation.durable.files import write_atomic, write_secret
from foundation.net.control import ControlServer
from foundation.service import Now, Service, utc_now
from liveconnect.app import LiveConnect
from liveconnect.config import LiveConnectConfig
from utmlab.auto_utm import register_auto_utm


@dataclass(frozen=True, slots=True)
class BrokerFiles:
    """Where a broker keeps what is not LiveConnect's own."""

    data: Path

    @property
    def note(self) -> Path:
        """The file that tells where it is."""
        return self.data / "broker.json"

    @property
    def utm(self) -> Path:
        """The folder of the built-in UTM."""
        return self.data / "auto_utm"

    @property
    def token(self) -> Path:
        """The file with the registration token; there is none without the built-in UTM."""
        return self.utm / "registration.token"


class Broker(Service):
    """A LiveConnect with perhaps one tenant.

    Args:
        data: The lab's data folder.
        config: LiveConnect's settings.
        auto_utm: Whether a tenant is registered.
        now: The clock.
    """

    def __init__(
        self, data: Path, config: LiveConnectConfig, *, auto_utm: bool, now: Now = utc_now
    ) -> None:
        self._files = BrokerFiles(data)
        self._config = config
        self._auto_utm = auto_utm
        self._now = now
        self._liveconnect = LiveConnect(config, now=now)
        self._control: ControlServer | None = None

    async def start(self) -> None:
        """Serve, and have the tenant registered."""
        broker = self._liveconnect
        await broker.start()
        try:
            self._control = ControlServer(
                broker.verbs, self._config.own_folder, observe=broker.observe
            )
            await self._control.start()
            if self._auto_utm:
                registration = await register_auto_utm(
                    broker.link_url,
                    broker.ca_file,
                    self._files.utm,
                    software_url=broker.software_url,
                    now=self._now,
                )
                write_secret(self._files.token, registration.registration_token.encode())
            write_atomic(self._files.note, json.dumps(self.where(), indent=1).encode())
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop serving; its folder stays."""
        control, self._control = self._control, None
        if control is not None:
            await control.stop()
        await self._liveconnect.stop()

    async def quiesce(self) -> None:
        """Write what only the memory knows."""
        await self._liveconnect.quiesce()

    async def load(self) -> None:
        """Rebuild the memory from the store."""
        await self._liveconnect.load()

    def where(self) -> dict[str, Any]:
        """Return where everything is, as JSON values; the token only by its file."""
        broker = self._liveconnect
        return {
            "data": str(self._files.data),
            "mcs_url": broker.mcs_url,
            "link_url": broker.link_url,
            "ca_file": str(broker.ca_file),
            "token_file": str(self._files.token) if self._files.token.exists() else "",
            "poll_interval_s": self._config.poll_interval_s,
        }


def stored_broker(data: Path) -> dict[str, Any] | None:
    """Return what a broker of this folder said, or None if it never ran alone."""
    note = BrokerFiles(data).note
    if not note.exists():
        return None
    known: dict[str, Any] = json.loads(note.read_text())
    return known
