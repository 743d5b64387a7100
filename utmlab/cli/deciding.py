"""Who decides on a computer's requests where it is now, and by which policy.

- Away from the office Web Control does, by its own file; at the office the UTM's gateway does, by
  the configuration as it is stored, as for this computer's address and endpoint group (UTM-08).
- Asked about a policy that is not a computer's, nobody's traffic is meant: only the policy decides.

Provenance: the rule is Web Control's own, `endpoint/web_control/standing_back.py`.
"""

from contextlib import closing
from dataclasses import dataclass

from endpoint.computer_facts import load_computer
from endpoint.web_control.standing_back import stands_back
from utmlab.cli.stored_names import archive_of
from utmlab.cli.stored_policies import GATEWAY, NamedPolicy, gateway_policy
from utmlab.office import network_of
from utmlab.places import Places
from utmlab.stored import open_utm


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides.

    Attributes:
        named: By which policy.
        sentence: Who, in words; empty when nobody's traffic is meant.
        client_ip: The address that the one who decides sees.
        user: The user that the one who decides knows of.
    """

    named: NamedPolicy
    sentence: str = ""
    client_ip: str = ""
    user: str = ""


def decider_of(
    places: Places, named: NamedPolicy, switches: tuple[tuple[str, str], ...] = ()
) -> Decider:
    """Return who decides when a policy was named; for a computer it may be the gateway.

    Raises:
        NothingStoredError: If the data folder holds no lab.
    """
    if named.kind == GATEWAY:
        return Decider(named, "decided by the UTM's gateway")
    if named.kind != "endpoint":
        return Decider(named)
    host = archive_of(places, named.name).host
    network = network_of(host)
    if not stands_back(network, named.policy):
        return Decider(named, f"decided by Web Control of {named.name}")
    policy = gateway_policy(places, _group_of(places, named.name)).with_switches(switches)
    return Decider(
        policy,
        f"decided by the UTM's gateway, where {named.name} is {network.source}",
        client_ip=network.source,
        user=load_computer(host).last_logged_on_user,
    )


def _group_of(places: Places, computer: str) -> str:
    """Return the endpoint group of a computer; empty when the UTM does not know it."""
    with closing(open_utm(places)) as utm:
        snapshot = utm.snapshot()
    for one in snapshot.of_class("epp", "endpoint"):
        if one.name == computer:
            return snapshot.group_of(one.ref)
    return ""
