"""What came of a fleet's run, as text."""

from utmlab.cli.output import facts, table
from utmlab.fleet.plots import seconds_words
from utmlab.fleet.summary import SHARES, Run, at_share, calls_of, reasons


def summary_text(run: Run) -> str:
    """Return the summary of a run."""
    tally = run.tally
    parts = [
        facts(
            [
                ("agents", f"{tally.states['enrolled']:,} of {run.agents:,} enrolled"),
                ("time", f"{run.elapsed_s:.1f} s; CPU of the fleet {run.cpu_s:.1f} s"),
                ("requests", f"{tally.requests:,}, of which {tally.failures:,} failed"),
                ("events", f"{tally.events:,}"),
            ]
        )
    ]
    if tally.latencies:
        columns = ("call", "answers", *(f"p{100 * share:g}" for share in SHARES))
        rows = [
            (
                call,
                f"{sum(tally.latencies[call].values()):,}",
                *(seconds_words(tally.percentile_s(share, call)) for share in SHARES),
            )
            for call in calls_of(tally)
        ]
        parts.append(table(columns, rows))
    if tally.spreads:
        parts.append(_spreads(run))
    failed = reasons(tally)
    if failed:
        rows = [(call, reason, f"{count:,}") for call, reason, count in failed]
        parts.append(table(("call", "failed with", "times"), rows))
    return "\n\n".join(parts)


def _spreads(run: Run) -> str:
    rows = []
    for revision, spread in run.tally.spreads.items():
        ordered = sorted(spread.enforced_s)
        moments = (at_share(ordered, 0.5), at_share(ordered, 0.99), at_share(ordered, 1.0))
        words = (seconds_words(one) for one in moments)
        rows.append((spread.app_id, revision[:12], f"{len(ordered):,}", *words))
    return table(("policy", "revision", "agents", "p50", "p99", "last"), rows)
