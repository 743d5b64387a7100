"""How a check ends when the statement does not hold, or cannot be told."""


class Violation(Exception):  # noqa: N818  # a finding, not an error of ours
    """The rule is broken; the text says what was seen.

    Attributes:
        times: How often it was seen.
    """

    def __init__(self, reason: str, times: int = 1) -> None:
        super().__init__(reason)
        self.times = times


class NotSeen(Exception):  # noqa: N818  # likewise
    """There was no occasion to tell; the text says what was missing."""
