"""Generated logs in the layout of pipeline tests of Elastic's packages.

* `_dev/test/pipeline/test-NAME.log`, beside it `test-NAME.log-expected.json` with one event per
  line, and `test-NAME.log-config.yml` with the zone; a twin of a transport is a test of its own.
* Events are what `utmlab.logtools.consumers.elastic` restates of the integration's rules, names
  made to objects. A line that the pipeline refuses has `error.message`.
* The date processor knows the zone only: in an hour that comes twice it takes the first.
* The log's bytes belong to the corpus; the events follow the restated rules and may get better.
"""

import json
from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import Any, Final

from utmlab.logtools.consumers import elastic
from utmlab.logtools.corpus.released import Corpus
from utmlab.logtools.generate import CHUNK, DISK, Generated, Order, Output, Told, finished

PLACE: Final = Path("_dev", "test", "pipeline")
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - local time, as stamps are
_IN_ZONE: Final = " in event.timezone"


def write_package(order: Order, folder: Path, told: Told) -> Generated:
    """Write the log and its twins as pipeline tests below a folder, which is made.

    Raises:
        NothingLeftError: if no line has a wanted provenance.
        TransportNotPossibleError: if a twin is wanted of lines that were received already.
    """
    pairs = order.pairs()
    place = folder / PLACE
    place.mkdir(parents=True, exist_ok=True)
    tests = [_Test(order, name, place) for name in (DISK, *order.transports)]
    lines = defects = 0
    try:
        while chunk := list(islice(pairs, CHUNK)):
            lines += len(chunk)
            defects += sum(not pair.record.endswith('"defect":null}') for pair in chunk)
            for test in tests:
                test.add([pair.raw for pair in chunk])
            told(len(chunk))
    finally:
        for test in tests:
            test.close()
    outputs = tuple(output for test in tests for output in test.outputs)
    return finished(order, lines, defects, outputs)


def event(text: str, corpus: Corpus) -> dict[str, Any]:
    """Return the event that the integration makes of a text."""
    outcome = elastic.read(text)
    made: dict[str, Any] = {}
    for name, value in {**outcome.fields, "event.original": text}.items():
        if name == "@timestamp":
            made[name] = _moment(str(value).removesuffix(_IN_ZONE), corpus)
        else:
            _place(made, name, list(value) if isinstance(value, tuple) else value)
    if outcome.stop is not None and outcome.reach == "nothing":
        _place(made, "error.message", [outcome.stop.reason])
    return made


class _Test:
    """The files of one pipeline test."""

    def __init__(self, order: Order, transport: str, place: Path) -> None:
        name = order.scenario if transport == DISK else f"{order.scenario}-{transport}"
        self._corpus = order.source
        self._wrap = order.source.twins[transport]
        self._log = Output(place / f"test-{name}.log")
        self._expected = Output(place / f"test-{name}.log-expected.json")
        self._config = Output(place / f"test-{name}.log-config.yml")
        zone = json.dumps(order.source.zone)
        self._config.write(f"fields:\n  event:\n    timezone: {zone}\n".encode())
        self._before = b'{"expected":[\n'

    @property
    def outputs(self) -> tuple[Output, ...]:
        return self._log, self._expected, self._config

    def add(self, lines: list[str]) -> None:
        for line in lines:
            data = self._wrap(line)
            self._log.write(data + b"\n")
            made = event(data.decode("utf-8", "replace"), self._corpus)
            self._expected.write(self._before + json.dumps(made, sort_keys=True).encode())
            self._before = b",\n"

    def close(self) -> None:
        self._expected.write(b"\n]}\n" if self._before == b",\n" else b'{"expected":[]}\n')
        for output in self.outputs:
            output.close()


def _moment(local: str, corpus: Corpus) -> str:
    at = datetime.fromisoformat(local)
    offset = corpus.offset_of(round((at - _EPOCH).total_seconds()))
    zoned = at.replace(tzinfo=timezone(timedelta(seconds=offset)))
    return zoned.isoformat(timespec="milliseconds")


def _place(made: dict[str, Any], name: str, value: object) -> None:
    """Put a value where its dotted name says."""
    *path, last = name.split(".")
    where: Any = made
    for word in path:
        where = where.setdefault(word, {})
    where[last] = value
