"""The tables of epsecd, inside the UTM's one database.

- changesets: each numbered push with its document; `sent_at` is the time of its 4233 line.
- parts: the pieces of large policies, as long as a kept document names them.
- endpoints, statuses: what the computers reported, newest status per app.
- reports: the numbers already taken in with a digest of their content, so that a report counts
  once.
- hops: when each policy of a changeset was where, for the timeline.
- web_hours: how much was browsed per hour and category, and by whom, in place of the lines.
"""

from sqlite_utils import Database

from foundation.durable.database import Schema


def _first_version(db: Database) -> None:
    db.table("epsecd_registration").create(
        {"id": int, "utm_id": str, "epoch": int, "mcs_url": str, "registered_at": str}, pk="id"
    )
    db.table("epsecd_changesets").create(
        {
            "epoch": int,
            "number": int,
            "change_number": int,
            "digest": str,
            "document": bytes,
            "wanted": str,
            "created_at": str,
            "sent_at": str,
            "committed_at": str,
            "superseded_by": int,
        },
        pk=("epoch", "number"),
    )
    db.table("epsecd_endpoints").create(
        {
            "endpoint_id": str,
            "ref": str,
            "name": str,
            "description": str,
            "enrolled_at": str,
            "removed": int,
            "last_report_at": str,
        },
        pk="endpoint_id",
    )
    db.table("epsecd_statuses").create(
        {
            "endpoint_id": str,
            "app_id": str,
            "res": str,
            "revision": str,
            "details": str,
            "created_at": str,
            "stored_at": str,
            "received_at": str,
            "report": int,
        },
        pk=("endpoint_id", "app_id"),
    )
    db.table("epsecd_compliance").create(
        {
            "endpoint_id": str,
            "epoch": int,
            "number": int,
            "applied_at": str,
            "stored_at": str,
            "received_at": str,
        },
        pk=("endpoint_id", "epoch", "number"),
    )
    db.table("epsecd_reports").create({"number": int, "received_at": str}, pk="number")
    db.table("epsecd_link").create({"id": int, "down_since": str, "reason": str}, pk="id")


def _digests_of_reports(db: Database) -> None:
    db.execute("ALTER TABLE epsecd_reports ADD COLUMN digest TEXT NOT NULL DEFAULT ''")


def _parts_of_changesets(db: Database) -> None:
    db.table("epsecd_parts").create({"digest": str, "body": bytes}, pk="digest")
    db.table("epsecd_changeset_parts").create(
        {"epoch": int, "number": int, "digest": str}, pk=("epoch", "number", "digest")
    )


def _hops_of_policies(db: Database) -> None:
    db.table("epsecd_hops").create(
        {
            "epoch": int,
            "number": int,
            "endpoint_id": str,
            "app_id": str,
            "assigned_at": str,
            "delivered_at": str,
            "fetched_at": str,
            "applied_at": str,
            "stored_at": str,
            "received_at": str,
            "poll_s": float,
        },
        pk=("epoch", "number", "endpoint_id", "app_id"),
    )
    db.execute("CREATE INDEX epsecd_compliance_by_changeset ON epsecd_compliance (epoch, number)")


def _web_hours(db: Database) -> None:
    db.execute(
        "CREATE TABLE epsecd_web_hours (hour INTEGER NOT NULL, kind TEXT NOT NULL,"
        " name TEXT NOT NULL, passed INTEGER NOT NULL, warned INTEGER NOT NULL,"
        " blocked INTEGER NOT NULL, PRIMARY KEY (hour, kind, name)) WITHOUT ROWID"
    )


def _path_of_hops(db: Database) -> None:
    db.execute("ALTER TABLE epsecd_hops ADD COLUMN delivered_by TEXT NOT NULL DEFAULT ''")


SCHEMA = Schema(
    "epsecd",
    (
        _first_version,
        _digests_of_reports,
        _parts_of_changesets,
        _hops_of_policies,
        _web_hours,
        _path_of_hops,
    ),
)
