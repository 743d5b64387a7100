"""Taking over the configuration of another appliance, from files of its REST API's answers.

Example:
    dump = read_dump(Path("customer"))
    edited = await utm.edit("customer", lambda edit: adopt(edit, dump), is_import=True)
    edited.result.placeholders
"""

from utm.adoption.adopting import adopt
from utm.adoption.dump import Dump, DumpUnreadableError, Incoming, NothingToAdoptError, read_dump
from utm.adoption.left_out import is_secret_attribute, is_secret_node, reason_to_keep
from utm.adoption.performing import adopt_dump
from utm.adoption.report import Adopted

__all__ = [
    "Adopted",
    "Dump",
    "DumpUnreadableError",
    "Incoming",
    "NothingToAdoptError",
    "adopt",
    "adopt_dump",
    "is_secret_attribute",
    "is_secret_node",
    "read_dump",
    "reason_to_keep",
]
