"""The question an endpoint asks about sites, and the answer: JSON, ours.

- `POST BASE/categories/endpoint/ID` with `{"version": 1, "hosts": [...]}`; the answer has one entry
  per host: its categories and reputation, or null for a host that nobody knows, and for how many
  seconds that holds.
- Hosts travel normalised; one that is not is answered as unknown.

Provenance: ours. The real product's look-up is not public.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from urllib.parse import quote

from foundation.categories.category import REPUTATIONS, Category
from foundation.errors import DomainError

VERSION: Final = 1
MOST_HOSTS: Final = 100
LONGEST_HOST: Final = 253
LONGEST_QUESTION: Final = 64_000
LONGEST_TTL_S: Final = 30 * 86_400.0


class LookupDocumentError(DomainError):
    """A question or an answer that cannot be read."""

    code: ClassVar[str] = "lookup_document"
    hint: ClassVar[str] = 'Ask {"version": 1, "hosts": ["games.example"]}, at most 100 hosts.'


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of one host, and for how long it holds."""

    category: Category | None
    ttl_s: float


def lookup_path(endpoint_id: str) -> str:
    """Return the path of the look-up, relative to the base path of MCS."""
    return f"/categories/endpoint/{quote(endpoint_id, safe='')}"


def encode_question(hosts: Sequence[str]) -> bytes:
    """Write a question about hosts."""
    return json.dumps({"version": VERSION, "hosts": list(hosts)}).encode()


def decode_question(body: bytes) -> tuple[str, ...]:
    """Read a question.

    Raises:
        LookupDocumentError: It is none, or about too much.
    """
    hosts = _document(body).get("hosts")
    if not isinstance(hosts, list) or not all(isinstance(host, str) for host in hosts):
        raise LookupDocumentError("the question has no list of hosts")
    if len(hosts) > MOST_HOSTS:
        raise LookupDocumentError(f"the question is about {len(hosts)} hosts, over {MOST_HOSTS}")
    if any(not 0 < len(host) <= LONGEST_HOST for host in hosts):
        raise LookupDocumentError(f"a host name has 1 to {LONGEST_HOST} characters")
    return tuple(hosts)


def encode_answers(answers: Mapping[str, Answer]) -> bytes:
    """Write the answers."""
    listed = {host: encode_answer(answer) for host, answer in answers.items()}
    return json.dumps({"version": VERSION, "answers": listed}).encode()


def decode_answers(body: bytes) -> dict[str, Answer]:
    """Read the answers.

    Raises:
        LookupDocumentError: They cannot be read.
    """
    answers = _document(body).get("answers")
    if not isinstance(answers, dict):
        raise LookupDocumentError("the answer has no answers")
    return {host: decode_answer(entry) for host, entry in answers.items()}


def encode_answer(answer: Answer) -> dict[str, Any]:
    """Return one answer as JSON values."""
    if answer.category is None:
        return {"category": None, "ttl_s": answer.ttl_s}
    known = {"ids": list(answer.category.ids), "reputation": answer.category.reputation}
    return {"category": known, "ttl_s": answer.ttl_s}


def decode_answer(entry: Any) -> Answer:
    """Read one answer.

    Raises:
        LookupDocumentError: It says something else.
    """
    if not isinstance(entry, dict) or "category" not in entry:
        raise LookupDocumentError("an answer has no category")
    ttl_s = entry.get("ttl_s")
    if isinstance(ttl_s, bool) or not isinstance(ttl_s, int | float) or not ttl_s >= 0:
        raise LookupDocumentError("an answer does not say how long it holds")
    return Answer(_category(entry["category"]), min(float(ttl_s), LONGEST_TTL_S))


def _category(known: Any) -> Category | None:
    if known is None:
        return None
    ids = known.get("ids") if isinstance(known, dict) else None
    if not isinstance(ids, list) or not ids or not all(type(id_) is int for id_ in ids):
        raise LookupDocumentError("an answer has no category numbers")
    for reputation in REPUTATIONS:
        if reputation == known.get("reputation"):
            return Category(tuple(ids), reputation)
    raise LookupDocumentError("an answer has an unknown reputation")


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise LookupDocumentError(f"this is not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise LookupDocumentError(f"this is not of version {VERSION}")
    return document
