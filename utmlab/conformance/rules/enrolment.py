"""Sections 1.2 and 1.3: registration and the credentials of every later call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from utmlab.conformance import documents
from utmlab.conformance.endpoint import APPS, Endpoint, basic, read_credentials
from utmlab.conformance.outcomes import Violation
from utmlab.conformance.rule import Rule

if TYPE_CHECKING:
    from utmlab.conformance.subject import Subject
    from utmlab.conformance.wire import Answer

REGISTER_REALM = 'Basic realm="register"'
PATH_CHARACTERS = frozenset("/;?# %")


async def register(subject: Subject) -> str:
    """A new endpoint comes with `::TOKEN` and is given an id and a password."""
    endpoint = await subject.enrol()
    if PATH_CHARACTERS & set(endpoint.endpoint_id):
        raise Violation("the endpoint id has characters that cannot stand in a path")
    return f"id of {len(endpoint.endpoint_id)} characters"


async def register_twice(subject: Subject) -> str:
    """Each new endpoint has an id of its own."""
    first, second = await subject.fresh(), await subject.fresh()
    if first.endpoint_id == second.endpoint_id:
        raise Violation("two endpoints were given the same id")
    return ""


async def token_refused(subject: Subject) -> str:
    """A token that was never issued does not let anybody in."""
    return _refused(await subject.register(token=f"{subject.rng.getrandbits(128):032x}"))


async def register_again(subject: Subject) -> str:
    """The old id and password with the token are accepted, and the answer works."""
    old = await subject.fresh()
    answer = await subject.register(old.endpoint_id, old.password)
    renewed = Endpoint(old.wire, *read_credentials(answer))
    await subject.commands(renewed)
    return "same id" if renewed.endpoint_id == old.endpoint_id else "another id"


async def credentials_work(subject: Subject) -> str:
    """Basic id:password from the registration opens the command poll."""
    await subject.commands(await subject.fresh())
    return ""


async def unknown_id(subject: Subject) -> str:
    """An id that the server does not know is asked to register again."""
    stranger = Endpoint(subject.wire, subject.unknown_id(), "none")
    return _asked_to_register(await stranger.poll())


async def wrong_password(subject: Subject) -> str:
    """A known id with another password is asked to register again."""
    known = await subject.fresh()
    stranger = Endpoint(subject.wire, known.endpoint_id, known.password + "x")
    return _asked_to_register(await stranger.poll())


async def no_credentials(subject: Subject) -> str:
    """Every call after registration is refused without an Authorization header."""
    endpoint = await subject.fresh()
    own = endpoint.endpoint_id
    calls = {
        f"/commands/applications/{';'.join(APPS)}/endpoint/{own}": "GET",
        f"/policy/application/MCS/{subject.unknown_id()}": "GET",
        f"/commands/endpoint/{own}/1": "DELETE",
        f"/authenticate/endpoint/{own}/role/endpoint": "POST",
        f"/flags/endpoint/{own}": "GET",
        f"/statuses/endpoint/{own}": "PUT",
        f"/events/endpoint/{own}": "POST",
    }
    for path, method in calls.items():
        answer = await endpoint.call(method, path, authorization="")
        if answer.status != 401:
            raise Violation(f"{answer.call} without credentials was answered {answer.status}")
    return f"{len(calls)} calls"


async def malformed_credentials(subject: Subject) -> str:
    """An Authorization header that is no Basic credential is refused, nothing breaks."""
    endpoint = await subject.fresh()
    path = f"/commands/applications/MCS/endpoint/{endpoint.endpoint_id}"
    for value in ("Basic", "Basic !!!", basic("no colon"), "Digest x", "Basic " + "A" * 4000):
        answer = await endpoint.call("GET", path, authorization=value)
        if not 400 <= answer.status < 500:
            raise Violation(f"Authorization {value[:20]!r} was answered {answer.status}")
    return ""


async def doctype_refused(subject: Subject) -> str:
    """Entity declarations are refused with 4xx, and the server goes on."""
    bomb = '<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]>'
    body = documents.computer_status("conformance", subject.now(), doctype=bomb)
    refused = _refused(await subject.register(body=body))
    alive = await subject.capabilities()
    if alive.status != 200:
        raise Violation(f"after it the base was answered {alive.status}")
    return refused


def _refused(answer: Answer) -> str:
    if not 400 <= answer.status < 500:
        raise Violation(f"{answer.call} was answered {answer.status}, expected 4xx")
    return str(answer.status)


def _asked_to_register(answer: Answer) -> str:
    """Clients register again on exactly this header and on no other."""
    if answer.status != 401:
        raise Violation(f"{answer.call} was answered {answer.status}, expected 401")
    realms = answer.all_headers("WWW-Authenticate")
    if realms != [REGISTER_REALM]:
        raise Violation(f"WWW-Authenticate is {realms}, clients want exactly {REGISTER_REALM!r}")
    return ""


RULES = (
    Rule("1.3-register", "register is answered base64 of id:password", register),
    Rule("1.3-register-new-ids", "every registration gives another id", register_twice),
    Rule("1.3-register-unknown-token", "a token that was never issued is refused", token_refused),
    Rule("1.3-register-again", "register with the old id and password works", register_again),
    Rule("1.2-basic", "Basic id:password opens the command poll", credentials_work),
    Rule("1.2-unknown-id", "an unknown id gets 401 with the register realm", unknown_id),
    Rule("1.2-wrong-password", "a wrong password gets 401 with the register realm", wrong_password),
    Rule("1.2-no-credentials", "every call wants credentials", no_credentials),
    Rule("1.2-malformed-credentials", "malformed credentials are refused", malformed_credentials),
    Rule("2-doctype-register", "register refuses a document type declaration", doctype_refused),
)
