"""What a request that no client would send probably meant: pure rules.

- A hint is for people: it goes into the answer, and so into journal and log; the status stays what
  a server without hints would answer.
- The closest known call is found segment by segment; a hint is given only when one is close.

Provenance: ours.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_CLOSE = 0.75
_SLOT = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class KnownCall:
    """A call that this server knows; its path has `{slots}`."""

    method: str
    path: str

    def matches(self, path: str) -> bool:
        """Whether a path is one of this call."""
        pattern = "".join(
            "[^/]+" if _SLOT.fullmatch(part) else re.escape(part)
            for part in re.split(r"(\{[^}]*\})", self.path)
        )
        return re.fullmatch(pattern, path) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """What is known of a request that no route takes.

    Attributes:
        allowed: The methods that its path has; empty when the path is unknown.
        hint: What was probably meant; empty when nothing is close.
    """

    allowed: tuple[str, ...] = ()
    hint: str = ""


def near_miss(method: str, path: str, base: str, calls: Iterable[KnownCall]) -> NearMiss:
    """Judge a request that no route takes.

    Args:
        method: Its method.
        path: Its path, decoded.
        base: The base path, without a slash at its end.
        calls: The known calls, relative to the base.
    """
    known = tuple(calls)
    allowed = _allowed(path.removeprefix(base), known) if _is_below(path, base) else ()
    if allowed:
        listed = ", ".join(allowed)
        return NearMiss(allowed=allowed, hint=f"this path takes {listed}, not {method}")
    return NearMiss(hint=_hint(method, path, base, known))


def policy_hint(app_id: str, policy_id: str, assigned: Mapping[str, str]) -> str:
    """Return what was probably meant by a policy that is not there, as the end of a sentence.

    Args:
        app_id: The app it was asked for.
        policy_id: The policy that was asked for.
        assigned: The policy id of each app of this endpoint.
    """
    for app, assigned_id in assigned.items():
        if assigned_id == policy_id:
            return f": it is the policy of {app}"
        if assigned_id.lower() == policy_id.lower() and app == app_id:
            return ": ids are written in small letters"
    if app_id not in assigned:
        near = difflib.get_close_matches(app_id.upper(), assigned, 1)
        return f": the app is called {near[0]}" if near else ": nothing is assigned to that app"
    return ""


def _hint(method: str, path: str, base: str, known: tuple[KnownCall, ...]) -> str:
    if base and path.startswith(base + base):
        return f"the base path {base} stands there twice: configure the server's URL with it once"
    if not _is_below(path, base):
        return _outside(path, base, known)
    rest = path.removeprefix(base)
    plain = re.sub("/+", "/", rest)
    if plain != rest and _allowed(plain, known):
        return f"a slash too many: {base}{plain} is known"
    if rest.endswith("/") and _allowed(rest.rstrip("/"), known):
        return "no call ends with a slash"
    joined = _without_a_slash(rest, known)
    if joined:
        return f"a slash is missing: {joined.method} {base}{joined.path}"
    closest = _closest(method, rest, known)
    return f"the closest call is {closest.method} {base}{closest.path}" if closest else ""


def _without_a_slash(path: str, known: tuple[KnownCall, ...]) -> KnownCall | None:
    """Return the call that a path is one of when one of its inner slashes is left out."""
    for call in known:
        slashes = [place for place, char in enumerate(call.path) if char == "/" and place]
        if any(
            KnownCall(call.method, call.path[:place] + call.path[place + 1 :]).matches(path)
            for place in slashes
        ):
            return call
    return None


def _outside(path: str, base: str, known: tuple[KnownCall, ...]) -> str:
    if _allowed(path, known):
        return f"the base path {base} is missing: configure the server's URL with it"
    for end in range(1, path.count("/")):
        head = "/".join(path.split("/")[: end + 1])
        if _allowed(path.removeprefix(head), known):
            return f"the base path is {base}, not {head}"
    return f"every call of this server is below {base}"


def _is_below(path: str, base: str) -> bool:
    return path == base or path.startswith(f"{base}/")


def _allowed(path: str, known: tuple[KnownCall, ...]) -> tuple[str, ...]:
    return tuple(sorted({call.method for call in known if call.matches(path)}))


def _closest(method: str, path: str, known: tuple[KnownCall, ...]) -> KnownCall | None:
    def likeness(call: KnownCall) -> tuple[float, bool]:
        return _likeness(path, call.path), call.method == method

    best = max(known, key=likeness, default=None)
    return best if best is not None and likeness(best)[0] >= _CLOSE else None


def _likeness(path: str, pattern: str) -> float:
    """Compare segment by segment; in a slot anything is right that is something."""
    ours, theirs = pattern.strip("/").split("/"), path.strip("/").split("/")
    if abs(len(ours) - len(theirs)) > 1:
        return 0.0
    alike = [
        1.0 if _SLOT.fullmatch(one) and other else difflib.SequenceMatcher(a=one, b=other).ratio()
        for one, other in zip(ours, theirs, strict=False)
    ]
    return sum(alike) / max(len(ours), len(theirs))
