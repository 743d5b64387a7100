"""A request as the filter sees it, and the verdict on it with every rule tried.

- A verdict explains itself: its trace names, in order, each rule that was tried and why it did
  or did not match. It says nothing of log ids: the UTM's catalogue maps the reason to one.
- `reason` is stable text that travels in events.
- `list_ref` is the entry of an allow or block list that decided, if one did.
- `rewritten_url` is what the site is asked for instead, where SafeSearch changes the URL.
- `exception_skips` are the checks that matching exceptions switched off, sorted.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from foundation.categories.category import Reputation
from foundation.webfilter.policy import Outcome
from foundation.webfilter.target import Target


class VerdictReason(StrEnum):
    """Why a verdict is what it is."""

    DEFAULT = "default"
    """Nothing objected."""
    WEB_CONTROL_OFF = "web_control_off"
    NO_POLICY = "no_policy"
    """No profile matched, or its filter action is missing from the document."""
    EXCEPTION = "exception"
    WHITELIST = "whitelist"
    BLACKLIST = "blacklist"
    TAG = "tag"
    CATEGORY = "category"
    UNCATEGORIZED = "uncategorized"
    REPUTATION = "reputation"
    EXTENSION = "extension"
    CONTENT_TYPE = "content_type"
    INVALID_URL = "invalid_url"
    SNI_MISMATCH = "sni_mismatch"
    """Allowed, but TLS asks for another host than the CONNECT did."""
    HTTPS_UNFILTERED = "https_unfiltered"
    """A CONNECT of a profile that leaves HTTPS alone."""


OWN_BROWSER: Final = "127.0.0.1"
"""The address that an endpoint's filter sees: only its own browser asks it, on its own machine."""


class WebRequest(NamedTuple):
    """What a verdict is asked about; `url` is the authority ("host:443") when it is a CONNECT.

    `target` is what `read_target` made of exactly this URL, if it was read already.
    """

    url: str
    method: str
    at: datetime
    user: str = ""
    client_ip: str = ""
    user_agent: str = ""
    target: Target | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One rule that was tried: its kind, its object, "match" or "no match" or "skipped", why."""

    number: int
    rule: str
    ref: str
    outcome: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer: what to do with the request, and everything that explains it."""

    action: Outcome
    reason: VerdictReason
    url: str
    host: str
    category_ids: tuple[int, ...] = ()
    category_name: str = ""
    reputation: Reputation | str = ""
    profile_ref: str = ""
    profile_name: str = ""
    filter_action_ref: str = ""
    filter_action_name: str = ""
    rule_ref: str = ""
    rule_name: str = ""
    list_ref: str = ""
    exception_refs: tuple[str, ...] = ()
    exception_skips: tuple[str, ...] = ()
    is_logged: bool = True
    rewritten_url: str = ""
    trace: tuple[Step, ...] = ()
