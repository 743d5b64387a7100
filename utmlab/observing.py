"""How a whole lab is: each house asked for itself, whatever process it runs in.

- A house that does not run or does not answer is not ready, and the others are told all the same.
"""

import asyncio

from foundation.errors import DomainError
from foundation.observation import Observation, gauge, joined, read_observation
from utmlab.stack import HOUSES, Stack

PATIENCE_S = 10.0


async def observe(lab: Stack) -> Observation:
    """Return how a lab is now."""
    asked = await asyncio.gather(*(_of_house(lab, name) for name in HOUSES))
    parts = dict(zip(HOUSES, asked, strict=True))
    computers = gauge("utmlab_computers", "Computers of this lab.", len(lab.computers))
    return joined({**parts, "lab": Observation({}, (computers,))})


async def _of_house(lab: Stack, name: str) -> Observation:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return read_observation(await lab.call(name, "observe"))
    except TimeoutError:
        return Observation({"answers": f"it does not answer within {PATIENCE_S:g} s"})
    except DomainError as error:
        return Observation({"answers": str(error)})
