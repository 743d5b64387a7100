"""What saving and loading a snapshot refuses; a refusal changes nothing.

Provenance: ours.
"""

from typing import ClassVar

from foundation.errors import DomainError


class SnapshotNameError(DomainError):
    """A name that no snapshot can have."""

    code: ClassVar[str] = "snapshot_name"
    hint: ClassVar[str] = "Use letters, digits, dot, underscore and hyphen, at most 64."


class NoSuchSnapshotError(DomainError):
    """There is no snapshot of this name."""

    code: ClassVar[str] = "no_such_snapshot"
    hint: ClassVar[str] = "`utmlab snapshot list` names them."


class SnapshotExistsError(DomainError):
    """There is a snapshot of this name already."""

    code: ClassVar[str] = "snapshot_exists"
    hint: ClassVar[str] = "Choose another name, or delete that one first."


class SnapshotDamagedError(DomainError):
    """A snapshot is not what was saved."""

    code: ClassVar[str] = "snapshot_damaged"
    hint: ClassVar[str] = "Nothing was changed. Load another snapshot, and delete this one."


class SnapshotTooNewError(DomainError):
    """A snapshot was saved by a newer version."""

    code: ClassVar[str] = "snapshot_too_new"
    hint: ClassVar[str] = "Use the newer version, or another snapshot."


class SnapshotOfOtherPortsError(DomainError):
    """A running lab listens elsewhere than the computers in the snapshot believe."""

    code: ClassVar[str] = "snapshot_of_other_ports"
    hint: ClassVar[str] = "Stop the lab and load it with nothing running; it then has those ports."


class LabUnsteadyError(DomainError):
    """The lab wrote all the time while it was to be copied."""

    code: ClassVar[str] = "lab_unsteady"
    hint: ClassVar[str] = "Try again when there is less to do."


class SnapshotNeedsSqliteError(DomainError):
    """A lab whose state is not in files alone."""

    code: ClassVar[str] = "snapshot_needs_sqlite"
    hint: ClassVar[str] = "Use pg_dump and a copy of the folder, or a lab without --workers."


class ResetNeedsTasksError(DomainError):
    """What is to be reset does not run in this process."""

    code: ClassVar[str] = "reset_needs_tasks"
    hint: ClassVar[str] = "Start the lab without --processes, or load the whole snapshot."


class NotInSnapshotError(DomainError):
    """A snapshot does not hold what is to be reset."""

    code: ClassVar[str] = "not_in_snapshot"
    hint: ClassVar[str] = "It was installed later: name a later snapshot."
