"""A lab with two computers in two groups, set up as the demo's administrator does it."""

import pytest

from utmlab.demo.configuration import CONFIGURATION, GROUP


@pytest.fixture
async def lab(utmlab_stack):
    """A running lab whose configuration is the demo's."""
    await utmlab_stack.call("utm", "edit", operations=CONFIGURATION, summary="web control")
    return utmlab_stack


@pytest.fixture
async def office(lab):
    """The lab with PC-01 in the group Default and PC-02 in the custom group."""
    await lab.install("PC-01")
    await lab.install("PC-02")
    await lab.wait_compliant()
    moved = await lab.call("utm", "group_move", endpoint="PC-02", group=GROUP)
    await lab.wait_compliant(moved["changeset"])
    return lab


def utm_lines(lab, log="epsecd"):
    """The lines of one of the UTM's logs."""
    path = lab.places.utm_logs / f"{log}.log"
    return path.read_text().splitlines() if path.exists() else []


async def settled(lab):
    """Have everything that is spooled for the logs written."""
    await lab.houses["utm"].service.quiesce()
