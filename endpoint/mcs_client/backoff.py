"""How long the client waits after failures.

* With n failures in a row and k = min(n - 1, 10) the delay is drawn evenly from
  base * 2^(k-1) to base * 2^k, raised to the poll interval and capped at four hours.
* The base is the poll interval, twice that for semi-permanent failures.
* One good command poll starts the count again; that is the caller's to do.

Provenance: mcs-protocol.md 1.5 (public).
"""

import random
from typing import Final

from endpoint.mcs_client.reactions import FailureClass

CAP_S: Final = 14_400.0
_MAX_DOUBLINGS: Final = 10


def longest_delay_s(poll_interval_s: float, failure: FailureClass, failures: int) -> float:
    """The upper end of the range the delay is drawn from, uncapped: what the log line names.

    Args:
        poll_interval_s: The poll interval in force.
        failure: The class of the last failure.
        failures: Failures in a row, the last one included.
    """
    base = poll_interval_s * (2 if failure is FailureClass.SEMI_PERMANENT else 1)
    doublings = min(max(failures, 1) - 1, _MAX_DOUBLINGS)
    return float(base * 2**doublings)


def delay_s(
    poll_interval_s: float, failure: FailureClass, failures: int, rng: random.Random
) -> float:
    """Draw the delay before the next attempt, from the end of the failed one."""
    longest = longest_delay_s(poll_interval_s, failure, failures)
    drawn = rng.uniform(longest / 2, longest)
    return min(max(drawn, poll_interval_s), CAP_S)
