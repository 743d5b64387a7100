"""Recordings of the journal, and driving them again against another MCS server."""

from utmlab.redrive.driving import redrive
from utmlab.redrive.recording import (
    Recording,
    RecordingUnreadableError,
    read_recording,
    write_recording,
)
from utmlab.redrive.report import RedriveReport, Step

__all__ = [
    "Recording",
    "RecordingUnreadableError",
    "RedriveReport",
    "Step",
    "read_recording",
    "redrive",
    "write_recording",
]
