"""How a check ends when the statement does not hold, or cannot be told."""


class Violation(Exception):  # noqa: N818  # a finding, not an error of ours
    """The server breaks the rule; the text says what was seen."""


class NotSeen(Exception):  # noqa: N818  # likewise
    """The server gave no occasion to tell; the text says what was missing."""
