"""`python -m bench`: run the benchmarks and keep their results in bench/results.json."""

import argparse
import asyncio
import importlib
import sys

import uvloop

from bench.result import Result, keep

USUAL = (
    "start",
    "poll",
    "push",
    "enrolment",
    "postgres",
    "events",
    "proxy",
    "generate",
    "lint",
    "log_report",
    "replay",
    "verdict",
    "redirector",
    "large_lists",
    "agents",
    "policy_change",
    "snapshot",
)
LONG = ("virtual", "virtual_week", "flat_cost", "many_agents")


def main() -> int:
    """Run the benchmarks that were asked for; the exit code is 0 when they ran."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", choices=(*USUAL, *LONG), help="one benchmark")
    parser.add_argument("--long", action="store_true", help="the long ones instead")
    options = parser.parse_args()
    names = (options.only,) if options.only else LONG if options.long else USUAL
    for name in names:
        module = importlib.import_module(f"bench.{name}")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            results: tuple[Result, ...] = runner.run(module.run())
        for result in results:
            print(result.sentence(), flush=True)
        keep(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
