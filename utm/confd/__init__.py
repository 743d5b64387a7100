"""The configuration daemon: typed objects, references, nodes and numbered changes.

Example:
    with transaction(db, at=now(), user="admin", summary="block games") as edit:
        games = edit.create("http", "cff_action", {"name": "No games", "mode": "allow",
                                                   "sp_categories": ["REF_GamesGambles"]})
    policy = compile_group(edit.snapshot(), group)
"""

from utm.confd.changes import Change, Entry
from utm.confd.confd import Confd, Edit, UsedBy, transaction
from utm.confd.errors import (
    AttributeRefusedError,
    ChangeNotStoredError,
    ConfdError,
    NodeValueRefusedError,
    NoSuchObjectError,
    ObjectInUseError,
    ObjectLockedError,
    PatternNotAcceptedError,
    ReferenceRefusedError,
    RefTakenError,
    UnknownClassError,
    UnknownNodeError,
)
from utm.confd.factory import factory_settings
from utm.confd.membership import move_endpoint
from utm.confd.objects import Lock, Object
from utm.confd.seed import (
    ANY_NETWORK,
    BASE_ACTION,
    BASE_PROFILE,
    BLOCK_ACTION,
    DEFAULT_GROUP,
    seed,
)
from utm.confd.snapshot import Snapshot, read_snapshot
from utm.confd.store import SCHEMA

__all__ = [
    "ANY_NETWORK",
    "BASE_ACTION",
    "BASE_PROFILE",
    "BLOCK_ACTION",
    "DEFAULT_GROUP",
    "SCHEMA",
    "AttributeRefusedError",
    "Change",
    "ChangeNotStoredError",
    "Confd",
    "ConfdError",
    "Edit",
    "Entry",
    "Lock",
    "NoSuchObjectError",
    "NodeValueRefusedError",
    "Object",
    "ObjectInUseError",
    "ObjectLockedError",
    "PatternNotAcceptedError",
    "RefTakenError",
    "ReferenceRefusedError",
    "Snapshot",
    "UnknownClassError",
    "UnknownNodeError",
    "UsedBy",
    "factory_settings",
    "move_endpoint",
    "read_snapshot",
    "seed",
    "transaction",
]
