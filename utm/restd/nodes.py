"""Nodes: `/api/nodes` flat, `/api/nodes/epp` as a tree, `/api/nodes/epp.status.epp` as a value.

- The flat map and single values have true and false, the trees 0 and 1 (public, verified with a
  public client, which reads each in that way only).
- Secrets are written and never read: they are empty.
"""

from collections.abc import Mapping
from typing import Any

from sqlite_utils import Database

from utm.confd import Edit, UnknownNodeError
from utm.confd.nodes import Node, all_nodes, node
from utm.confd.store import all_nodes_set
from utm.confd.values import Value, thaw
from utm.restd.bodies import parsed
from utm.restd.calls import Answer, Call
from utm.restd.posted import as_boolean


async def read_nodes(call: Call) -> Answer:
    """Return every node by its key."""
    return Answer(value=await call.utm.writer.read(_flat))


async def read_node(call: Call, key: str) -> Answer:
    """Return a node, or the tree of all nodes below a part of a key."""
    flat = await call.utm.writer.read(_flat)
    if key in flat:
        return Answer(value=flat[key])
    below = {name: value for name, value in flat.items() if name.startswith(f"{key}.")}
    if not below:
        raise UnknownNodeError(key)
    return Answer(value=_tree(below, f"{key}."))


async def put_node(call: Call, key: str) -> Answer:
    """Set a node; a secret that is empty, as everybody reads it, stays."""
    known = node(key)
    value = parsed(call.body)
    if known.is_secret and value == thaw(known.zero):
        return await read_node(call, key)
    if known.type_name == "bool":
        value = as_boolean(value)

    def work(edit: Edit) -> None:
        edit.set_node(key, value)

    await call.utm.edit(f"node {key} set", work, caller=call.caller)
    await call.utm.register_if_wanted()  # the switch of Endpoint Protection is a node
    return await read_node(call, key)


def _flat(db: Database) -> dict[str, Any]:
    stored = all_nodes_set(db)
    return {key: _shown(known, stored.get(key, known.zero)) for key, known in all_nodes().items()}


def _shown(known: Node, value: Value) -> Any:
    return thaw(known.zero if known.is_secret else value)


def _tree(below: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in below.items():
        *branches, leaf = key.removeprefix(prefix).split(".")
        branch = tree
        for name in branches:
            branch = branch.setdefault(name, {})
        branch[leaf] = int(value) if isinstance(value, bool) else value
    return tree
