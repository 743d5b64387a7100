"""The root of every error that a user may see.

Leaves are named after what went wrong. Each carries a stable `code` for programs, a sentence
for people (`str(error)`) and a `hint` that says what to do about it.
"""

from typing import ClassVar


class DomainError(Exception):
    """Something that went wrong in a way this project knows and can explain."""

    code: ClassVar[str] = "error"
    hint: ClassVar[str] = ""
