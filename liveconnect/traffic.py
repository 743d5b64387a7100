"""How many requests were answered, by call and status: counted on the path, told when asked for.

- Calls are the rows of the tables in mcs-protocol 1.3 and of the UTM link: a closed set, so that
  what clients send never makes a new series.
"""

from collections import Counter


class Traffic:
    """The answers of one LiveConnect.

    Attributes:
        answers: (call, status) to how many.
    """

    def __init__(self) -> None:
        self.answers: Counter[tuple[str, int]] = Counter()
