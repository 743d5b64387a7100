"""Which file a person means by the name of a log.

- The UTM's logs by the name in WebAdmin ("Endpoint Protection"), by `epsecd` or `epsecd.log`.
- A computer's logs as `PC-01/MCSClient.log`; case and ending do not matter.

Provenance: the names in WebAdmin are the seed's and public.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from endpoint.host import HostFolder
from endpoint.setup.log import setup_log_file
from utm.logs.views import LOG_VIEWS, UnknownLogError, find_view, log_path
from utmlab.cli.stored_names import archive_of
from utmlab.logtools.view import CHUNK_BYTES, view
from utmlab.places import Places


def host_logs(host: HostFolder) -> dict[str, Path]:
    """Return the logs of a computer by file name."""
    files = (
        host.client_log,
        host.agent_log,
        host.web_control / "Logs" / "WebControl.log",
        setup_log_file(host),
    )
    return {path.name: path for path in files}


def log_file(places: Places, name: str) -> Path:
    """Return today's file of a log.

    Raises:
        UnknownLogError: If no log has that name.
        NoSuchComputerError: If there is no such computer.
    """
    computer, slash, wanted = name.partition("/")
    if not slash:
        return log_path(places.utm_logs, find_view(name).log)
    known = host_logs(archive_of(places, computer).host)
    for file, path in known.items():
        if wanted.lower() in {file.lower(), Path(file).stem.lower()}:
            return path
    raise UnknownLogError(f"{computer} has no log {wanted!r}, only {', '.join(known)}")


def content(places: Places, name: str, day: date | None = None) -> Iterator[bytes]:
    """Yield the bytes of a log as they are; one that has no line yet is empty.

    Raises:
        UnknownLogError: If no log has that name, or archives are wanted of a computer's.
        NoSuchDayError: If the day has no archive.
    """
    if "/" not in name:
        return view(places.utm_logs, name, day=day)
    if day is not None:
        raise UnknownLogError(f"{name} has no archives: a computer keeps five files of 1 MB")
    return _chunks(log_file(places, name))


def known_names(places: Places) -> list[str]:
    """Return every name of a log."""
    names = [one.title for one in LOG_VIEWS] + [f"{one.log}.log" for one in LOG_VIEWS]
    for computer in places.host_names():
        files = host_logs(HostFolder(places.host(computer)))
        names += [f"{computer}/{file}" for file in files]
    return names


def _chunks(path: Path) -> Iterator[bytes]:
    if path.exists():
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
