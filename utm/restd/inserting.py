"""A new place for an object in lists of nodes (`X-Restd-Insert`)."""

from collections.abc import Sequence

from utm.confd import Edit
from utm.confd.nodes import node
from utm.restd.errors import UNPROCESSABLE, refusal
from utm.restd.options import Insert


def insert(edit: Edit, ref: str, inserts: Sequence[Insert]) -> None:
    """Put an object where the request wants it; where it was before, it is no longer.

    Raises:
        UnknownNodeError: If there is no such node.
        RequestRefusedError: If the node holds no list of references.
        ReferenceRefusedError: If it holds those of another class.
    """
    for wanted in inserts:
        known = node(wanted.node)
        if not known.type_name.startswith("[]") or known.type_name == "[]int64":
            raise refusal(UNPROCESSABLE, "NODE_NO_LIST", f"Node {wanted.node} holds no list.")
        others = [one for one in edit.node(wanted.node) if one != ref]
        index = wanted.index_in(len(others))
        if known.last_ref and known.last_ref in others:
            index = min(index, len(others) - 1)  # the base stays at the end
        edit.set_node(wanted.node, (*others[:index], ref, *others[index:]))
