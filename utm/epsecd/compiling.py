"""From the configuration to the next changeset.

- Runs inside the transaction of the change that caused it: a changeset holds all of a change or
  none of it, and a change without effect on endpoints makes none.
- A changeset is full state; its digest covers everything but its number, so that configuration
  that compiles to the same policies is not sent again.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlite_utils import Database

from foundation.protocol.link import (
    Changeset,
    GroupPolicies,
    PolicyDocument,
    encode_document,
    in_pieces,
)
from foundation.protocol.names import POLICY_TYPES, SWC
from foundation.protocol.policies import seal
from foundation.webfilter.policy_xml import encode_web_policy
from utm.confd.snapshot import Snapshot, read_snapshot
from utm.endpoint_policies import compile_endpoint_policies
from utm.epsecd import changesets
from utm.epsecd.registration import stored_registration
from utm.web_policy import compile_group

LARGE_POLICY_BYTES: Final = 200_000
"""Above this a policy goes out in pieces, so that a small change does not send it all again."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A changeset that was made, and what the compilers had to say, per group."""

    number: int
    warnings: dict[str, tuple[str, ...]]


def prepare(db: Database, at: datetime) -> Prepared | None:
    """Store the next changeset if the configuration asks for one; None if nothing is new.

    Before registration there is nobody to send to: the first changeset is made when it succeeds.

    Args:
        db: The open database, inside the transaction of the change.
        at: The present.
    """
    registration = stored_registration(db)
    if registration is None:
        return None
    snapshot = read_snapshot(db)
    state, warnings = compile_state(snapshot, registration.mcs_url)
    state, parts = in_pieces(state, above=LARGE_POLICY_BYTES)
    digest = hashlib.sha256(encode_document(state)).hexdigest()
    newest = changesets.newest(db)
    if newest and newest.epoch == registration.epoch and newest.digest == digest:
        return None
    number = changesets.next_number(db, registration.epoch)
    changeset = replace(state, epoch=registration.epoch, number=number)
    changesets.add(db, changeset, parts=parts, change_number=snapshot.number, digest=digest, at=at)
    return Prepared(number, warnings)


def compile_state(snapshot: Snapshot, mcs_url: str) -> tuple[Changeset, dict[str, tuple[str, ...]]]:
    """Compile every group's policies; return them as changeset 0.0 with warnings per group.

    Args:
        snapshot: The configuration.
        mcs_url: Where endpoints reach LiveConnect.
    """
    groups = []
    warnings = {}
    for group in snapshot.endpoint_groups():
        web_policy, found = compile_group(snapshot, group.ref)
        bodies = {
            **compile_endpoint_policies(snapshot, group.ref, mcs_url=mcs_url),
            SWC: encode_web_policy(web_policy),
        }
        documents = tuple(_document(app_id, body) for app_id, body in bodies.items())
        groups.append(GroupPolicies(group.ref, group.name, documents))
        if found:
            warnings[group.ref] = tuple(str(warning) for warning in found)
    state = Changeset(
        epoch=0,
        number=0,
        enabled=snapshot.node("epp.status.epp"),
        default_group=snapshot.default_group_ref,
        groups=tuple(groups),
        membership=_membership(snapshot),
        tamper_password_hash=_tamper_password_hash(snapshot),
    )
    return state, warnings


def _document(app_id: str, body: bytes) -> PolicyDocument:
    revision, sealed = seal(body)
    return PolicyDocument(app_id, POLICY_TYPES[app_id], revision, sealed)


def _membership(snapshot: Snapshot) -> dict[str, str]:
    """Return the endpoints that are in another group than the default."""
    members = {}
    listed = snapshot.listed_endpoints()
    for endpoint in snapshot.of_class("epp", "endpoint"):
        group = listed.get(endpoint.ref)
        endpoint_id = str(endpoint.attributes["mcs_id"])
        if endpoint_id and group is not None and group.ref != snapshot.default_group_ref:
            members[endpoint_id] = group.ref
    return members


def _tamper_password_hash(snapshot: Snapshot) -> str:
    password = snapshot.node("epp.tamper_password")
    return hashlib.sha256(password.encode()).hexdigest() if password else ""
