"""A web line of an archive: what the filter was asked, what it knew, what it did.

- http.log and eplog.log of 9.2 to 9.7 alike: keys are found by name, because their order and
  number differ between versions (public); a `<PRI>` in front is passed over.
- The category and reputation of the line stand for a category source; 9998 is uncategorized, and
  its reputation is kept where it is not the usual one: the local site list may have set either.
- Lines about something that no web policy decides (viruses, applications, ranges, logging on,
  ftp) are told apart from lines that are no web lines and from damaged ones.
- A quota line reads as a warning (documented: endpoints have no quota, the default is to warn);
  so does "warned and proceeded".

Provenance: keys, ids and words are public where the catalogue says so; the words of `exceptions`
other than ssl, certcheck, certdate are recalled, our own endpoints write the skip's name.
"""

import functools
import re
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from foundation.categories.category import (
    REPUTATIONS,
    UNCATEGORIZED,
    UNCATEGORIZED_ID,
    Category,
)
from foundation.webfilter.policy import Outcome


class Skip(StrEnum):
    """Why a line takes no part in a comparison."""

    NO_WEB_LINE = "no_web_line"
    DAMAGED = "damaged"
    INCOMPLETE = "incomplete"
    """A web line without URL or without action, such as the debug lines of the filter."""
    OTHER_CHECK = "other_check"
    """Decided by something that is no part of a web policy."""
    OUT_OF_SCOPE = "out_of_scope"
    """Of another time or profile than was asked for."""
    CATEGORY_UNKNOWN = "category_unknown"
    """The verdict hangs on a category that the line does not tell."""


class WebLine(NamedTuple):
    """One request of an archive; `skips` is None when the line does not tell exceptions."""

    stamp: datetime
    method: str
    url: str
    user: str
    client_ip: str
    user_agent: str
    outcome: Outcome
    is_proceed: bool
    reason: str
    category: Category | None
    tells_category: bool
    skips: frozenset[str] | None
    profile: str
    filter_action: str
    content_type: str


SKIP_OF_WORD: Final = {
    "auth": "user_auth",
    "content": "content_removal",
    "fileextension": "extensions",
    "mime": "contenttype_blacklist",
    "size": "check_max_download",
    "ssl": "ssl_scanning",
    "url": "url_filter",
}
"""Words of `exceptions` whose name in the object differs."""
UNSEEN_SKIPS: Final = frozenset({"log_access", "log_blocked"})
"""What a line cannot tell reliably, since it may not have been written."""

_HEADER = re.compile(
    r"(?:<\d{1,3}>)?(\d{4}):(\d\d):(\d\d)-(\d\d):(\d\d):(\d\d) \S+ [^\s\[\]:]+(?:\[\d+\])?: "
    r"(?:[A-Z] )?(?=id=\")",
    re.ASCII,
)
# A key begins where no key character stands before it: a long run of them is tried once only.
_PAIRS = re.compile(r'(?<![a-z0-9_-])([a-z0-9_-]++)="([^"\r\n]*)"')
_POLICY_REASONS: Final = frozenset(
    {
        "blacklist",
        "category",
        "content_type",
        "extension",
        "invalid_url",
        "mime",
        "no_policy",
        "reputation",
        "tag",
        "uncategorized",
        "url",
    }
)
_POLICY_NAMES: Final = ("forbidden category", "forbidden url", "forbidden file extension")
_AUTHENTICATION_WANTED = "407"
_FORBIDDEN = "403"


def read_web_line(data: bytes) -> WebLine | Skip:
    """Read one line of a log, without its line feed."""
    if b' sub="http"' not in data and b' url="' not in data:
        return Skip.NO_WEB_LINE
    text = data.decode("utf-8", "replace").rstrip("\r ")
    header = _HEADER.match(text)
    if header is None:
        return Skip.DAMAGED
    pairs = _PAIRS.findall(text, header.end())
    if not pairs or not _is_whole(pairs, len(text) - header.end()):
        return Skip.DAMAGED
    values = dict(pairs)
    if values.get("sub") != "http":
        return Skip.NO_WEB_LINE
    return _web_line(header, values)


def _is_whole(pairs: list[tuple[str, str]], length: int) -> bool:
    """Whether the pairs fill the message: nothing stands between them but one space each."""
    keys, values = zip(*pairs, strict=True)
    return sum(map(len, keys)) + sum(map(len, values)) + 4 * len(pairs) - 1 == length


def _web_line(header: re.Match[str], values: dict[str, str]) -> WebLine | Skip:
    get = values.get
    url, name, reason = get("url", ""), get("name", ""), get("reason", "")
    outcome = _outcome(get("action", ""), name, reason)
    if not url or outcome is None:
        return Skip.INCOMPLETE
    if not _is_policy_matter(outcome, name, reason, get("statuscode", ""), url):
        return Skip.OTHER_CHECK
    try:
        stamp = datetime(*map(int, header.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return Skip.DAMAGED
    category = get("category", "")
    return WebLine(
        stamp,
        get("method", "GET"),
        url,
        _user(get("user", ""), get("ad_domain", "")),
        get("srcip", ""),
        get("ua", ""),
        outcome,
        outcome == "warn" and "proceeded" in name,
        reason,
        _category(category, get("reputation", "")),
        bool(category),
        _skips(values["exceptions"]) if "exceptions" in values else None,
        get("profile", ""),
        get("filteraction", ""),
        get("content-type", ""),
    )


def _outcome(action: str, name: str, reason: str) -> Outcome | None:
    if "quota" in name or "quota" in reason or action == "quota":
        return "warn"
    if "warned and proceeded" in name or action == "warn":
        return "warn"
    return {"pass": "allow", "block": "block"}.get(action)  # type: ignore[return-value]


def _is_policy_matter(outcome: Outcome, name: str, reason: str, status: str, url: str) -> bool:
    if not url.startswith(("http:", "https:")) and "://" in url:
        return False
    if status == _AUTHENTICATION_WANTED:
        return False
    if outcome != "block" or reason in _POLICY_REASONS:
        return True
    if reason:
        return False
    return (
        name.endswith(_POLICY_NAMES)
        or any(word in name for word in _POLICY_NAMES)
        or (name == "web request blocked" and status == _FORBIDDEN)
    )


def _user(user: str, domain: str) -> str:
    return f"{domain}\\{user}" if user and domain and "\\" not in user else user


@functools.lru_cache(maxsize=4096)
def _category(ids: str, reputation: str) -> Category | None:
    numbers = tuple(int(one) for one in ids.split(",") if one.isascii() and one.isdigit())
    if not numbers:
        return None
    is_unknown = set(numbers) == {UNCATEGORIZED_ID}
    usual = UNCATEGORIZED.reputation if is_unknown else "neutral"
    category = Category(
        tuple(dict.fromkeys(numbers)), reputation if reputation in REPUTATIONS else usual
    )
    return None if category == UNCATEGORIZED else category


@functools.lru_cache(maxsize=1024)
def _skips(text: str) -> frozenset[str]:
    words = (SKIP_OF_WORD.get(word, word) for word in text.split(",") if word)
    return frozenset(words) - UNSEEN_SKIPS
