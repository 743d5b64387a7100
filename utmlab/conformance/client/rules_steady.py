"""Rules about a client in quiet times: transport, headers, registration, commands, policies.

Provenance: sections 1.1 to 1.5, 1.9 and 2 of the protocol notes (public).
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from utmlab.conformance.client.record import V1, VERSION_2, Seen
from utmlab.conformance.client.rule import ClientRule, none_of, occasion
from utmlab.conformance.client.scenes import NEAR_EXPIRY_S
from utmlab.conformance.client.world import TENANT
from utmlab.conformance.literal_xml import XmlFault, parse
from utmlab.conformance.outcomes import NotSeen, Violation

if TYPE_CHECKING:
    from utmlab.conformance.client.stage import Stage

USER_AGENT = re.compile(r"Sophos MCS Client/\S+ (Linux|Windows) sessions \S*")
_EARLY = ("capabilities", "register")


def _http_11(stage: Stage) -> str:
    return none_of(stage.world.calls(), lambda s: s.version != "HTTP/1.1", "spoke {0.version}")


def _content_length(stage: Stage) -> str:
    seen = [s for s in stage.world.calls() if s.call != "push"]
    return none_of(
        [s for s in seen if not s.body],
        lambda s: s.header("Content-Length") != "0",
        "{0.method} {0.path} had no Content-Length: 0",
    )


def _serial(stage: Stage) -> str:
    seen = [s for s in stage.world.calls(since=_mark(stage, "slow-answer")) if s.call != "push"]
    return none_of(seen, lambda s: s.overlaps, "{0.call} came while another was unanswered")


def _one_connection(stage: Stage) -> str:
    quiet = _between(stage, "quiet-from", "quiet-to")
    numbers = {s.connection for s in occasion(quiet, "no quiet polls") if s.call != "push"}
    if len(numbers) > 1:
        raise Violation(f"{len(numbers)} connections in quiet times", len(numbers) - 1)
    return f"{len(quiet)} requests"


def _encoding(stage: Stage) -> str:
    return none_of(
        stage.world.calls(),
        lambda s: s.header("Accept-Encoding") not in (None, "identity"),
        "{0.call} asked for another encoding",
    )


def _user_agent(stage: Stage) -> str:
    return none_of(
        [s for s in stage.world.calls() if s.call in V1],
        lambda s: not USER_AGENT.fullmatch(s.header("User-Agent") or ""),
        "{0.call} came with another User-Agent",
    )


def _known_calls(stage: Stage) -> str:
    unknown = "{0.method} {0.path} is no call of the protocol"
    return none_of(stage.world.calls(), lambda s: s.call == "unknown", unknown)


def _capabilities(stage: Stage) -> str:
    bases = occasion(stage.world.calls("capabilities"), "no GET of the base")
    return none_of(bases, lambda s: s.header("Authorization") is not None, "with credentials")


def _first_registration(stage: Stage) -> str:
    first = occasion(stage.world.calls("register"), "the client was registered before")[0]
    if first.basic[:2] != ["", ""] or first.basic[2:] != [stage.world.token]:
        raise Violation("the first registration does not show `::TOKEN`")
    return ""


def _computer_status(stage: Stage) -> str:
    for seen in occasion(stage.world.calls("register"), "no registration"):
        if _root(seen) != "ns:computerStatus":
            raise Violation(f"the body's root is {_root(seen)!r}")
    return ""


def _basic(stage: Stage) -> str:
    seen = [s for s in stage.world.calls() if s.call in V1 and s.status == 200]
    refused = [s for s in stage.world.calls() if s.call in V1 and s.status == 401 and not s.fault]
    if refused:
        raise Violation(f"{refused[0].call} without the right credentials", len(refused))
    return f"{len(occasion(seen, 'no call'))} calls"


def cookies(stage: Stage) -> str:
    """In quiet times what the poll before set is sent back, all of it and nothing else."""
    quiet = [s for s in _between(stage, "quiet-from", "quiet-to") if s.call == "poll"]
    before = {id(s): stage.good_polls()[stage.good_polls().index(s) - 1].cookie for s in quiet}
    return none_of(quiet, lambda s: s.header("Cookie") != before[id(s)], "{0.call}: another Cookie")


def _errors_cookies(stage: Stage) -> str:
    if not stage.episodes:
        raise NotSeen("no error was answered")
    return none_of(
        stage.world.calls(), lambda s: "POISON" in (s.header("Cookie") or ""), "kept, by {0.call}"
    )


def _poll_path(stage: Stage) -> str:
    polls = occasion(stage.world.calls("poll"), "no poll")
    return none_of(polls, lambda s: "MCS" not in s.first.split(";"), "{0.path} lacks the app MCS")


def _interval(stage: Stage) -> str:
    polls = [s for s in _between(stage, "quiet-from", "quiet-to") if s.call == "poll"]
    pauses = [later.at - one.at for one, later in itertools.pairwise(polls)]
    low, high = 0.8 * stage.interval_s - 0.2, 1.2 * stage.interval_s + 0.5
    wrong = [pause for pause in occasion(pauses, "no quiet polls") if not low <= pause <= high]
    if wrong:
        raise Violation(f"{wrong[0]:.1f} s instead of {stage.interval_s:g} s", len(wrong))
    return f"{sum(pauses) / len(pauses):.2f} s"


def _acknowledged(stage: Stage) -> str:
    return _all_acknowledged(stage, stage.names.get("policy", ())[:1])


def ack_before_fetch(stage: Stage) -> str:
    """The DELETE of the command comes before the GET of its policy."""
    fetched = occasion(stage.world.calls("policy"), "no policy was fetched")[0]
    command = stage.names["policy"][0]
    acks = [s for s in stage.world.calls("acknowledge") if command in s.second.split(";")]
    if not acks or stage.world.seen.index(acks[0]) > stage.world.seen.index(fetched):
        raise Violation("the policy was fetched before its command was acknowledged")
    return ""


def _in_force(stage: Stage) -> str:
    return _told(stage, stage.names.get("policy", ("", ""))[1])


def _statuses(stage: Stage) -> str:
    sent = occasion(stage.world.calls("statuses"), "no statuses")
    return none_of(sent, lambda s: _root(s) != "ns:statuses", "the root is not ns:statuses")


def _events(stage: Stage) -> str:
    sent = occasion(stage.world.calls("events"), "no events")
    migrated = "sophos.mgt.mcs.migrate"
    return none_of(
        sent,
        lambda s: migrated not in s.text and _root(s) != "ns:events",
        "the root is not ns:events",
    )


def _flags(stage: Stage) -> str:
    asked = [s for s in stage.world.seen[: _mark(stage, "quiet-to")] if s.call == "flags"]
    if not occasion(stage.world.calls("poll"), "no poll") or not asked:
        raise Violation("no flags were asked for")
    if len(asked) > 1:
        raise Violation("flags were asked for again within their interval", len(asked) - 1)
    return ""


def _authenticate(stage: Stage) -> str:
    asked = stage.world.calls("authenticate")
    if not occasion(stage.world.calls("poll"), "no poll") or not asked:
        raise Violation("no access token was asked for")
    return none_of(asked, lambda s: bool(s.body), "with a body")


def _other_device(stage: Stage) -> str:
    since = _mark(stage, "device")
    if not stage.world.calls("authenticate", since=since):
        raise Violation("no token was asked for although the policy named another device")
    return ""


def _near_expiry(stage: Stage) -> str:
    since = _mark(stage, "device")
    asked = [s for s in stage.world.seen[since : _mark(stage, "day")] if s.call == "authenticate"]
    if len(asked) < 2:
        raise Violation(f"a token with {NEAR_EXPIRY_S} s left was not renewed at the next poll")
    return f"{len(asked)} times"


def _not_every_poll(stage: Stage) -> str:
    asked = [s for s in _between(stage, "day", "day-end") if s.call == "authenticate"]
    if not _between(stage, "day", "day-end"):
        raise NotSeen("the scene access-tokens did not take place")
    if asked:
        raise Violation("a token that is good for a day was renewed", len(asked))
    return ""


def _unknown_app(stage: Stage) -> str:
    return _all_acknowledged(stage, stage.names.get("unknown-app", ()))


def _document_order(stage: Stage) -> str:
    first, second = stage.names.get("unknown-app") or _missing("commands")
    order = [i for s in stage.world.calls("acknowledge") for i in s.second.split(";")]
    if first not in order or second not in order:
        raise NotSeen("they were not acknowledged")
    if order.index(first) > order.index(second):
        raise Violation("commands were worked off in another order than the document's")
    return ""


def _duplicate(stage: Stage) -> str:
    first = (stage.names.get("unknown-app") or _missing("commands"))[0]
    again = [
        s
        for s in stage.world.calls("acknowledge", since=_mark(stage, "duplicate"))
        if first in s.second.split(";")
    ]
    if not again:
        raise Violation("a command that came again was not acknowledged again")
    return ""


def _incomplete(stage: Stage) -> str:
    names = set(stage.names.get("incomplete") or _missing("incomplete"))
    acks = [
        s
        for s in _between(stage, "incomplete", "complete")
        if s.call == "acknowledge" and names & set(s.second.split(";"))
    ]
    if acks:
        raise Violation("a command beside one without appId was acknowledged", len(acks))
    return ""


def _policy_retried(stage: Stage) -> str:
    since = _mark(stage, "policy-failure")
    fetched = stage.world.calls("policy", since=since)
    if not any(s.fault for s in fetched):
        raise NotSeen("the policy was not fetched")
    if len(fetched) < 2:
        raise Violation("a policy that was not served at first was not fetched again")
    return ""


def _fragments_fetched(stage: Stage) -> str:
    wanted = set((stage.names.get("fragments") or _missing("fragments"))[2:])
    missing = wanted - {s.second for s in stage.world.calls("fragment")}
    if missing:
        raise Violation("fragments were not fetched", len(missing))
    return f"{len(wanted)} fragments"


def _fragments_joined(stage: Stage) -> str:
    return _told(stage, (stage.names.get("fragments") or _missing("fragments"))[1])


def no_rev_id(stage: Stage) -> str:
    """A client that took it would ask for a token of the device that it names."""
    window = _between(stage, "bad-policy", "bad-policy-end")
    command = (stage.names.get("bad-policy") or _missing("bad-policy"))[0]
    if not any(s.call == "acknowledge" and command in s.second for s in window):
        raise NotSeen("its command was not acknowledged")
    taken = [s for s in window if s.call == "authenticate"]
    if taken:
        raise Violation("a policy without RevID was taken", len(taken))
    return ""


def _bearer(stage: Stage) -> str:
    seen = occasion([s for s in stage.world.calls() if s.call in VERSION_2], "no version 2 call")
    return none_of(
        seen,
        lambda s: (
            not (s.header("Authorization") or "").startswith("Bearer ")
            or s.header("X-Device-ID") != s.first
            or s.header("X-Tenant-ID") != TENANT
        ),
        "{0.call} without Bearer, X-Device-ID or X-Tenant-ID",
    )


def _told(stage: Stage, rev_id: str) -> str:
    if not rev_id:
        raise NotSeen("no policy was assigned")
    for seen in stage.world.calls("statuses"):
        plain = seen.text.replace("&amp;", "&").replace("&lt;", "<").replace("&quot;", '"')
        if f'"{rev_id}"' in plain and 'Res="Same"' in plain:
            return ""
    raise Violation("no status with Res Same and the RevID of the policy")


def _all_acknowledged(stage: Stage, commands: tuple[str, ...]) -> str:
    done = {i for s in stage.world.calls("acknowledge") for i in s.second.split(";")}
    missing = set(commands or _missing("commands")) - done
    if missing:
        raise Violation("a command was not acknowledged", len(missing))
    return ""


def _root(seen: Seen) -> str:
    try:
        return parse(seen.body).tag
    except XmlFault as fault:
        return f"no XML ({fault})"


def _between(stage: Stage, begin: str, end: str) -> list[Seen]:
    if begin not in stage.marks or end not in stage.marks:
        return []
    return stage.world.seen[stage.marks[begin].index : stage.marks[end].index]


def _mark(stage: Stage, name: str) -> int:
    if name not in stage.marks:
        raise NotSeen("its scene did not take place")
    return stage.marks[name].index


def _missing(scene: str) -> tuple[str, ...]:
    raise NotSeen(f"the scene {scene} did not take place")


RULES = (
    ClientRule("1.1-http-1.1", "HTTP/1.1", _http_11),
    ClientRule("1.1-content-length-on-get", "Content-Length: 0 without a body", _content_length),
    ClientRule("1.1-serial", "requests are strictly serial", _serial),
    ClientRule("1.1-one-connection", "one persistent connection in quiet times", _one_connection),
    ClientRule("1.1-identity", "no encoding but identity is accepted", _encoding),
    ClientRule("1.2-user-agent", "the User-Agent of an MCS client", _user_agent),
    ClientRule("1.2-basic", "Basic id:password on every version 1 call", _basic),
    ClientRule("1.2-cookies", "cookies go back as NAME=VALUE, joined", cookies),
    ClientRule("1.2-cookies-of-errors", "cookies of errors are not kept", _errors_cookies),
    ClientRule("1.2-bearer", "version 2 calls name token, device and tenant", _bearer),
    ClientRule("1.3-known-calls", "nothing but the protocol's calls", _known_calls),
    ClientRule("1.3-capabilities", "GET base carries no credentials", _capabilities),
    ClientRule("1.3-register", "the first registration shows ::TOKEN", _first_registration),
    ClientRule("2.1-computer-status", "register carries ns:computerStatus", _computer_status),
    ClientRule("1.3-command-poll", "the poll names the apps", _poll_path),
    ClientRule("1.5-poll-interval", "the policy's poll interval is kept", _interval),
    ClientRule("1.9-acknowledge", "a command is acknowledged", _acknowledged),
    ClientRule(
        "1.9-ack-before-fetch", "acknowledged before its policy is fetched", ack_before_fetch
    ),
    ClientRule("2.4-in-force", "a status tells Same and the RevID", _in_force),
    ClientRule("2.4-statuses", "statuses are ns:statuses", _statuses),
    ClientRule("2.5-events", "events are ns:events", _events),
    ClientRule("1.3-flags", "flags are asked for once per interval", _flags),
    ClientRule("1.3-authenticate", "a token is asked for, without a body", _authenticate),
    ClientRule("1.3-other-device", "asked for when the policy names another device", _other_device),
    ClientRule("1.3-near-expiry", "asked for below 600 s to expiry", _near_expiry),
    ClientRule("1.3-not-every-poll", "not asked for otherwise", _not_every_poll),
    ClientRule("1.9-unknown-app", "commands of unknown apps are acknowledged", _unknown_app),
    ClientRule("1.9-document-order", "commands are done in document order", _document_order),
    ClientRule("1.9-duplicate", "a command that comes again is acknowledged again", _duplicate),
    ClientRule("1.9-incomplete", "one incomplete command discards all beside it", _incomplete),
    ClientRule("1.9-policy-retried", "a policy that failed is fetched again", _policy_retried),
    ClientRule("2.2-fragments", "all fragments are fetched", _fragments_fetched),
    ClientRule("2.2-fragment-order", "fragments are joined by seq", _fragments_joined),
    ClientRule("2.3-no-rev-id", "a policy without RevID is not taken", no_rev_id),
)
