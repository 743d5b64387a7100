"""LiveConnect's look-up of sites: what kind of site a host is, for endpoints that do not know it.

- Answers from the list that was imported into the data folder, then from the project's demo set.
- A list that replaces another is taken up at the next question, without a restart; one that cannot
  be read leaves the one before in force, and is reported once.
- Only endpoints of this LiveConnect may ask; nothing is stored about what was asked.

Provenance: that LiveConnect categorises sites is the seed's design; route and document are ours.
"""

import asyncio
from pathlib import Path
from typing import Final

from aiohttp import web

from foundation.categories.category import Category, CategorySource
from foundation.categories.category_set import CategoryDataError
from foundation.categories.demo import demo_categories
from foundation.categories.hosts import InvalidHostError, normalise_host
from foundation.categories.large_set import LargeCategorySet
from foundation.categories.lookup_document import (
    LONGEST_QUESTION,
    Answer,
    LookupDocumentError,
    decode_question,
    encode_answers,
)
from foundation.operations_log import OperationsLog
from foundation.protocol.reasons import Reason
from liveconnect.bodies import read_body
from liveconnect.mcs_service.context import JSON, McsContext
from liveconnect.refusals import DocumentRefusedError, DocumentTooLargeError

KNOWN_TTL_S: Final = 86_400.0
UNKNOWN_TTL_S: Final = 300.0
"""Short, so that a list that is imported is heard of soon."""

_Stamp = tuple[int, int, int]


class CategoryLookup:
    """What this LiveConnect knows of sites.

    Args:
        path: The imported list; it may be missing.
        log: Told of a list that cannot be read.
    """

    def __init__(self, path: Path, log: OperationsLog) -> None:
        self._path = path
        self._log = log
        self._stamp: _Stamp | None = None
        self._imported: CategorySource | None = None
        self._demo = demo_categories()
        self._opening = asyncio.Lock()

    async def answers(self, hosts: tuple[str, ...]) -> dict[str, Answer]:
        """Answer a question."""
        await self._refresh()
        return {host: self._answer(host) for host in hosts}

    def _answer(self, host: str) -> Answer:
        category = self._category(host)
        return Answer(category, UNKNOWN_TTL_S if category is None else KNOWN_TTL_S)

    def _category(self, host: str) -> Category | None:
        try:
            normal = normalise_host(host)
        except InvalidHostError:
            return None
        found = self._imported.lookup(normal) if self._imported is not None else None
        return found if found is not None else self._demo.lookup(normal)

    async def _refresh(self) -> None:
        if _stamp_of(self._path) == self._stamp:
            return
        async with self._opening:
            stamp = _stamp_of(self._path)
            if stamp == self._stamp:
                return
            if stamp is None:
                self._imported = None
            else:
                await self._open()
            self._stamp = stamp

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            opened = await loop.run_in_executor(None, LargeCategorySet.open, self._path)
        except (CategoryDataError, OSError, ValueError) as error:
            self._log.record("categories_refused", sentence=str(error))
            return
        self._imported = opened
        self._log.record("categories_opened", sites=len(opened))


class CategoryService:
    """Answers endpoints' questions.

    Args:
        context: Who may ask, and how refusals are worded.
        lookup: What is known.
    """

    def __init__(self, context: McsContext, lookup: CategoryLookup) -> None:
        self._context = context
        self._lookup = lookup

    def add_routes(self, app: web.Application, base_path: str) -> None:
        """Add the route to an application."""
        base = "/" + base_path.strip("/") if base_path.strip("/") else ""
        app.router.add_post(
            base + "/categories/endpoint/{endpoint}", self._context.guarded("categories", self._ask)
        )

    async def _ask(self, request: web.Request) -> web.Response:
        self._context.gate.endpoint_of_path(request)
        body = await read_body(request)
        if len(body) > LONGEST_QUESTION:
            raise DocumentTooLargeError(
                Reason.BODY_TOO_LARGE, f"a question has at most {LONGEST_QUESTION} bytes"
            )
        try:
            hosts = decode_question(body)
        except LookupDocumentError as error:
            raise DocumentRefusedError(Reason.FIELD_MISSING, str(error)) from error
        answers = await self._lookup.answers(hosts)
        return web.Response(body=encode_answers(answers), content_type=JSON)


def _stamp_of(path: Path) -> _Stamp | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
