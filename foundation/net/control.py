"""Verbs that the roof calls on a running house, in process or across processes.

- A verb takes and returns JSON values; a refusal keeps its code, sentence and hint.
- Across processes: HTTP on 127.0.0.1, a free port, and a token in a file only its owner reads.
"""

import hmac
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
from aiohttp import web

from foundation.durable.files import remove, write_secret
from foundation.errors import DomainError
from foundation.net.http_server import HttpServer
from foundation.net.observing import add_observing
from foundation.observation import Observe

Verb = Callable[..., Awaitable[Any]]
CONTROL_FILE = "control.json"
TOKEN_HEADER = "X-Control-Token"  # noqa: S105 - the header's name
TIMEOUT_S = 120.0


class ControlError(DomainError):
    """A verb refused; `code` and `hint` are those of the refusal."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code  # type: ignore[misc]
        self.hint = hint  # type: ignore[misc]


class NotRunningError(DomainError):
    """Nothing answers for this data folder."""

    code: ClassVar[str] = "not_running"
    hint: ClassVar[str] = "Start it with `utmlab up`."


class VerbUnknownError(DomainError):
    """The house has no such verb."""

    code: ClassVar[str] = "verb_unknown"


class LocalControl:
    """Calls the verbs of a house in the same process."""

    def __init__(self, verbs: Mapping[str, Verb]) -> None:
        self._verbs = verbs

    async def call(self, verb: str, **arguments: Any) -> Any:
        """Call `verb` and return its result.

        Raises:
            DomainError: As the verb raises it.
        """
        if verb not in self._verbs:
            raise VerbUnknownError(f"there is no verb {verb}")
        return await self._verbs[verb](**arguments)


class ControlServer:
    """Offers verbs to other processes of the same user.

    Args:
        verbs: What may be called.
        folder: Where the address and the token are written.
        port: Where it listens; 0 takes a free port.
        documents: Path to a JSON document that anybody on this machine may read.
        observe: Tells how it is, for `/readyz` and `/metrics`; they need no token either.
    """

    def __init__(
        self,
        verbs: Mapping[str, Verb],
        folder: Path,
        *,
        port: int = 0,
        documents: Mapping[str, Any] | None = None,
        observe: Observe | None = None,
    ) -> None:
        self._local = LocalControl(verbs)
        self._folder = folder
        self._token = secrets.token_urlsafe(24)
        app = web.Application()
        app.router.add_post("/verbs/{verb}", self._answer)
        for path, document in (documents or {}).items():
            app.router.add_get(path, _showing(document))
        if observe is not None:
            add_observing(app, observe)
        self._server = HttpServer(app, name="control", port=port)

    async def start(self) -> None:
        """Listen, and write the address and the token beside the data."""
        await self._server.start()
        address = {"port": self._server.port, "token": self._token}
        write_secret(self._folder / CONTROL_FILE, json.dumps(address).encode())

    async def stop(self) -> None:
        """Stop listening and remove the address."""
        remove(self._folder / CONTROL_FILE)
        await self._server.stop()

    async def _answer(self, request: web.Request) -> web.Response:
        token = request.headers.get(TOKEN_HEADER, "")
        if not hmac.compare_digest(token.encode(errors="replace"), self._token.encode()):
            return web.json_response({"error": "token_wrong"}, status=401)
        try:
            arguments = await request.json()
            result = await self._local.call(request.match_info["verb"], **arguments)
        except DomainError as error:
            refusal = {"error": error.code, "message": str(error), "hint": error.hint}
            return web.json_response(refusal, status=409)
        except (TypeError, ValueError) as error:
            refusal = {"error": "arguments_wrong", "message": str(error), "hint": ""}
            return web.json_response(refusal, status=400)
        return web.json_response({"result": result})


def _showing(document: Any) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def show(_request: web.Request) -> web.Response:
        return web.json_response(document)

    return show


class ControlClient:
    """Calls the verbs of a house that runs in another process.

    Args:
        folder: The data folder it runs on.
        timeout_s: How long an answer may take.
    """

    def __init__(self, folder: Path, *, timeout_s: float = TIMEOUT_S) -> None:
        self._folder = folder
        self._timeout_s = timeout_s

    async def call(self, verb: str, **arguments: Any) -> Any:
        """Call `verb` and return its result.

        Raises:
            NotRunningError: If nothing answers for the folder.
            ControlError: If the verb refuses.
            TimeoutError: If the answer takes too long.
        """
        try:
            address = json.loads((self._folder / CONTROL_FILE).read_text())
        except FileNotFoundError:
            raise NotRunningError(f"nothing runs on {self._folder}") from None
        url = f"http://127.0.0.1:{address['port']}/verbs/{verb}"
        timeout = aiohttp.ClientTimeout(total=self._timeout_s)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(
                    url, json=arguments, headers={TOKEN_HEADER: address["token"]}
                ) as answer,
            ):
                content = await _answer_of(answer, verb)
        except aiohttp.ClientConnectionError as error:
            raise NotRunningError(f"nothing answers for {self._folder}") from error
        if "result" not in content:
            raise ControlError(
                content["error"], content.get("message", ""), content.get("hint", "")
            )
        return content["result"]


async def _answer_of(answer: aiohttp.ClientResponse, verb: str) -> dict[str, Any]:
    """Read an answer; what is not ours is an error of its own, not a crash of the caller."""
    try:
        content = await answer.json(content_type=None)
    except ValueError:
        content = None
    if isinstance(content, dict) and ("result" in content or "error" in content):
        return content
    message = f"{verb} was answered with HTTP status {answer.status} and no result"
    return {
        "error": "no_result",
        "message": message,
        "hint": "The output of the running lab says why.",
    }
