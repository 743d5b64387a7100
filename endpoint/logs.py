r"""The log of one endpoint process: MCSClient.log, MCSAgent.log and their siblings.

* A line is UTC time, thread, severity, `Component::Message`: those four fields in that order are
  public, their exact bytes are ours (no real line is public).
* Six levels, 0 Trace to 5 Fatal; a log shows its level and what is more severe; 2 is the default
  (seed).
* The level is looked for at each line: a changed config.xml counts from the next line on. A bad
  value keeps the old level and is named in exactly one warning, which every level shows.
* Five files of 1 MB: `.log`, `.log.1` to `.log.4`; appended across restarts (public).
* A log never stops its process: what a full disk refuses is counted and said later.
"""

import os
import threading
from collections.abc import Callable
from datetime import UTC
from enum import IntEnum
from pathlib import Path
from typing import ClassVar, Final, Literal, Protocol

from endpoint.config import ConfigRefusedError, read_config
from foundation.errors import DomainError
from foundation.service import Now, utc_now

FILES: Final = 5
LARGEST_FILE_BYTES: Final = 1_000_000
FRESH_NS: Final = 50_000_000
_BREAKERS = dict.fromkeys([*range(0x20), 0x7F, 0x85, 0x2028, 0x2029], " ")


class Level(IntEnum):
    """The severity of a line, and the least severity that a log shows."""

    TRACE = 0
    DEBUG = 1
    INFORMATION = 2
    WARNING = 3
    ERROR = 4
    FATAL = 5


DEFAULT_LEVEL: Final = Level.INFORMATION


class LevelRefusedError(DomainError):
    """A logLevel that is none of the six."""

    code: ClassVar[str] = "log_level_refused"
    hint: ClassVar[str] = (
        "0 Trace, 1 Debug, 2 Information, 3 Warning, 4 Error, 5 Fatal, in <logLevel> of "
        "<McsClient> or <McsAgent> in config.xml."
    )


def parse_level(text: str) -> Level:
    """Read a logLevel; nothing means the default.

    Raises:
        LevelRefusedError: when it is not one of the digits 0 to 5.
    """
    if not text:
        return DEFAULT_LEVEL
    if text not in {str(level.value) for level in Level}:
        raise LevelRefusedError(f"logLevel {text[:40]!r} is none of 0 to 5")
    return Level(int(text))


class LevelSource(Protocol):
    """Where a log's level comes from."""

    def changed(self) -> Level | None:
        """Return the level when it may have changed since the last call, otherwise None.

        Raises:
            DomainError: once per bad value; the log keeps its level.
        """
        ...


class FixedLevel:
    """A level that stays."""

    def __init__(self, level: Level = DEFAULT_LEVEL) -> None:
        self._level: Level | None = level

    def changed(self) -> Level | None:
        """Return the level the first time."""
        level, self._level = self._level, None
        return level


class ConfigLevel:
    """The logLevel of one section of config.xml; one `stat` per call while it stays the same."""

    def __init__(self, config: Path, section: Literal["McsClient", "McsAgent"]) -> None:
        self._config = config
        self._section = section
        self._seen: tuple[int, int, int] | None = None
        self._is_fresh = False

    def changed(self) -> Level | None:
        """Read the level again when the file differs from what was last seen.

        Raises:
            ConfigRefusedError: when the file cannot be understood.
            LevelRefusedError: when the level is none of the six.
        """
        stamp = self._stamp()
        if stamp == self._seen and not self._is_fresh:
            return None
        self._seen = stamp
        # File times tick every few milliseconds: what was written a moment ago may be written
        # again under the same stamp. They are the real clock's, also in virtual time.
        age_ns = utc_now().timestamp() * 1e9 - stamp[0]
        self._is_fresh = 0 <= age_ns < FRESH_NS
        try:
            config = read_config(self._config)
        except OSError as error:
            raise ConfigRefusedError(f"config.xml cannot be read: {error.strerror}") from error
        section = config.client if self._section == "McsClient" else config.agent
        return parse_level(section.log_level)

    def _stamp(self) -> tuple[int, int, int]:
        try:
            status = self._config.stat()
        except OSError:
            return (0, 0, 0)
        return (status.st_mtime_ns, status.st_size, status.st_ino)


class EndpointLog:
    """The log of one process of an endpoint.

    Args:
        path: The file, such as MCSClient.log; its folder is made if needed.
        level_source: Where the level comes from.
        now: The clock.
        thread: Gives the thread id of a line.

    Attributes:
        level: The level in force.
        lost: Lines that could not be written since the last one that could.
    """

    def __init__(
        self,
        path: Path,
        level_source: LevelSource,
        now: Now,
        *,
        thread: Callable[[], int] = threading.get_native_id,
    ) -> None:
        self.path = path
        self.level = DEFAULT_LEVEL
        self.lost = 0
        self._source = level_source
        self._now = now
        self._thread = thread
        self._complaint = ""

    def trace(self, component: str, message: str) -> None:
        """Write a line of level 0."""
        self.write(Level.TRACE, component, message)

    def debug(self, component: str, message: str) -> None:
        """Write a line of level 1."""
        self.write(Level.DEBUG, component, message)

    def information(self, component: str, message: str) -> None:
        """Write a line of level 2."""
        self.write(Level.INFORMATION, component, message)

    info = information

    def warning(self, component: str, message: str) -> None:
        """Write a line of level 3."""
        self.write(Level.WARNING, component, message)

    def error(self, component: str, message: str) -> None:
        """Write a line of level 4."""
        self.write(Level.ERROR, component, message)

    def fatal(self, component: str, message: str) -> None:
        """Write a line of level 5."""
        self.write(Level.FATAL, component, message)

    def write(self, level: Level, component: str, message: str) -> None:
        """Write a line, if the level in force lets it through."""
        self._look_at_level()
        if level < self.level:
            return
        self._append(self._line(level, component, message))

    def _look_at_level(self) -> None:
        try:
            changed = self._source.changed()
        except DomainError as error:
            self._complain(f"{error}; level {self.level.value} stays in force")
            return
        if changed is not None:
            self.level, self._complaint = changed, ""

    def _complain(self, text: str) -> None:
        if text == self._complaint:  # the file changed, but not what is wrong with it
            return
        self._complaint = text
        self._append(self._line(Level.WARNING, "Logger", text))

    def _line(self, level: Level, component: str, message: str) -> bytes:
        moment = self._now().astimezone(UTC)
        stamp = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
        text = f"{component}::{message}".translate(_BREAKERS)
        line = f"{stamp} [{self._thread():>6}] {level.name:<11} {text}\n"
        return line.encode("utf-8", "replace")

    def _append(self, line: bytes) -> None:
        try:
            if self.lost:
                text = f"{self.lost} lines could not be written"
                self._put(self._line(Level.WARNING, "Logger", text))
                self.lost = 0
            self._put(line)
        except OSError:
            self.lost += 1

    def _put(self, line: bytes) -> None:
        # Opened per line: a rotated or removed file is noticed, and an idle endpoint of a large
        # fleet holds no descriptor.
        self.path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        descriptor = os.open(self.path, flags, 0o644)
        try:
            size = os.fstat(descriptor).st_size
            if size and size + len(line) > LARGEST_FILE_BYTES:
                os.close(descriptor)
                descriptor = -1
                self._rotate()
                descriptor = os.open(self.path, flags, 0o644)
                size = 0
            if os.write(descriptor, line) < len(line):
                os.ftruncate(descriptor, size)  # no half lines
                raise OSError(f"{self.path} took only a part of a line")
        finally:
            if descriptor >= 0:
                os.close(descriptor)

    def _rotate(self) -> None:
        for number in range(FILES - 1, 0, -1):
            older = self.path.with_name(f"{self.path.name}.{number}")
            newer = (
                self.path if number == 1 else self.path.with_name(f"{self.path.name}.{number - 1}")
            )
            if newer.exists():
                newer.replace(older)
