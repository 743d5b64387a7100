"""Makes the houses of a lab: LiveConnect and the UTM, as tasks or as processes.

- Each start makes a house anew from what is known then, as a process would read its arguments.
- The same settings say the same in both modes: as a configuration, or as options of a command.
"""

import random
from collections.abc import Callable
from dataclasses import replace

from foundation.service import Now
from liveconnect.app import LiveConnect
from liveconnect.config import LiveConnectConfig
from utm.app import Utm
from utm.config import UtmConfig
from utm.web_filter import WebFilterOptions
from utmlab.computers import Scanning, write_connect_to
from utmlab.houses import ProcessHouse, TaskHouse
from utmlab.internet import LabInternet
from utmlab.places import Places
from utmlab.settings import LabSettings
from utmlab.worker_house import WorkerHouse

LIVECONNECT, UTM = "liveconnect", "utm"
HOUSES = (LIVECONNECT, UTM)
AnyHouse = TaskHouse | ProcessHouse | WorkerHouse


class HouseMaker:
    """Makes the houses of one lab.

    Args:
        places: Where the lab keeps its things.
        settings: How it runs; no port is 0 any more.
        internet: The lab's own, whose ports are known once it runs.
        scanning: What looking into HTTPS needs.
        now_of: The clock of a house.
        rng: Randomness for pauses.
    """

    def __init__(
        self,
        places: Places,
        settings: LabSettings,
        *,
        internet: LabInternet,
        scanning: Scanning,
        now_of: Callable[[str], Now],
        rng: random.Random,
    ) -> None:
        self._places = places
        self._settings = settings
        self._internet = internet
        self._scanning = scanning
        self._now_of = now_of
        self._rng = rng

    def houses(self) -> dict[str, AnyHouse]:
        """Return every house under its name, in the order in which they start."""
        return {LIVECONNECT: self._liveconnect(), UTM: self._utm()}

    def _liveconnect(self) -> AnyHouse:
        ports, poll = self._settings.ports, self._settings.poll_interval_s
        data = self._places.liveconnect
        if self._settings.mode == "processes":
            arguments = ["--data", str(data), "--mcs-port", str(ports.mcs)]
            arguments += ["--link-port", str(ports.link)]
            arguments += ["--poll", str(poll)] if poll else []
            arguments += ["--journal"] if self._settings.journal else []
            arguments += ["--push"] if self._settings.push else []
            arguments += ["--faults", str(self._places.faults)]
            if self._settings.workers:
                return self._workers(arguments)
            return ProcessHouse(LIVECONNECT, data, lambda: arguments)
        config = LiveConnectConfig(
            data=data,
            mcs_port=ports.mcs,
            link_port=ports.link,
            journal=self._settings.journal,
            push=self._settings.push,
            poll_interval_s=poll or LiveConnectConfig(data=data).poll_interval_s,
        )
        now = self._now_of(LIVECONNECT)
        return TaskHouse(LIVECONNECT, lambda: LiveConnect(config, now=now, rng=self._rng))

    def _workers(self, arguments: list[str]) -> WorkerHouse:
        return WorkerHouse(
            self._places.liveconnect,
            self._settings.workers,
            arguments,
            database=self._settings.database,
            cluster=self._places.data / "postgres",
        )

    def _utm(self) -> TaskHouse | ProcessHouse:
        settings, places = self._settings, self._places
        config = UtmConfig(
            data=places.utm,
            logs=places.utm_logs,
            liveconnect_url=f"https://localhost:{settings.ports.link}",
            liveconnect_ca=LiveConnectConfig(data=places.liveconnect).ca_file,
            host_name=settings.host_name,
            timezone=settings.timezone,
            extra_lines=not settings.strict,
            log_profile=settings.log_profile,
            eplog_process=settings.eplog_process,
            webadmin_port=None if settings.has_usual_webadmin else settings.ports.webadmin,
        )
        if settings.mode == "processes":
            arguments = ["--data", str(config.data), "--logs", str(config.logs)]
            arguments += ["--liveconnect", config.liveconnect_url]
            arguments += ["--ca", str(config.liveconnect_ca)]
            arguments += ["--host-name", config.host_name, "--timezone", config.timezone]
            arguments += ["--log-profile", config.log_profile]
            arguments += ["--eplog-process", config.eplog_process]
            arguments += ["--strict"] if settings.strict else []
            arguments += ["--faults", str(places.faults)]
            if config.webadmin_port is not None:
                arguments += ["--webadmin-port", str(config.webadmin_port)]
            return ProcessHouse(UTM, config.data, lambda: [*arguments, *self._web_filter_words()])
        return TaskHouse(
            UTM,
            lambda: Utm(
                replace(config, web_filter=self._web_filter()), now=self._now_of(UTM), rng=self._rng
            ),
        )

    def _web_filter(self) -> WebFilterOptions:
        """Return the gateway's options; the lab's internet has its port by the time of a start."""
        settings = self._settings
        return WebFilterOptions(
            port=None if settings.has_usual_web_filter else settings.ports.web_filter,
            connect_to=self._internet.connect_to(),
            refuse_ports=lambda: settings.management_ports,
            scanning_ca=self._scanning.authority,
            site_ca=self._scanning.site_ca,
            clients=self._places.web_clients,
        )

    def _web_filter_words(self) -> list[str]:
        options = self._web_filter()
        map_file = self._places.data / "web_filter.connect-to.json"
        write_connect_to(map_file, options.connect_to)
        words = ["--connect-to", str(map_file), "--web-clients", str(options.clients)]
        words += ["--scanning-ca", str(options.scanning_ca), "--site-ca", str(options.site_ca)]
        words += ["--refuse-ports", ",".join(map(str, sorted(options.refuse_ports())))]
        return words if options.port is None else [*words, "--web-filter-port", str(options.port)]
