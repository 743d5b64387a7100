"""Rules about a client in trouble: back-off, cookies, connections, registration, push.

Provenance: sections 1.2, 1.5, 1.6 and 1.7 of the protocol notes (public).
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Final

from utmlab.conformance.client.faults import FAULTS, REGISTER, Fault
from utmlab.conformance.client.rule import ClientRule, none_of, occasion
from utmlab.conformance.outcomes import NotSeen, Violation

if TYPE_CHECKING:
    from collections.abc import Callable

    from utmlab.conformance.client.record import Seen
    from utmlab.conformance.client.stage import Episode, Stage

TOLERANCE: Final = 0.1
SLACK_S: Final = 0.4
"""For a loaded machine and a client that rounds; beside a tenth of the value."""
SHORTEST_TOLD_S: Final = 3.0
"""Below this, "at once" cannot be told from the next poll."""
_UNREADABLE: Final = ("empty", "not-xml", "doctype")
_BY_NAME: Final = {fault.name: fault for fault in (*FAULTS, REGISTER)}


def back_off(fault: Fault, stage: Stage) -> str:
    """The first failure: from the poll interval to the base of its class."""
    (episode, *_) = occasion(_episodes(stage, fault.name), "its answer was not given")
    return _in_range(stage, episode, patient=fault.patient)


def _grows(stage: Stage) -> str:
    second = [e for e in _episodes(stage, "503-row") if e.row == 2]
    return _in_range(stage, occasion(second, "no two failures in a row")[0], patient=True)


def _resets(stage: Stage) -> str:
    again = occasion(_episodes(stage, "503-again"), "no failure after a good poll")
    return _in_range(stage, again[0], patient=True)


def _quiet(stage: Stage) -> str:
    disturbed = [e for e in occasion(_failed(stage), "no failure") if e.between]
    if disturbed:
        call = disturbed[0].between[0].call
        raise Violation(
            f"{call} was sent during the back-off of {disturbed[0].fault}", len(disturbed)
        )
    return f"{len(stage.episodes)} failures"


def _cookies_cleared(stage: Stage) -> str:
    return _after(
        stage,
        lambda fault: fault.clears is True,
        lambda _met, back: bool(back.header("Cookie")),
        "a cookie was sent after",
    )


def _cookies_kept(stage: Stage) -> str:
    return _after(
        stage,
        lambda fault: fault.clears is False,
        lambda _met, back: not back.header("Cookie"),
        "cookies were forgotten after",
    )


def _closed(stage: Stage) -> str:
    return _after(
        stage,
        lambda fault: fault.closes is True,
        lambda met, back: met.connection == back.connection,
        "the connection went on after",
    )


def _kept(stage: Stage) -> str:
    return _after(
        stage,
        lambda fault: fault.closes is False,
        lambda met, back: met.connection != back.connection,
        "the connection was closed after",
    )


def _never_registers(stage: Stage) -> str:
    others = [e for e in stage.episodes if e.fault != REGISTER.name]
    wrong = [e for e in occasion(others, "no failure") if e.back and e.back.call == "register"]
    if wrong:
        raise Violation(f"registered again after {wrong[0].fault}", len(wrong))
    return f"{len(others)} answers"


def _registers(stage: Stage) -> str:
    if _register_of(stage) is None:
        raise Violation("no registration after 401 with the register realm")
    return ""


def _old_identity(stage: Stage) -> str:
    if _given_register(stage).basic != [*stage.names["identity"], stage.world.token]:
        raise Violation("the registration does not show the old id, the old password and the token")
    return ""


def _no_cookie(stage: Stage) -> str:
    return none_of(
        stage.world.calls("register"), lambda s: bool(s.header("Cookie")), "register had a cookie"
    )


def _new_identity(stage: Stage) -> str:
    register = _given_register(stage)
    later = [s for s in stage.world.calls("poll", since=_after_it(stage, register)) if s.status]
    old = list(stage.names["identity"])
    return none_of(later, lambda s: s.basic == old, "{0.call} still with the old password")


def _statuses_again(stage: Stage) -> str:
    register = _given_register(stage)
    if not stage.world.calls("statuses", since=_after_it(stage, register)):
        raise Violation("no status was sent again after the registration")
    return ""


def unreadable(name: str, stage: Stage) -> str:
    """It is no failure: cookies and connection stay, and nothing in it is acknowledged."""
    (episode, *_) = occasion(_episodes(stage, name), "its answer was not given")
    back = episode.back
    if back is None or episode.pause_s > 1.5 * stage.interval_s + SLACK_S:
        raise Violation(f"no poll within {min(episode.pause_s, episode.waited_s):.1f} s")
    if back.connection != episode.met.connection or not back.header("Cookie"):
        raise Violation("taken for a failure: cookies or connection are gone")
    if any(s.call == "acknowledge" for s in episode.between):
        raise Violation("a command of a document with a document type was acknowledged")
    return ""


def _push_headers(stage: Stage) -> str:
    opened = occasion(stage.world.calls("push"), "no push channel was opened")
    return none_of(
        opened,
        lambda s: (
            s.header("Accept") != "text/event-stream"
            or s.header("Cache-Control") != "no-cache"
            or s.header("x-sophos-capabilities") is None
        ),
        "opened without Accept, Cache-Control or capabilities",
    )


def _wake_up(stage: Stage) -> str:
    return _polled_at_once(stage, "wake-up")


def _pushed_command(stage: Stage) -> str:
    since = _pushed(stage)
    if not any(s.second == "pushed-1" for s in stage.world.calls("acknowledge", since=since)):
        raise Violation("a command that came by push was not acknowledged")
    return ""


def _clone_challenge(stage: Stage) -> str:
    since = _pushed(stage)
    answers = [s for s in stage.world.calls("response", since=since) if s.second == "pushed-2"]
    if not answers:
        raise Violation("a clone challenge was not answered")
    try:
        answer = json.loads(answers[0].body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not answer.get("dedup_id"):
        raise Violation("the answer to a clone challenge has no dedup_id")
    if any(s.second == "pushed-2" for s in stage.world.calls("acknowledge", since=since)):
        raise Violation("a clone challenge was acknowledged")
    return ""


def _dropped(stage: Stage) -> str:
    return _polled_at_once(stage, "drop")


def _reconnects(stage: Stage) -> str:
    if "drop" not in stage.marks:
        raise NotSeen("no push channel was opened")
    if not stage.world.calls("push", since=stage.marks["drop"].index):
        raise Violation("the channel was not opened again after the next poll")
    return ""


def _polled_at_once(stage: Stage, mark: str) -> str:
    if mark not in stage.marks:
        raise NotSeen("no push channel was opened")
    point = stage.marks[mark]
    polls = stage.world.calls("poll", since=point.index)
    pause = polls[0].at - point.at if polls else stage.patience_s
    if pause > stage.interval_s / 2 and stage.interval_s < SHORTEST_TOLD_S:
        raise NotSeen(f"an interval of {stage.interval_s:g} s is too short to tell")
    if pause > stage.interval_s / 2:
        raise Violation(f"the next poll came {pause:.1f} s later")
    return f"{pause:.2f} s"


def _pushed(stage: Stage) -> int:
    if "pushed" not in stage.marks:
        raise NotSeen("no push channel was opened")
    return stage.marks["pushed"].index


def _episodes(stage: Stage, name: str) -> list[Episode]:
    return [episode for episode in stage.episodes if episode.fault == name]


def _failed(stage: Stage) -> list[Episode]:
    return [episode for episode in stage.episodes if episode.fault not in _UNREADABLE]


def _in_range(stage: Stage, episode: Episode, *, patient: bool) -> str:
    longest = stage.interval_s * (2 if patient else 1) * 2 ** (episode.row - 1)
    low = max(longest / 2, stage.interval_s) * (1 - TOLERANCE) - SLACK_S
    high = longest * (1 + TOLERANCE) + SLACK_S
    if episode.back is None:
        raise Violation(f"no attempt within {episode.waited_s:.0f} s")
    if not low <= episode.pause_s <= high:
        span = f"{max(longest / 2, stage.interval_s):g} to {longest:g} s"
        raise Violation(f"the next attempt came after {episode.pause_s:.1f} s, not {span}")
    return f"{episode.pause_s:.1f} s"


def _after(
    stage: Stage,
    concerns: Callable[[Fault], bool],
    is_wrong: Callable[[Seen, Seen], bool],
    reason: str,
) -> str:
    pairs = [
        (episode.fault, episode.met, episode.back)
        for episode in stage.episodes
        if episode.back and episode.fault in _BY_NAME and concerns(_BY_NAME[episode.fault])
    ]
    wrong = [name for name, met, back in occasion(pairs, "no such answer") if is_wrong(met, back)]
    if wrong:
        raise Violation(f"{reason} {wrong[0]}", len(wrong))
    return f"{len(pairs)} answers"


def _register_of(stage: Stage) -> Seen | None:
    (episode, *_) = occasion(_episodes(stage, REGISTER.name), "its answer was not given")
    return episode.back if episode.back and episode.back.call == "register" else None


def _after_it(stage: Stage, seen: Seen) -> int:
    return stage.world.seen.index(seen) + 1


def _given_register(stage: Stage) -> Seen:
    register = _register_of(stage)
    if register is None:
        raise NotSeen("there was no registration")
    return register


RULES = (
    *(
        ClientRule(
            f"1.6-{fault.name}",
            f"{fault.title}: a back-off of {'1 to 2 intervals' if fault.patient else '1 interval'}",
            partial(back_off, fault),
        )
        for fault in (*FAULTS, REGISTER)
    ),
    ClientRule("1.5-back-off-grows", "the second failure in a row waits twice as long", _grows),
    ClientRule("1.5-back-off-resets", "a good poll ends the row of failures", _resets),
    ClientRule("1.5-quiet-back-off", "nothing is sent during a back-off", _quiet),
    ClientRule("1.2-cookies-cleared", "errors clear the cookies", _cookies_cleared),
    ClientRule("1.2-cookies-kept", "401 and 504 keep the cookies", _cookies_kept),
    ClientRule("1.6-connection-closed", "errors close the connection", _closed),
    ClientRule("1.6-connection-kept", "504 keeps the connection", _kept),
    ClientRule("1.6-never-registers", "no other answer makes it register", _never_registers),
    ClientRule("1.6-registers", "it registers after the register realm", _registers),
    ClientRule("1.2-old-identity", "with old id, old password and token", _old_identity),
    ClientRule("1.2-no-cookie-on-register", "register carries no cookie", _no_cookie),
    ClientRule("1.6-new-identity", "and goes on with what it was given", _new_identity),
    ClientRule("1.6-statuses-again", "and sends its statuses again", _statuses_again),
    ClientRule("2.2-empty-body", "an empty answer is no failure", partial(unreadable, "empty")),
    ClientRule("2.2-not-xml", "an unreadable answer is no failure", partial(unreadable, "not-xml")),
    ClientRule("2-doctype", "a document type is refused", partial(unreadable, "doctype")),
    ClientRule("1.7-push-headers", "push is opened with its headers", _push_headers),
    ClientRule("1.7-wake-up", "GetCommands makes it poll at once", _wake_up),
    ClientRule("1.7-pushed-command", "a pushed command is acknowledged", _pushed_command),
    ClientRule("1.7-clone-challenge", "a clone challenge is answered", _clone_challenge),
    ClientRule("1.7-dropped", "a stream that ends makes it poll at once", _dropped),
    ClientRule("1.7-reconnects", "and is opened again at the next poll", _reconnects),
)
