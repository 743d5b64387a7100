"""Where processes are killed, and which part of the story passes each point.

- Every name given to `Checkpoints.reach` in the houses is in `KILLS` or `ELSEWHERE`: a test looks.
- A kill without a point happens at a moment: so many seconds after its part of the story began.
"""

import random
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Story(Enum):
    """A part of the story that a kill interrupts."""

    REGISTER = "the UTM registers"
    INSTALL = "a computer is installed and enrols"
    REFUSED_INSTALL = "an installer with a wrong token is refused"
    EDIT = "a filter action changes"
    BROWSE = "a person browses"
    ACTION = "the computer is told to update"
    MIDNIGHT = "the logs are rotated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill.

    Attributes:
        part: Whose process: a house, a service of the computer, or `setup`.
        story: What it interrupts.
        point: The checkpoint; empty for a moment.
        after_s: The moment.
    """

    part: str
    story: Story
    point: str = ""
    after_s: float | None = None

    def __str__(self) -> str:
        where = self.point or f"{self.part} after {self.after_s:.3f} s"
        return f"{where} while {self.story.value}"


_POINTS: Final[dict[Story, dict[str, tuple[str, ...]]]] = {
    Story.REGISTER: {"utm": ("utm.after_registration",)},
    Story.INSTALL: {
        "liveconnect": ("liveconnect.before_enrol_commit", "liveconnect.after_enrol_commit"),
        "setup": (
            "client.before_identity",
            "client.after_identity",
            "setup.after_step_1",
            "setup.after_step_2",
            "setup.after_step_3",
            "setup.mid_step_4",
            "setup.after_step_4",
            "setup.after_step_5",
            "autoupdate.after_download",
            "autoupdate.after_install",
            "setup.after_step_6",
        ),
    },
    Story.REFUSED_INSTALL: {"setup": ("setup.before_removal",)},
    Story.EDIT: {
        "liveconnect": (
            "liveconnect.after_changeset_commit",
            "liveconnect.after_ack_commit",
            "liveconnect.before_statuses_commit",
            "liveconnect.after_statuses_commit",
            "liveconnect.after_reports_ack_commit",
        ),
        "utm": (
            "utm.after_edit",
            "utm.after_4233",
            "utm.after_push",
            "utm.after_intake",
            "utm.after_acknowledge",
            "utm.appender_before_write",
            "utm.appender_after_write",
            "utm.appender_after_fsync",
            "utm.appender_after_commit",
        ),
        "client": (
            "client.after_queue",
            "client.after_delete",
            "client.after_policy_fetched",
            "client.after_persist",
            "client.before_status_sent",
            "client.after_status_sent",
        ),
        "agent": ("agent.before_apply", "agent.after_apply", "agent.after_status_stored"),
        "web-control": ("web-control.after_policy",),
    },
    Story.BROWSE: {
        "liveconnect": ("liveconnect.before_events_commit", "liveconnect.after_events_commit"),
        "client": ("client.after_events_sent",),
        "agent": ("agent.after_event_stored",),
        "web-control": ("web-control.after_activity_stored",),
    },
    Story.ACTION: {"autoupdate": ("autoupdate.after_outcome",)},
    Story.MIDNIGHT: {
        "utm": ("utm.rotation_begun", "utm.rotation_after_archive", "utm.rotation_after_commit"),
    },
}

KILLS: Final = tuple(
    Kill(part=part, story=story, point=point)
    for story, parts in _POINTS.items()
    for part, points in parts.items()
    for point in points
)
"""Every named point once."""

ELSEWHERE: Final = frozenset(
    {"liveconnect.before_rotation_commit", "liveconnect.before_keys_taken"}
)
"""Points of a rotation of the CA, at which workers are killed that share a database.

See tests/liveconnect/test_process.py.
"""

_MOMENTS: Final = (
    ("liveconnect", Story.EDIT, 0.5),
    ("liveconnect", Story.BROWSE, 0.5),
    ("utm", Story.EDIT, 0.5),
    ("utm", Story.BROWSE, 0.5),
    ("client", Story.EDIT, 0.8),
    ("client", Story.BROWSE, 0.5),
    ("agent", Story.EDIT, 0.8),
    ("agent", Story.BROWSE, 0.3),
    ("web-control", Story.EDIT, 0.8),
    ("web-control", Story.BROWSE, 0.1),
    ("setup", Story.INSTALL, 2.0),
)
_SHARE_OF_MOMENTS: Final = 0.4


def random_kill(rng: random.Random) -> Kill:
    """Draw a named point, or a moment that nobody has named."""
    if rng.random() >= _SHARE_OF_MOMENTS:
        return rng.choice(KILLS)
    part, story, longest_s = rng.choice(_MOMENTS)
    return Kill(part=part, story=story, after_s=rng.uniform(0.0, longest_s))
