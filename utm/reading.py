"""What the UTM knows, told as plain JSON values: for its verbs, and with nothing running.

- Read only; beside a running UTM it sees what is committed.
- Times are ISO 8601 in UTC. Secrets are never part of an answer.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from foundation.durable.database import open_for_reading
from foundation.protocol.link import Changeset
from utm.access import stored_secrets
from utm.confd import Confd, Object, Snapshot
from utm.epsecd import changesets, compliance, endpoints, hops
from utm.epsecd.changesets import StoredChangeset, Wanted
from utm.epsecd.daemon import down_since
from utm.epsecd.registration import stored_registration
from utm.logs.spool import waiting_count
from utm.storage import DATABASE, WEBADMIN_CERTIFICATE, WEBADMIN_FOLDER


class UtmArchive:
    """A UTM's stored state, read beside the running UTM or without one."""

    def __init__(self, data: Path) -> None:
        self._db = open_for_reading(data / DATABASE)
        self._data = data

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def status(self) -> dict[str, Any]:
        """Return `status_view`."""
        return status_view(self._db)

    def endpoints(self) -> list[dict[str, Any]]:
        """Return `endpoints_view`."""
        return endpoints_view(self._db)

    def groups(self) -> list[dict[str, Any]]:
        """Return `groups_view`."""
        return groups_view(self._db)

    def changesets(self) -> list[dict[str, Any]]:
        """Return every changeset, oldest first."""
        return [asdict(one) for one in changesets.all_changesets(self._db)]

    def changeset(self, number: int | None = None) -> dict[str, Any] | None:
        """Return `changeset_view`."""
        return changeset_view(self._db, number)

    def poll_interval_s(self) -> float | None:
        """Return the poll interval that LiveConnect told last, None if it never did."""
        return hops.poll_interval_s(self._db)

    def changeset_document(self, number: int) -> Changeset | None:
        """Return what a changeset said, or None when there is none of that number.

        Raises:
            ChangesetForgottenError: If its document is not kept any more.
        """
        found = changesets.find(self._db, number)
        if found is None:
            return None
        return changesets.content(self._db, found.epoch, found.number)

    @property
    def webadmin_certificate(self) -> Path:
        """The file that clients of WebAdmin and the REST API take as their CA."""
        return self._data / WEBADMIN_FOLDER / WEBADMIN_CERTIFICATE

    def first_passwords(self) -> dict[str, str]:
        """Return the administrators' first passwords by user name; `token` is the API's."""
        return stored_secrets(self._data / WEBADMIN_FOLDER)

    def snapshot(self) -> Snapshot:
        """Return the configuration."""
        return Confd(self._db).snapshot()


def status_view(db: Database) -> dict[str, Any]:
    """Return the switch, the registration, the link, and what waits to be sent."""
    confd = Confd(db)
    registration = stored_registration(db)
    newest = changesets.newest(db)
    return {
        "enabled": confd.node("epp.status.epp"),
        "registered": registration is not None,
        "utm_id": registration.utm_id if registration else "",
        "mcs_url": registration.mcs_url if registration else "",
        "registered_at": registration.registered_at if registration else "",
        "link_down_since": down_since(db),
        "change": confd.number,
        "changeset": newest.number if newest else None,
        "waiting": _waiting(db, newest),
        "log_lines_waiting": waiting_count(db),
    }


def _waiting(db: Database, newest: StoredChangeset | None) -> dict[str, Any] | None:
    if newest is None or not newest.is_waiting:
        return None
    known = changesets.all_changesets(db)
    confirmed = [one for one in known if one.committed_at]
    oldest = [
        one
        for one in known
        if one.committed_at is None
        and (not confirmed or (one.epoch, one.number) > (confirmed[-1].epoch, confirmed[-1].number))
    ]
    return {
        "changeset": newest.number,
        "since": oldest[0].created_at,
        "enforced_meanwhile": confirmed[-1].number if confirmed else None,
    }


def endpoints_view(db: Database) -> list[dict[str, Any]]:
    """Return each computer with its group, its newest statuses and what it complies with."""
    snapshot = Confd(db).snapshot()
    newest = changesets.newest(db)
    wanted = changesets.wanted(db, newest.epoch, newest.number) if newest else None
    return computers_view(db, snapshot, wanted)


def computers_view(db: Database, snapshot: Snapshot, wanted: Wanted | None) -> list[dict[str, Any]]:
    """Return `endpoints_view` where configuration and newest changeset were read already."""
    statuses, complied = endpoints.all_statuses(db), compliance.newest_of_all(db)
    listed, default = snapshot.listed_endpoints(), snapshot.find(snapshot.default_group_ref)
    return [
        {
            **_endpoint_view(one, statuses.get(one.endpoint_id, ()), wanted),
            **_group_view(listed.get(one.ref, default)),
            "complies_with": complied.get(one.endpoint_id),
        }
        for one in endpoints.all_endpoints(db)
    ]


def _group_view(group: Object | None) -> dict[str, str]:
    return {"group": group.name if group else "", "group_ref": group.ref if group else ""}


def _endpoint_view(
    one: endpoints.StoredEndpoint,
    reported: Sequence[endpoints.StoredStatus],
    wanted: Wanted | None,
) -> dict[str, Any]:
    complies = wanted is not None and compliance.complies(wanted.on(one.endpoint_id), reported)
    return {
        "id": one.endpoint_id,
        "ref": one.ref,
        "name": one.name,
        "operating_system": one.description.get("operating_system", ""),
        "enrolled_at": one.enrolled_at,
        "last_report_at": one.last_report_at,
        "removed": one.is_removed,
        "compliant": complies,
        "statuses": {
            status.app_id: {
                "res": status.res,
                "revision": status.revision,
                "details": status.details,
                "created_at": status.created_at,
            }
            for status in reported
        },
    }


def groups_view(db: Database) -> list[dict[str, Any]]:
    """Return each endpoint group with its members' names."""
    snapshot = Confd(db).snapshot()
    listed, members = snapshot.listed_endpoints(), dict[str, list[str]]()
    for one in endpoints.all_endpoints(db):
        group = listed.get(one.ref)
        ref = group.ref if group else snapshot.default_group_ref
        members.setdefault(ref, []).append(one.name)
    return [
        {
            "ref": group.ref,
            "name": group.name,
            "default": group.ref == snapshot.default_group_ref,
            "web_control": group.attributes["web_control"],
            "tamper_protection": group.attributes["tamper_protection"],
            "endpoints": members.get(group.ref, []),
        }
        for group in snapshot.endpoint_groups()
    ]


def changeset_view(db: Database, number: int | None) -> dict[str, Any] | None:
    """Return one changeset's life as the UTM saw it, the newest when no number is given.

    Per endpoint: when the UTM came to know that it complies, and what for.
    """
    found = changesets.newest(db) if number is None else changesets.find(db, number)
    if found is None:
        return None
    changes = Confd(db).changes(after=found.change_number - 1, limit=1)
    wanted = changesets.wanted(db, found.epoch, found.number)
    known = compliance.since(db, found.epoch, found.number)
    return {
        **asdict(found),
        "edited_at": changes[0].at.isoformat() if changes else found.created_at,
        "summary": changes[0].summary if changes else "",
        "user": changes[0].user if changes else "",
        "endpoints": [
            {
                "id": one.endpoint_id,
                "name": one.name,
                "group": wanted.group_of(one.endpoint_id),
                "wanted": wanted.on(one.endpoint_id),
                **known.get(one.endpoint_id, {}),
            }
            for one in endpoints.all_endpoints(db)
            if not one.is_removed
        ],
    }
