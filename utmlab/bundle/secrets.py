"""What must not leave a lab: every secret that it holds, by value, and whatever looks like one.

- The values are read from where the lab keeps them, so that a secret is found in whatever place it
  slipped into; the patterns catch what is of another lab or was made anew meanwhile.
- A private key is never read at all: its files are in no bundle.
"""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from endpoint.host import HostFolder
from endpoint.identity import CredentialsDamagedError, load_identity
from foundation.errors import DomainError
from foundation.net.control import CONTROL_FILE
from foundation.redact import REDACTED
from liveconnect.config import PKI, database_note, own_folders
from liveconnect.reading import LiveConnectArchive
from utm.access import stored_secrets
from utm.adoption import is_secret_attribute, is_secret_node
from utm.confd import Snapshot
from utm.reading import UtmArchive
from utm.storage import WEBADMIN_FOLDER
from utmlab.places import Places

SHORTEST: Final = 6
"""A shorter value would black out ordinary words."""
_LOOKS_SECRET: Final = (
    (
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*-----|\Z)", re.DOTALL),
        REDACTED,
    ),
    (re.compile(r"(?i)(authorization: *(?:basic|bearer) +)\S+"), rf"\1{REDACTED}"),
    (re.compile(r"(?<=<registrationToken>)[^<]+"), REDACTED),
    (re.compile(r"(SophosMCSEndpoint_)[A-Za-z0-9]{17}"), rf"\1{REDACTED}"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"), REDACTED),
    (re.compile(r'("?(?:password|secret|token)"?\s*[:=]\s*")[^"]+'), rf"\1{REDACTED}"),
)


class Redactor:
    """Blacks out secrets in a text.

    Args:
        values: Those that are known.
    """

    def __init__(self, values: set[str]) -> None:
        # The longest first: one may be a part of another.
        chosen = sorted((one for one in values if len(one) >= SHORTEST), key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, chosen))) if chosen else None

    def redact(self, text: str) -> str:
        """Return the text without them."""
        if self._known is not None:
            text = self._known.sub(REDACTED, text)
        for pattern, instead in _LOOKS_SECRET:
            text = pattern.sub(instead, text)
        return text


def known_secrets(places: Places) -> set[str]:
    """Return the value of every secret that a lab holds now; of what is not there, none."""
    return {value.strip() for value in _values(places)} - {""}


def _values(places: Places) -> Iterator[str]:
    yield from stored_secrets(places.utm / WEBADMIN_FOLDER).values()
    brokers = own_folders(places.liveconnect)
    for folder in (places.data, places.utm, *brokers):
        yield from _control_token(folder / CONTROL_FILE)
    for folder in brokers:
        for name in ("enrolment.secret", "jwt.key"):
            if (folder / PKI / name).exists():
                yield (folder / PKI / name).read_text()
    yield from _database_password(database_note(places.liveconnect))
    for name in places.host_names():
        with suppress(CredentialsDamagedError):
            identity = load_identity(HostFolder(places.host(name)))
            if identity is not None:
                yield identity.password.reveal()
    with (
        suppress(FileNotFoundError, sqlite3.Error, DomainError),  # workers' database may be away
        LiveConnectArchive(places.liveconnect) as broker,
    ):
        yield from broker.tokens()
    with suppress(FileNotFoundError, sqlite3.Error), closing(UtmArchive(places.utm)) as utm:
        yield from _of_configuration(utm.snapshot())


def _control_token(path: Path) -> Iterator[str]:
    with suppress(FileNotFoundError, ValueError, KeyError):
        yield str(json.loads(path.read_text())["token"])


def _database_password(note: Path) -> Iterator[str]:
    with suppress(FileNotFoundError, ValueError, KeyError):
        yield unquote(urlsplit(str(json.loads(note.read_text())["url"])).password or "")


def _of_configuration(snapshot: Snapshot) -> Iterator[str]:
    for key, value in snapshot.nodes.items():
        if is_secret_node(key, value):
            yield from _texts(value)
    for one in snapshot.objects.values():
        for name, value in one.attributes.items():
            if is_secret_attribute(one.full_type, name, value):
                yield from _texts(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
