"""`python -m bench.torture [--only PART]`: what has to hold for hours, damaged, and when killed.

- fuzz: damaged documents for every parser. http: damaged requests to the real services. soak:
  thousands of agents for an hour. kills: kill -9 at named points and at random moments. model:
  courses of events against the reference model of `tests/story/model_machine.py`.
- The same seed draws the same damage and the same kills; what processes do meanwhile is up to the
  machine.
- Narration on stderr, a few lines per minute at most; the summary is one JSON object on stdout.
- Exit code 0 when everything held, 1 when something did not, 2 for wrong usage.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvloop

from bench.torture_fuzz import fuzz
from bench.torture_http import ask
from bench.torture_kills import Kills, Summary
from bench.torture_soak import soak

PARTS = ("fuzz", "http", "model", "kills", "soak")
MODEL = "tests/story/test_model.py"
SAY_EVERY_S = 15.0

Say = Callable[[str], None]
Outcome = tuple[dict[str, Any], bool]
"""The summary of a part, and whether it held."""


def run(part: str, options: argparse.Namespace, folder: Path, seed: int) -> Outcome:
    """Run one part."""
    say = seldom(SAY_EVERY_S)
    if part == "fuzz":
        fuzzed = fuzz(options.inputs, seed, say)
        return fuzzed.document(), not fuzzed.failed
    if part == "model":
        return model(options.examples, seed)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if part == "http":
            asked = runner.run(ask(options.requests, folder, seed, say))
            return asked.document(), not asked.failed
        if part == "soak":
            told = runner.run(soak(options.agents, options.duration, folder, seed, say))
            return told, not told["failed"]
    began, summary = time.monotonic(), Summary(seed, options.times)
    asyncio.run(Kills(folder, summary, tell).run())
    return summary.document(time.monotonic() - began), not summary.failures


def model(examples: int, seed: int) -> Outcome:
    """Run the model's tests with so many courses; what fails is told on stderr."""
    run_by = (
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-o",
        "timeout=0",
        f"--hypothesis-seed={seed}",
        MODEL,
    )
    environment = {**os.environ, "UTMLAB_MODEL_EXAMPLES": str(examples), "UTMLAB_MODEL_STEPS": "25"}
    ended = subprocess.run(
        run_by, env=environment, stdout=sys.stderr, check=False, cwd=Path(__file__).parent.parent
    )
    return {"examples": examples, "exit_code": ended.returncode}, ended.returncode == 0


def tell(sentence: str) -> None:
    """Say something on stderr."""
    sys.stderr.write(f"torture: {sentence}\n")
    sys.stderr.flush()


def seldom(every_s: float) -> Say:
    """Return a `tell` that passes over what comes too soon after the last."""
    last_s = -every_s

    def say(sentence: str) -> None:
        nonlocal last_s
        if time.monotonic() - last_s >= every_s:
            last_s = time.monotonic()
            tell(sentence)

    return say


def main() -> int:
    """Run and return the exit code."""
    options = parser().parse_args()
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    folder = options.folder or Path(tempfile.mkdtemp(prefix="utmlab-torture-"))
    document: dict[str, Any] = {"schema": 1, "seed": seed}
    held = True
    for part in (options.only,) if options.only else PARTS:
        tell(f"{part}, seed {seed}, in {folder}")
        document[part], part_held = run(part, options, folder.absolute() / part, seed)
        held = held and part_held
    print(json.dumps(document, indent=1))
    if held and options.folder is None:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if held else 1


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.torture", description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="one part")
    parser.add_argument("--times", type=positive, default=1000, metavar="N", help="how many kills")
    parser.add_argument("--inputs", type=positive, default=1_000_000, help="for all parsers")
    parser.add_argument("--requests", type=positive, default=50_000, help="to all services")
    parser.add_argument("--examples", type=positive, default=200, help="courses of the model")
    parser.add_argument("--agents", type=positive, default=2000, help="of the soak")
    parser.add_argument("--duration", type=positive, default=3600, help="of the soak, in seconds")
    parser.add_argument("--seed", type=int, metavar="S", help="draw the same again")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where the labs live")
    return parser


def positive(text: str) -> int:
    """Read a number of at least 1."""
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


if __name__ == "__main__":
    sys.exit(main())
