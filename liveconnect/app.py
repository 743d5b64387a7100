"""LiveConnect: the service that composes the CA, the store, both listeners and the upkeep.

- Endpoints come to the MCS listener without a certificate; UTMs come to the link listener, where
  only registering works without one. There is no plain listener.
- The memory is rebuilt from the store before the listeners open.

Example:
    ```python
    service = LiveConnect(LiveConnectConfig(data=Path("liveconnect")))
    await service.start()
    ```
"""

import random
from pathlib import Path

from foundation.checkpoints import NO_CHECKPOINTS, Checkpoints
from foundation.durable.folder import DataFolder
from foundation.durable.segments import SegmentLimits
from foundation.faults.disk import refusing_commits
from foundation.faults.verbs import fault_verbs
from foundation.net.control import Verb
from foundation.net.http_server import HttpServer
from foundation.net.journal import Journal
from foundation.net.journal_file import JournalFile
from foundation.operations_log import OperationsLog
from foundation.protocol.reasons import Reason
from foundation.service import Now, Service, Tasks, utc_now
from liveconnect.certificates import Certificates
from liveconnect.config import LiveConnectConfig
from liveconnect.content.packages import ensure_packages
from liveconnect.keys import Keys
from liveconnect.observing import Observer
from liveconnect.parts import Parts
from liveconnect.policies import McsPolicies, PushOffer
from liveconnect.ports import RememberedPorts
from liveconnect.push import PushHub
from liveconnect.refusals import Refusals, StoreUnavailableError
from liveconnect.roster import Roster
from liveconnect.sharing import sharing_of
from liveconnect.store.intents_base import StoreSettings
from liveconnect.tester_verbs import TesterVerbs
from liveconnect.upkeep import Upkeep
from liveconnect.verbs import Verbs

FOLDER_VERSION = 1
LISTENERS = 2


class LiveConnect(Service):
    """One LiveConnect on one data folder."""

    def __init__(
        self,
        config: LiveConnectConfig,
        *,
        now: Now = utc_now,
        rng: random.Random | None = None,
        checkpoints: Checkpoints = NO_CHECKPOINTS,
    ) -> None:
        self._config = config
        self._now = now
        self._folder: DataFolder | None = None
        self._servers: list[HttpServer] = []
        self.mcs_port = 0
        self.link_port = 0
        self._log = OperationsLog(config.operations_log_file, now=now)
        self._tasks = Tasks(self._log.failed)
        self._journal_file = self._journal_on_disk() if config.journal else None
        self.journal = Journal(keep=self._journal_file.keep if self._journal_file else None)
        self._keys = Keys(config.pki_folder, now=now)
        self._roster = Roster()
        self._refusals = Refusals(self._log)
        self._hub = self._push_hub()
        if self._hub is not None:
            self._roster.listen(self._hub.notice)
        self._parts = Parts(
            config=config,
            now=now,
            rng=rng or random.SystemRandom(),
            checkpoints=checkpoints,
            log=self._log,
            journal=self.journal,
            keys=self._keys,
            roster=self._roster,
            refusals=self._refusals,
            hub=self._hub,
        )
        self._bells = self._parts.bells
        self.faults = self._parts.faults
        self._sharing = sharing_of(
            config,
            self._store_settings(),
            roster=self._roster,
            bells=self._bells,
            clones=self._parts.clones,
            log=self._log,
            before_commit=refusing_commits(self.faults, "liveconnect"),
        )
        self._store = self._sharing.store
        self._certificates = Certificates(
            config, sharing=self._sharing, checkpoints=checkpoints, log=self._log, now=now
        )
        self._upkeep = Upkeep(
            self._store, self._roster, self._log, interval_s=config.poll_interval_s, now=now
        )
        self.observe = self._observer().observe
        self.verbs = self._all_verbs()

    @property
    def mcs_url(self) -> str:
        """The URL that endpoints are given, base path included."""
        base = self._config.base_path.strip("/")
        root = f"https://{self._config.public_name}:{self._public_mcs_port}"
        return f"{root}/{base}" if base else root

    @property
    def _public_mcs_port(self) -> int:
        return self._config.public_mcs_port or self.mcs_port

    @property
    def software_url(self) -> str:
        """The URL below which software packages lie."""
        return f"https://{self._config.public_name}:{self._public_mcs_port}/software"

    @property
    def link_url(self) -> str:
        """The URL of the UTM link."""
        return f"https://{self._config.public_name}:{self.link_port}"

    @property
    def ca_file(self) -> Path:
        """The certificate that endpoints and UTMs trust."""
        return self._config.ca_file

    async def start(self) -> None:
        """Take the folder, rebuild the memory and listen."""
        self._folder = DataFolder.open(
            self._config.own_folder, component="liveconnect", version=FOLDER_VERSION
        )
        try:
            await self._begin()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close the listeners, write what only the memory knows, give the folder back."""
        self._bells.close()
        if self._hub is not None:
            self._hub.close()
        for server in self._servers:
            await server.stop()
        self._servers.clear()
        await self._tasks.close()
        if self._journal_file is not None:
            await self._journal_file.close()
        if self._folder is None:
            return
        try:
            await self._upkeep.flush()
        except StoreUnavailableError as error:
            self._log.record("not_flushed", sentence=error)
        finally:
            await self._store.close()
            self._log.record("stopped")
            self._log.close()
            self._folder.close()
            self._folder = None

    async def quiesce(self) -> None:
        """Write what only the memory knows."""
        await self._upkeep.flush()

    async def load(self) -> None:
        """Rebuild the memory from the store."""
        await self._sharing.load()

    async def _begin(self) -> None:
        config = self._config
        self._log.open()
        self._bells.open()
        if self._journal_file is not None:
            await self._journal_file.open()
        await self._store.open()
        await self._sharing.share_keys(config.pki_folder, self._keys.make)
        authority = self._keys.authority()
        mcs_tls, link_tls = self._certificates.open(authority)
        ensure_packages(config.content_folder, self._now())
        await self.load()
        await self._sharing.follow(self._tasks, self._certificates.take_over)
        ports = RememberedPorts(config.own_folder / "ports.json", config.host)
        self.mcs_port = await self._listen(
            HttpServer(
                self._parts.mcs_application(self._store, self._sharing.currency),
                name="LiveConnect's MCS service",
                host=config.host,
                port=ports.wanted("mcs", config.mcs_port),
                reuse_port=config.worker > 0,
                most_connections=config.most_connections,
                on_refused=self._no_room,
                inflate_bodies=False,
                ssl_context=mcs_tls,
            )
        )
        await self._sharing.refresh_policies(config.pki_folder, self._now())
        self.link_port = await self._listen(
            HttpServer(
                self._parts.link_application(
                    self._store, authority, lambda: self.mcs_url, self._sharing.currency
                ),
                name="LiveConnect's UTM link",
                host=config.host,
                port=ports.wanted("link", config.link_port),
                reuse_port=config.worker > 0,
                ssl_context=link_tls,
            )
        )
        ports.remember("mcs", self.mcs_port)
        ports.remember("link", self.link_port)
        self._tasks.keep(self._upkeep.run, name="liveconnect upkeep")
        self._tasks.keep(self._certificates.run, name="server certificate")
        if self._hub is not None:
            self._tasks.keep(self._hub.run, name="push pings")
        self._log.record("started", mcs=self.mcs_url, link=self.link_url)

    async def _listen(self, server: HttpServer) -> int:
        await server.start()
        self._servers.append(server)
        return server.port

    def _journal_on_disk(self) -> JournalFile:
        def refused(error: OSError) -> None:
            self._log.record("journal_not_written", sentence=error)

        return JournalFile(self._config.journal_folder, SegmentLimits(), refused)

    def _no_room(self, connections: int) -> None:
        self._refusals.note(Reason.OVERLOADED, f"{connections} connections are open")

    def _store_settings(self) -> StoreSettings:
        config = self._config
        return StoreSettings(
            mcs_policies=McsPolicies(
                lambda: self.mcs_url, config.poll_interval_s, _push_offer(config)
            ),
            interval_s=config.poll_interval_s,
            ttl_s=config.command_ttl_s,
            fragment_above=config.fragment_above,
        )

    def _observer(self) -> Observer:
        return Observer(
            store=self._store,
            roster=self._roster,
            refusals=self._refusals,
            traffic=self._parts.traffic,
            is_listening=lambda: len(self._servers) == LISTENERS,
            interval_s=self._config.poll_interval_s,
            now=self._now,
        )

    def _push_hub(self) -> PushHub | None:
        if not self._config.push:
            return None
        return PushHub(
            self._config.push_ping_timeout_s / 3,
            lambda entry: self._roster.carry(entry, self._now()),
            is_shared=self._config.database is not None,
        )

    def _all_verbs(self) -> dict[str, Verb]:
        store, roster, parts = self._store, self._roster, self._parts
        usual = Verbs(
            store=store,
            roster=roster,
            refusals=self._refusals,
            bells=self._bells,
            journal=self.journal,
            observe=self.observe,
            hub=self._hub,
            clones=parts.clones,
            now=self._now,
        )
        testers = TesterVerbs(
            store=store, roster=roster, tokens=self._keys.access_tokens, now=self._now
        )
        return {
            **usual.by_name(),
            **testers.by_name(),
            **self._certificates.by_name(),
            **fault_verbs(
                self.faults, on_set=parts.fault_was_set, on_clear=parts.faults_were_cleared
            ),
        }


def _push_offer(config: LiveConnectConfig) -> PushOffer | None:
    if not config.push:
        return None
    return PushOffer(config.push_ping_timeout_s, config.push_fallback_poll_s)
