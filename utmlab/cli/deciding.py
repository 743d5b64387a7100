"""Who decides on a computer's requests where it is now, and by which policy.

- Away from the office Web Control does, by its own file; at the office the UTM's gateway does, by
  the configuration as it is stored, as for this computer's address and endpoint group (UTM-08).
- Asked about a policy that is not a computer's, nobody's traffic is meant: only the policy decides.
- What the gateway does with HTTPS is its profile's choice: it passes, its host decides, or what is
  inside is judged by the whole URL.

Provenance: the rules are those of `endpoint/web_control/standing_back.py` and
`utm/web_policy/https.py`.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import TypeAlias

from endpoint.computer_facts import load_computer
from endpoint.web_control.standing_back import stands_back
from foundation.webfilter.decrypted import seeing_urls
from foundation.webfilter.policy import WebPolicy
from foundation.webfilter.verdict import OWN_BROWSER, Verdict, WebRequest
from utm.web_policy import HttpsFiltering, https_filtering, left_alone, what_decides
from utmlab.cli.stored_names import archive_of
from utmlab.cli.stored_policies import GATEWAY, NamedPolicy, gateway_policy
from utmlab.office import network_of
from utmlab.places import Places
from utmlab.stored import open_utm

Judge: TypeAlias = Callable[[WebRequest], Verdict]


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides.

    Attributes:
        named: By which policy.
        sentence: Who, in words; empty when nobody's traffic is meant.
        client_ip: The address that the one who decides sees.
        user: The user that the one who decides knows of.
        https: What the gateway does with HTTPS, by the reference of the profile.
    """

    named: NamedPolicy
    sentence: str = ""
    client_ip: str = ""
    user: str = ""
    https: Mapping[str, HttpsFiltering] = field(default_factory=dict)


class Judging:
    """Gives the verdicts of the one who decides.

    Args:
        decider: Who decides.
        judge: Makes what gives a policy's own verdicts.
    """

    def __init__(self, decider: Decider, judge: Callable[[WebPolicy], Judge]) -> None:
        self._decider = decider
        self._make = judge
        self._judge = judge(decider.named.policy)
        self._inside: tuple[WebPolicy, Judge] | None = None

    def verdict(self, request: WebRequest) -> tuple[Verdict, WebPolicy | None]:
        """Return a verdict and the policy that gave it; None when nothing was filtered."""
        decider, verdict = self._decider, self._judge(request)
        by = what_decides(decider.https, verdict, request)
        if by == "nothing":
            return left_alone(verdict, decider.named.policy), None
        if by == "host":
            return verdict, decider.named.policy
        if self._inside is None:
            policy = seeing_urls(decider.named.policy)
            self._inside = policy, self._make(policy)
        policy, judge = self._inside
        return judge(request), policy


def decider_of(
    places: Places, named: NamedPolicy, switches: tuple[tuple[str, str], ...] = ()
) -> Decider:
    """Return who decides when a policy was named; for a computer it may be the gateway.

    Raises:
        NothingStoredError: If the data folder holds no lab.
    """
    if named.kind == GATEWAY:
        return Decider(named, "decided by the UTM's gateway", https=_https(places, named))
    if named.kind != "endpoint":
        return Decider(named, client_ip=OWN_BROWSER)
    host = archive_of(places, named.name).host
    network, user = network_of(host), load_computer(host).last_logged_on_user
    if not stands_back(network, named.policy):
        sentence = f"decided by Web Control of {named.name}"
        return Decider(named, sentence, client_ip=OWN_BROWSER, user=user)
    policy = gateway_policy(places, _group_of(places, named.name)).with_switches(switches)
    return Decider(
        policy,
        f"decided by the UTM's gateway, where {named.name} is {network.source}",
        client_ip=network.source,
        user=user,
        https=_https(places, policy),
    )


def _https(places: Places, gateway: NamedPolicy) -> dict[str, HttpsFiltering]:
    with closing(open_utm(places)) as utm:
        return https_filtering(utm.snapshot(), gateway.policy)


def _group_of(places: Places, computer: str) -> str:
    """Return the endpoint group of a computer; empty when the UTM does not know it."""
    with closing(open_utm(places)) as utm:
        snapshot = utm.snapshot()
    for one in snapshot.of_class("epp", "endpoint"):
        if one.name == computer:
            return snapshot.group_of(one.ref)
    return ""
