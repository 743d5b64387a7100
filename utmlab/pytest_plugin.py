"""Fixtures for tests that need a whole lab; pytest finds them once utmlab is installed.

- `utmlab_stack`: a running lab of the test's own, Endpoint Protection on, polling fast.
- `utmlab_endpoint`: a computer of that lab, installed, enrolled and compliant.
- `utmlab_fleet`: installs so many computers and waits until they comply.
- `utmlab_fresh_stack`: one lab for all tests of a session, brought back before each, as far as
  `utmlab.fresh_start` says; `utmlab_prepare`, which a project may have its own of, says to what.
- `utmlab_clock`: runs a story in a lab whose time jumps: days within seconds.
- Options: `--utmlab-poll S`, and `--utmlab-artifacts DIR`, where a failed test leaves a bundle of
  its lab without secrets. What a test can say about a lab is in `utmlab.checks`.

The fixtures are asynchronous and need pytest-asyncio (`pip install utmlab[pytest]`); without it
this plugin offers nothing and disturbs nobody.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from foundation.errors import DomainError
from foundation.service import utc_now
from utmlab.bundle import write_bundle
from utmlab.clock import VirtualClock, run_virtual
from utmlab.computers import Computer
from utmlab.fresh_start import FreshStart
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack

try:
    import pytest_asyncio
except ImportError:  # pragma: no cover - a user's environment without it
    pytest_asyncio = None  # type: ignore[assignment]

DEFAULT_POLL_S = 0.2
COMPUTER = "PC-01"
FLEET_PATIENCE_S = 300.0
START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_PLACES = pytest.StashKey[list[Places]]()

Prepare = Callable[[Stack], Awaitable[None]]
Install = Callable[[int], Awaitable[list[Computer]]]
Story = Callable[[Stack, VirtualClock], Any]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the poll interval of the labs, and where failed tests leave what they had."""
    group = parser.getgroup("utmlab")
    group.addoption(
        "--utmlab-poll",
        type=float,
        default=DEFAULT_POLL_S,
        metavar="S",
        help="poll interval of the endpoints in utmlab_stack (default %(default)s s)",
    )
    group.addoption(
        "--utmlab-artifacts",
        type=Path,
        metavar="DIR",
        help="where a failed test leaves its lab's logs and state, without secrets",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what a failed test's labs had, while they still run."""
    report = yield
    folder: Path | None = item.config.getoption("--utmlab-artifacts")
    if call.when in {"setup", "call"} and report.failed and folder is not None:
        for places in item.stash.get(_PLACES, []):
            report.sections.append(("utmlab", _kept(places, folder, item.nodeid)))
    return report


def _kept(places: Places, folder: Path, test: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", test)[-150:]
    target = folder.absolute() / f"{name}.tar.gz"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bundle(places, target, utc_now())
    except (OSError, DomainError) as error:  # the test's own failure is what counts
        return f"what the lab had could not be kept: {error}"
    return f"what the lab had: {target}"


def _places(request: pytest.FixtureRequest, folder: Path) -> Places:
    data = folder / "utmlab"
    places = Places(data, data / "logs")
    _keep_if_it_fails(request, places)
    return places


def _keep_if_it_fails(request: pytest.FixtureRequest, places: Places) -> None:
    request.node.stash.setdefault(_PLACES, []).append(places)


def _check_loop(request: pytest.FixtureRequest) -> None:
    """Refuse a test that runs in a loop of its own: the lab's sockets are of the session's."""
    marker = request.node.get_closest_marker("asyncio")
    scope = marker.kwargs.get("loop_scope") if marker else None
    if (scope or request.config.getini("asyncio_default_test_loop_scope")) != "session":
        pytest.fail(
            "a test with utmlab_fresh_stack runs in the session's loop: mark it "
            'pytest.mark.asyncio(loop_scope="session")',
            pytrace=False,
        )


def _settings(config: pytest.Config) -> LabSettings:
    poll_s: float = config.getoption("--utmlab-poll")
    return LabSettings(poll_interval_s=poll_s, ports=Ports())


@pytest.fixture
def utmlab_clock(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Story], Any]:
    """Return what runs `await story(lab, clock)` in virtual time, polls every 20 seconds.

    The test itself is no coroutine: the story has a loop of its own.
    """
    places = _places(request, tmp_path)

    def run(story: Story) -> Any:
        async def main(clock: VirtualClock) -> Any:
            async with Stack(places, LabSettings(ports=Ports()), clock=clock) as lab:
                await lab.call("utm", "enable")
                return await story(lab, clock)

        return run_virtual(main, start=START)

    return run


if pytest_asyncio is not None:

    @pytest_asyncio.fixture
    async def utmlab_stack(
        request: pytest.FixtureRequest, tmp_path: Path, pytestconfig: pytest.Config
    ) -> AsyncIterator[Stack]:
        """Yield a running lab with Endpoint Protection switched on."""
        async with Stack(_places(request, tmp_path), _settings(pytestconfig)) as lab:
            await lab.call("utm", "enable")
            yield lab

    @pytest.fixture(scope="session")
    def utmlab_prepare() -> Prepare:
        """Return what brings the session's lab to the state that each test begins with."""

        async def prepare(lab: Stack) -> None:
            await lab.install(COMPUTER)
            await lab.wait_compliant()

        return prepare

    @pytest_asyncio.fixture(scope="session", loop_scope="session")
    async def utmlab_shared_stack(
        tmp_path_factory: pytest.TempPathFactory,
        pytestconfig: pytest.Config,
        utmlab_prepare: Prepare,
    ) -> AsyncIterator[tuple[Stack, FreshStart]]:
        """Yield the session's lab, prepared, and what brings it back."""
        data = tmp_path_factory.mktemp("session") / "utmlab"
        async with Stack(Places(data, data / "logs"), _settings(pytestconfig)) as lab:
            await lab.call("utm", "enable")
            await utmlab_prepare(lab)
            fresh = FreshStart(lab)
            await fresh.keep()
            yield lab, fresh

    @pytest_asyncio.fixture(loop_scope="session")
    async def utmlab_fresh_stack(
        request: pytest.FixtureRequest, utmlab_shared_stack: tuple[Stack, FreshStart]
    ) -> Stack:
        """Return the session's lab, brought back; `utmlab.fresh_start` says what is not."""
        _check_loop(request)
        lab, fresh = utmlab_shared_stack
        _keep_if_it_fails(request, lab.places)
        await fresh.come_back()
        return lab

    @pytest_asyncio.fixture
    async def utmlab_endpoint(utmlab_stack: Stack) -> Computer:
        """Return an installed computer that complies with the newest changeset."""
        computer = await utmlab_stack.install(COMPUTER)
        await utmlab_stack.wait_compliant()
        return computer

    @pytest_asyncio.fixture
    async def utmlab_fleet(utmlab_stack: Stack) -> Install:
        """Return what installs so many computers, FLEET-01 and on, and waits until they comply."""

        async def install(count: int) -> list[Computer]:
            names = [f"FLEET-{number:02}" for number in range(1, count + 1)]
            computers = [await utmlab_stack.install(name) for name in names]
            await utmlab_stack.wait_compliant(timeout_s=FLEET_PATIENCE_S)
            return computers

        return install
