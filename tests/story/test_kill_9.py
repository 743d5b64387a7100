"""Every process of the story killed by SIGKILL at every named point: nothing lost, nothing twice.

One lab of separate processes per worker serves all points, since each leaves it as it found it; a
test that fails throws it away.
"""

import re
from pathlib import Path

import pytest
import pytest_asyncio

from utmlab.kill_points import ELSEWHERE, KILLS
from utmlab.torture import MOST_POLLS, Torture

REPOSITORY = Path(__file__).parents[2]
REACHED = re.compile(r'\breach\(\s*f?"([^"]+)"')

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Bench:
    """The lab of one worker, made when it is first wanted and after a failure."""

    def __init__(self, folder):
        self.folder = folder
        self.labs = 0
        self.current = None

    async def torture(self):
        if self.current is None:
            self.labs += 1
            self.current = Torture(self.folder / f"lab-{self.labs}")
            await self.current.start()
        return self.current

    async def throw_away(self):
        current, self.current = self.current, None
        if current is not None:
            await current.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def bench(tmp_path_factory):
    bench = Bench(tmp_path_factory.mktemp("torture"))
    yield bench
    await bench.throw_away()


@pytest.mark.parametrize("kill", KILLS, ids=lambda kill: kill.point)
async def test_killed_at_a_point_nothing_is_lost_and_nothing_counts_twice(kill, bench):
    torture = await bench.torture()
    try:
        endured = await torture.endure(kill)
    except BaseException:
        await bench.throw_away()
        raise
    assert endured.polls <= MOST_POLLS


async def test_every_named_point_of_the_houses_is_among_the_kills():
    named = {
        name
        for house in ("liveconnect", "utm", "endpoint", "foundation")
        for file in (REPOSITORY / house).rglob("*.py")
        for name in REACHED.findall(file.read_text())
    }
    steps = {f"setup.after_step_{number}" for number in range(1, 7)}
    assert "setup.after_step_{number}" in named
    points = {kill.point for kill in KILLS} | ELSEWHERE
    assert points == named - {"setup.after_step_{number}"} | steps
