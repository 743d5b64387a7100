"""`utmlab up --only liveconnect`: a broker in the foreground.

- The token is told once, when the tenant is made; `utmlab env --secrets` prints it again.

Provenance: ours.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path

from foundation.collector import leave_out_of_collections
from foundation.durable.files import write_atomic
from liveconnect.config import LiveConnectConfig
from utmlab.broker import Broker, BrokerFiles
from utmlab.cli.output import SCHEMA, emit, facts, say
from utmlab.cli.session import Session
from utmlab.cli.signals import cancelled_by_signal


async def run_broker(
    session: Session,
    make_config: Callable[[Path], LiveConnectConfig],
    *,
    auto_utm: bool,
    ready_file: Path | None,
) -> None:
    """Run a broker until a signal comes.

    Raises:
        DomainError: If it cannot start.
    """
    with cancelled_by_signal() as stopped:
        try:
            await _serve(session, make_config, auto_utm=auto_utm, ready_file=ready_file)
        except asyncio.CancelledError:
            if not stopped:
                raise
            say("Stopped.")


async def _serve(
    session: Session,
    make_config: Callable[[Path], LiveConnectConfig],
    *,
    auto_utm: bool,
    ready_file: Path | None,
) -> None:
    places = session.places
    files = BrokerFiles(places.data)
    was_there = files.token.exists()
    broker = Broker(places.data, make_config(places.liveconnect), auto_utm=auto_utm)
    await broker.start()
    try:
        with contextlib.ExitStack() as beside:
            document = {"pid": os.getpid(), **broker.where()}
            emit(session, document, lambda: facts(document.items()))
            if auto_utm and not was_there:
                token = files.token.read_text()
                say(f"Registration token: {token} (`utmlab env --secrets` prints it again).")
            if ready_file is not None:
                content = json.dumps({"schema": SCHEMA, **document}, indent=2)
                write_atomic(ready_file.absolute(), content.encode())
                beside.callback(ready_file.unlink, missing_ok=True)
            say("Running; Ctrl-C stops it.")
            leave_out_of_collections(is_server=True)
            await asyncio.Event().wait()
    finally:
        await broker.stop()
