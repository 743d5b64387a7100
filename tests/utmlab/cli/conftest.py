"""A data folder that the demo made once, and a way to run the command line on it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from utmlab.cli.root import root
from utmlab.demo import run_demo


@dataclass(frozen=True)
class Lab:
    """A lab of the demo with nothing running."""

    data: Path

    def run(self, *words: str, **rest: Any) -> Result:
        return CliRunner().invoke(root, ["--data", str(self.data), *words], **rest)

    def json(self, *words: str, exit_code: int = 0) -> Any:
        result = self.run(*words, "--json")
        assert result.exit_code == exit_code, result.output
        return json.loads(result.stdout)

    def text(self, *words: str, exit_code: int = 0) -> str:
        result = self.run(*words)
        assert result.exit_code == exit_code, result.output
        return result.stdout


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    data = tmp_path_factory.mktemp("cli") / "lab"
    asyncio.run(run_demo(data, poll_s=0.3))
    return Lab(data)


@pytest.fixture
def run() -> Callable[..., Result]:
    def run_words(*words: str, **rest: Any) -> Result:
        return CliRunner().invoke(root, list(words), **rest)

    return run_words
