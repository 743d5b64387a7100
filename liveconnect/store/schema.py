"""The tables, as numbered migrations; every table but the counter has a tenant.

- `assignments` is history and truth at once: the row with `is_current` is what an app shall have,
  the older ones tell the timeline of earlier changesets.
- `commands` holds what waits; an action that ended keeps its row with its outcome.
- The statements are those of SQLite; `postgres_schema.py` turns their types into PostgreSQL's.
- Times are ISO 8601 in UTC with microseconds, so that text order is time order.
"""

from typing import Final

from sqlite_utils import Database

from foundation.durable.database import Migration, Schema

_FIRST = """
CREATE TABLE tenants (
    id TEXT PRIMARY KEY, organization TEXT NOT NULL, public_key TEXT NOT NULL UNIQUE,
    token TEXT NOT NULL, epoch INTEGER NOT NULL, enabled INTEGER NOT NULL DEFAULT 1,
    registered_at TEXT NOT NULL, removed_at TEXT,
    changeset_epoch INTEGER NOT NULL DEFAULT 0, changeset_number INTEGER NOT NULL DEFAULT 0,
    default_group TEXT NOT NULL DEFAULT '', tamper_password_hash TEXT NOT NULL DEFAULT '',
    last_report INTEGER NOT NULL DEFAULT 0);
CREATE TABLE tokens (
    token TEXT PRIMARY KEY, folded TEXT NOT NULL, tenant TEXT NOT NULL REFERENCES tenants(id),
    issued_at TEXT NOT NULL, revoked_at TEXT);
CREATE INDEX tokens_by_folded ON tokens (folded);
CREATE TABLE certificates (
    serial TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants(id),
    issued_at TEXT NOT NULL, expires_at TEXT NOT NULL, revoked_at TEXT);
CREATE TABLE endpoints (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenants(id),
    device_id TEXT NOT NULL UNIQUE, password_digest BLOB NOT NULL, computer_name TEXT NOT NULL,
    computer TEXT NOT NULL, attempt TEXT, enrolled_at TEXT NOT NULL, last_seen_at TEXT,
    removed_at TEXT, last_seq INTEGER NOT NULL DEFAULT 0, revision INTEGER NOT NULL DEFAULT 0);
CREATE INDEX endpoints_by_tenant ON endpoints (tenant);
CREATE UNIQUE INDEX endpoints_by_attempt ON endpoints (tenant, attempt) WHERE attempt IS NOT NULL;
CREATE TABLE policies (
    tenant TEXT NOT NULL, app_id TEXT NOT NULL, policy_id TEXT NOT NULL,
    policy_type INTEGER NOT NULL, fragments TEXT NOT NULL DEFAULT '', body BLOB NOT NULL,
    stored_at TEXT NOT NULL, PRIMARY KEY (tenant, app_id, policy_id));
CREATE TABLE fragments (
    tenant TEXT NOT NULL, app_id TEXT NOT NULL, fragment_id TEXT NOT NULL,
    policy_id TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (tenant, app_id, policy_id, fragment_id));
CREATE INDEX fragments_by_id ON fragments (tenant, app_id, fragment_id);
CREATE TABLE groups (
    tenant TEXT NOT NULL, ref TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (tenant, ref));
CREATE TABLE group_policies (
    tenant TEXT NOT NULL, group_ref TEXT NOT NULL, app_id TEXT NOT NULL,
    policy_id TEXT NOT NULL, PRIMARY KEY (tenant, group_ref, app_id));
CREATE INDEX group_policies_by_policy ON group_policies (tenant, app_id, policy_id);
CREATE TABLE memberships (
    tenant TEXT NOT NULL, endpoint_id TEXT NOT NULL, group_ref TEXT NOT NULL,
    PRIMARY KEY (tenant, endpoint_id));
CREATE TABLE changesets (
    tenant TEXT NOT NULL, epoch INTEGER NOT NULL, number INTEGER NOT NULL,
    digest TEXT NOT NULL, committed_at TEXT NOT NULL, PRIMARY KEY (tenant, epoch, number));
CREATE TABLE parts (
    tenant TEXT NOT NULL, digest TEXT NOT NULL, body BLOB NOT NULL, stored_at TEXT NOT NULL,
    PRIMARY KEY (tenant, digest));
CREATE TABLE assignments (
    id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, endpoint_id TEXT NOT NULL, app_id TEXT NOT NULL,
    policy_type INTEGER NOT NULL, policy_id TEXT NOT NULL, fragments TEXT NOT NULL DEFAULT '',
    epoch INTEGER NOT NULL, number INTEGER NOT NULL, is_current INTEGER NOT NULL DEFAULT 1,
    command_id TEXT NOT NULL DEFAULT '', attempts INTEGER NOT NULL DEFAULT 1,
    assigned_at TEXT NOT NULL, delivered_at TEXT, acknowledged_at TEXT, fetched_at TEXT,
    applied_at TEXT, committed_at TEXT, confirmed INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX assignments_current ON assignments (endpoint_id, app_id) WHERE is_current = 1;
CREATE INDEX assignments_by_app ON assignments (endpoint_id, app_id, id);
CREATE INDEX assignments_by_changeset ON assignments (tenant, epoch, number);
CREATE INDEX assignments_by_policy ON assignments (tenant, app_id, policy_id);
CREATE INDEX assignments_unconfirmed ON assignments (endpoint_id)
    WHERE is_current = 1 AND confirmed = 0 AND acknowledged_at IS NOT NULL;
CREATE TABLE commands (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL, endpoint_id TEXT NOT NULL, seq INTEGER NOT NULL,
    app_id TEXT NOT NULL, body TEXT NOT NULL, apps TEXT NOT NULL, created_at TEXT NOT NULL,
    ttl_s REAL NOT NULL, expires_at TEXT NOT NULL, delivered_at TEXT, ended_at TEXT,
    outcome TEXT);
CREATE INDEX commands_waiting ON commands (endpoint_id, seq) WHERE outcome IS NULL;
CREATE INDEX commands_by_expiry ON commands (expires_at) WHERE outcome IS NULL;
CREATE TABLE statuses (
    tenant TEXT NOT NULL, endpoint_id TEXT NOT NULL, app_id TEXT NOT NULL, res TEXT NOT NULL,
    revision TEXT NOT NULL, digest TEXT NOT NULL, body TEXT NOT NULL, created_at TEXT NOT NULL,
    committed_at TEXT NOT NULL, PRIMARY KEY (endpoint_id, app_id));
CREATE TABLE events_seen (
    tenant TEXT NOT NULL, endpoint_id TEXT NOT NULL, event_id TEXT NOT NULL,
    digest TEXT NOT NULL, seen_at TEXT NOT NULL,
    PRIMARY KEY (endpoint_id, event_id, digest)) WITHOUT ROWID;
CREATE INDEX events_seen_by_time ON events_seen (seen_at);
CREATE TABLE responses (
    tenant TEXT NOT NULL, endpoint_id TEXT NOT NULL, app_id TEXT NOT NULL,
    command_id TEXT NOT NULL, body TEXT NOT NULL, stored_at TEXT NOT NULL,
    PRIMARY KEY (endpoint_id, app_id, command_id));
CREATE TABLE reports (
    tenant TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, endpoint_id TEXT NOT NULL,
    at TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (tenant, number)) WITHOUT ROWID;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

_DATA_FEEDS = """
CREATE TABLE data_feeds (
    tenant TEXT NOT NULL, endpoint_id TEXT NOT NULL, feed_id TEXT NOT NULL, digest TEXT NOT NULL,
    body TEXT NOT NULL, stored_at TEXT NOT NULL, PRIMARY KEY (endpoint_id, feed_id, digest));
CREATE INDEX data_feeds_by_time ON data_feeds (stored_at);
"""

_FLAGS = """
CREATE TABLE flags (
    tenant TEXT NOT NULL, endpoint_id TEXT NOT NULL, content TEXT NOT NULL,
    PRIMARY KEY (tenant, endpoint_id));
"""

_WAYS = """
CREATE TABLE ways (tenant TEXT PRIMARY KEY, content TEXT NOT NULL);
"""

_DELIVERED_BY = """
ALTER TABLE assignments ADD COLUMN delivered_by TEXT;
"""

_SIGNER = """
ALTER TABLE certificates ADD COLUMN signer TEXT;
"""

MIGRATIONS: Final = (_FIRST, _DATA_FEEDS, _FLAGS, _WAYS, _DELIVERED_BY, _SIGNER)
"""Migration n brings a database from version n to n + 1; both kinds of database have the same."""


def statements_of(migration: str) -> tuple[str, ...]:
    """Return the statements of a migration, one by one.

    SQLite's executescript would commit the transaction of the migration.
    """
    return tuple(each.strip() for each in migration.split(";") if each.strip())


def _on_sqlite(migration: str) -> Migration:
    def migrate(database: Database) -> None:
        for statement in statements_of(migration):
            database.execute(statement)

    return migrate


SCHEMA = Schema("liveconnect", tuple(_on_sqlite(each) for each in MIGRATIONS))
"""The tables on SQLite."""
