"""A lab in the foreground: started, made ready, and stopped when the signal comes.

- The first SIGINT or SIGTERM stops it cleanly, at whatever point it is; that is no failure.
- The configuration of the demo is made once, in a new lab; computers that are there are left alone.
- Narration and progress go to standard error, where everything is goes to standard output.

Provenance: ours.
"""

import asyncio
import contextlib
import json
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from foundation.collector import leave_out_of_collections
from foundation.durable.files import write_atomic
from utmlab.api import lab_control
from utmlab.cli.installing import install_missing
from utmlab.cli.output import SCHEMA, emit, say
from utmlab.cli.render.running import where_text
from utmlab.cli.session import Session
from utmlab.cli.signals import cancelled_by_signal
from utmlab.clock import VirtualClock
from utmlab.demo.configuration import CONFIGURATION
from utmlab.houses import ProcessHouse
from utmlab.installation import is_installed
from utmlab.settings import LabSettings
from utmlab.stack import UTM, Stack
from utmlab.stored import open_utm
from utmlab.worker_house import WorkerHouse

FACTORY_SETTINGS = 1
"""The number of the change that a new UTM begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is wanted beside a running lab.

    Attributes:
        endpoints: Computers PC-01 to PC-N are to be there.
        configure: Whether a UTM with factory settings gets the demo's configuration.
        ready_file: Written when everything runs.
    """

    endpoints: int = 0
    configure: bool = False
    ready_file: Path | None = None


async def run_lab(
    session: Session,
    settings: LabSettings,
    wishes: Wishes,
    clock: VirtualClock | None = None,
) -> None:
    """Run a lab until a signal comes.

    Raises:
        DomainError: If it cannot start, or a computer cannot be installed.
    """
    with cancelled_by_signal() as stopped:
        try:
            await _serve(session, wishes, Stack(session.places, settings, clock=clock), settings)
        except asyncio.CancelledError:
            if not stopped:
                raise
            say("Stopped; `utmlab up` goes on from here.")


async def _serve(session: Session, wishes: Wishes, lab: Stack, settings: LabSettings) -> None:
    if settings.ports.mcs and lab.settings.ports != settings.ports:
        say("The ports are those this lab was made with: installed computers know them.")
    async with lab, contextlib.AsyncExitStack() as beside:
        control = lab_control(lab)
        await control.start()
        beside.push_async_callback(control.stop)
        await _make_ready(lab, wishes)
        document = where(lab) | {"webadmin": await lab.call(UTM, "webadmin")}
        emit(session, document, lambda: where_text(document))
        if wishes.ready_file is not None:
            content = json.dumps({"schema": SCHEMA, **document}, indent=2)
            write_atomic(wishes.ready_file.absolute(), content.encode())
            beside.callback(wishes.ready_file.unlink, missing_ok=True)
        say("Running; Ctrl-C stops it.")
        # A virtual clock would run through each second of a week for it.
        leave_out_of_collections(is_server=lab.clock.state().kind == "real")
        await _watch(lab)


async def _watch(lab: Stack) -> None:
    """Never return; tell of every process of a house that ends meanwhile."""
    async with asyncio.TaskGroup() as watching:
        for house in lab.houses.values():
            if isinstance(house, WorkerHouse):
                house.on_end = partial(_tell_of_worker, lab)
            if isinstance(house, ProcessHouse):
                watching.create_task(_tell_the_end(lab, house))
        await asyncio.Event().wait()


async def _tell_the_end(lab: Stack, house: ProcessHouse) -> None:
    ended = await house.wait_ended()
    lab.operations.record("house_ended", house=house.name, exit_code=ended)
    say(f"{house.name} ended with {ended}; starting the lab again starts it. See `utmlab doctor`.")


def _tell_of_worker(lab: Stack, number: int, code: int) -> None:
    lab.operations.record("worker_ended", worker=number, exit_code=code)
    say(f"worker {number} of LiveConnect ended with {code}; it is started again.")


async def _make_ready(lab: Stack, wishes: Wishes) -> None:
    status = await lab.call(UTM, "status")
    if status["change"] == FACTORY_SETTINGS:
        with contextlib.closing(open_utm(lab.places)) as utm:
            password = utm.first_passwords()["admin"]
        say(f"WebAdmin: user admin, password {password} (`utmlab env --secrets` prints it again).")
    if wishes.configure and status["change"] == FACTORY_SETTINGS:
        await lab.call(UTM, "edit", operations=CONFIGURATION, summary="web control for endpoints")
    if not (status["enabled"] and status["registered"]):
        await lab.call(UTM, "enable")
    await install_missing(lab, wishes.endpoints)


def where(lab: Stack) -> dict[str, Any]:
    """Return where everything of a running lab is, as JSON values; no secrets."""
    places, ports = lab.places, lab.settings.ports
    return {
        "pid": os.getpid(),
        "data": str(places.data),
        "logs": str(places.logs),
        "mcs_port": ports.mcs,
        "link_port": ports.link,
        "control_url": f"http://127.0.0.1:{ports.control}",
        "ca_file": str(lab.liveconnect_ca),
        "poll_interval_s": lab.settings.poll_interval_s or 20.0,
        "mode": lab.settings.mode,
        "workers": lab.settings.workers,
        "strict": lab.settings.strict,
        "timezone": lab.settings.timezone,
        "computers": [
            {"name": name, "proxy_url": one.proxy_url, "installed": is_installed(lab, name)}
            for name, one in sorted(lab.computers.items())
        ],
    }
