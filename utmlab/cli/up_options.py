"""What `utmlab up` was asked for, and what that means for a lab or for a broker alone.

- What is left out is as it was at the last start of the lab, where that is remembered.

Provenance: ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from liveconnect.config import LiveConnectConfig
from utm.logs.catalogue import EplogProcess, LogProfile
from utmlab.settings import USUAL_PORTS, LabSettings, Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class UpOptions:
    """The options of one start, by the names of the command line."""

    endpoints: int
    poll: float | None
    ready_file: Path | None
    processes: bool
    preset: str | None
    timezone: str | None
    log_profile: LogProfile | None
    eplog_process: EplogProcess | None
    no_journal: bool
    push: bool
    only: str | None
    auto_utm: bool
    workers: int | None
    database: str | None = field(repr=False)
    clock: str
    ports: Ports | None

    @property
    def is_broker_alone(self) -> bool:
        """Whether LiveConnect is to run without the rest."""
        return bool(self.only or self.auto_utm)

    def check_alone(self) -> None:
        """Check that the other options fit a broker alone.

        Raises:
            click.UsageError: If they do not.
        """
        if not self.only:
            raise click.UsageError("--auto-utm goes with --only liveconnect")
        if self.endpoints or self.processes or self.workers or self.preset:
            raise click.UsageError(
                "--only liveconnect has no computers, processes, workers or presets"
            )
        if self.clock == "virtual":
            raise click.UsageError("--only liveconnect lives by the real clock")

    def broker_config(self, folder: Path) -> LiveConnectConfig:
        """Return the configuration of a broker alone."""
        ports = self.ports or USUAL_PORTS
        return LiveConnectConfig(
            data=folder,
            mcs_port=ports.mcs,
            link_port=ports.link,
            poll_interval_s=self.poll or 20.0,
            journal=not self.no_journal,
            push=self.push,
        )

    def lab_settings(self, known: Mapping[str, Any]) -> LabSettings:
        """Return the settings of a lab.

        Args:
            known: What it remembers of its last start.

        Raises:
            click.UsageError: If there is a database, and nobody to use it.
        """
        workers = self.workers or known.get("workers", 0)
        if self.database and not workers:
            raise click.UsageError("--database is for --workers")
        return LabSettings(
            mode="processes" if self.processes or workers else "tasks",
            poll_interval_s=self.poll,
            ports=self.ports or USUAL_PORTS,
            strict=self.preset == "strict" if self.preset else bool(known.get("strict", False)),
            timezone=self.timezone or known.get("timezone", "UTC"),
            log_profile=self.log_profile or known.get("log_profile", "9.7"),
            eplog_process=self.eplog_process or known.get("eplog_process", "eplog"),
            journal=not self.no_journal,
            push=self.push,
            workers=workers,
            database=self.database or known.get("database"),
        )
