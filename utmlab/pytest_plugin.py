"""Fixtures for tests that need a whole lab; pytest finds them once utmlab is installed.

- `utmlab_stack`: a running lab of the test's own, Endpoint Protection on, polling fast.
- `utmlab_endpoint`: a computer of that lab, installed, enrolled and compliant.
- The poll interval is the option `--utmlab-poll` (seconds).

The fixtures are asynchronous and need pytest-asyncio (`pip install utmlab[pytest]`); without it
this plugin offers nothing and disturbs nobody.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from utmlab.computers import Computer
from utmlab.places import Places
from utmlab.settings import LabSettings, Ports
from utmlab.stack import Stack

try:
    import pytest_asyncio
except ImportError:  # pragma: no cover - a user's environment without it
    pytest_asyncio = None  # type: ignore[assignment]

DEFAULT_POLL_S = 0.2
COMPUTER = "PC-01"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the poll interval of the labs."""
    group = parser.getgroup("utmlab")
    group.addoption(
        "--utmlab-poll",
        type=float,
        default=DEFAULT_POLL_S,
        metavar="S",
        help="poll interval of the endpoints in utmlab_stack (default %(default)s s)",
    )


if pytest_asyncio is not None:

    @pytest_asyncio.fixture
    async def utmlab_stack(tmp_path: Path, pytestconfig: pytest.Config) -> AsyncIterator[Stack]:
        """Yield a running lab with Endpoint Protection switched on."""
        data = tmp_path / "utmlab"
        poll_s: float = pytestconfig.getoption("--utmlab-poll")
        settings = LabSettings(poll_interval_s=poll_s, ports=Ports())
        async with Stack(Places(data, data / "logs"), settings) as lab:
            await lab.call("utm", "enable")
            yield lab

    @pytest_asyncio.fixture
    async def utmlab_endpoint(utmlab_stack: Stack) -> Computer:
        """Return an installed computer that complies with the newest changeset."""
        computer = await utmlab_stack.install(COMPUTER)
        await utmlab_stack.wait_compliant()
        return computer
