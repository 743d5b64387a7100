"""The report of a run: one HTML file that stands alone, in the colours of the reader's theme.

- No script, no request to anywhere: style and pictures are inside.
- What was not measured is not drawn; a run without a policy change has no curve of one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from utmlab.fleet.plots import (
    LINES,
    PERCENT,
    Curve,
    draw_curves,
    draw_histogram,
    draw_reasons,
    seconds_words,
)
from utmlab.fleet.summary import SHARES, Run, calls_of, reasons
from utmlab.fleet.tally import FAILED, Spread, Tally, percentile_s, upper_edge_s

_MOST_CURVES: Final = len(LINES)
_MOST_REASONS: Final = 12
_MOST_POINTS: Final = 400
_STYLE: Final = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1d2733; --soft: #5b6875; --line: #dde3e9;
  --card: #f6f8fa; --a: #1f6fb2; --b: #c2571a; --c: #2a8a57; --d: #8a4fb0; --e: #a07c00;
  --f: #5c6b7a; --bad: #c0392b; }
@media (prefers-color-scheme: dark) { :root { --paper: #12181f; --ink: #e4e9ee; --soft: #98a5b2;
  --line: #2c3742; --card: #1a222b; --a: #5aa9e6; --b: #ef8f4f; --c: #5cc48d; --d: #c08be0;
  --e: #d9b84a; --f: #93a3b3; --bad: #f0776a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1400px; padding: 24px; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 24px; margin: 0; } h2 { font-size: 16px; margin: 0 0 8px; }
p { margin: 4px 0 0; color: var(--soft); } a { color: var(--a); }
.facts { display: flex; flex-wrap: wrap; gap: 12px; margin: 20px 0; }
.fact { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 10px 16px; min-width: 118px; }
.fact b { display: block; font-size: 22px; font-variant-numeric: tabular-nums; }
.fact span { color: var(--soft); font-size: 13px; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(560px, 100%), 1fr));
  gap: 16px; align-items: start; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 14px 16px; overflow-x: auto; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin-top: 6px; font-size: 13px;
  color: var(--soft); }
.legend i { display: inline-block; width: 14px; height: 3px; margin-right: 6px;
  vertical-align: middle; background: currentColor; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 4px 10px; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; } th:first-child, td:first-child { text-align: left; }
.p-text, .p-strong { fill: var(--ink); } .p-strong { font-weight: 600; }
text { fill: var(--ink); } .p-muted { fill: var(--soft); } .p-small { font-size: 11px; }
.p-grid { stroke: var(--line); } .p-edge { stroke: var(--soft); }
.f-bar { fill: var(--a); } .f-error { fill: var(--bad); }
.f-mark { stroke-width: 1.5; stroke-dasharray: 4 3; }
path { fill: none; stroke-width: 2; stroke-linejoin: round; }
.f-1 { stroke: var(--a); color: var(--a); } .f-2 { stroke: var(--b); color: var(--b); }
.f-3 { stroke: var(--c); color: var(--c); } .f-4 { stroke: var(--d); color: var(--d); }
.f-5 { stroke: var(--e); color: var(--e); } .f-6 { stroke: var(--f); color: var(--f); }
"""


def report(run: Run) -> str:
    """Return the page."""
    sections = [one for one in (*_plots(run), _calls(run.tally)) if one]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Fleet of {run.agents:,} agents</title><style>{_STYLE}</style></head><body>"
        f"<h1>Fleet of {run.agents:,} agents</h1><p>{escape(_told(run))}</p>"
        f'<div class="facts">{_facts(run)}</div>'
        f'<div class="plots">{"".join(sections)}</div></body></html>\n'
    )


def _told(run: Run) -> str:
    mix = ", ".join(f"{kind} {share:g}" for kind, share in run.mix.items())
    return (
        f"{run.url} · {run.began_at:%Y-%m-%d %H:%M:%S} UTC · {run.elapsed_s:.0f} s · "
        f"{run.processes} process{'' if run.processes == 1 else 'es'} · mix {mix} · seed {run.seed}"
    )


def _facts(run: Run) -> str:
    tally = run.tally
    facts = [
        (f"{tally.states['enrolled']:,}", "enrolled"),
        (f"{tally.requests:,}", "requests"),
        (f"{tally.requests / max(run.elapsed_s, 0.001):,.0f}/s", "on average"),
        (f"{tally.failures:,}", "failed"),
        (seconds_words(tally.percentile_s(0.5)), "median answer"),
        (seconds_words(tally.percentile_s(0.99)), "99 of 100 answers"),
        (f"{tally.events:,}", "events taken"),
        (f"{run.cpu_s:.1f} s", "CPU of the fleet"),
    ]
    return "".join(
        f'<div class="fact"><b>{value}</b><span>{name}</span></div>' for value, name in facts
    )


def _plots(run: Run) -> Iterable[str]:
    tally = run.tally
    buckets = tally.buckets()
    if buckets:
        edges = [(upper_edge_s(one), buckets[one]) for one in sorted(buckets)]
        marks = {f"p{100 * share:g}": percentile_s(buckets, share) for share in SHARES[:3]}
        told = [f"{name} {seconds_words(seconds)}" for name, seconds in marks.items()]
        plot = draw_histogram(edges, list(marks.values()))
        yield _section("How long answers took", plot, _legend(told, LINES[1:]))
    yield from _spread_plots(tally)
    if len(tally.course) > 1:
        first, last = min(tally.course), max(tally.course)
        until = (last - first + 1) * tally.span_s
        yield _curves("Answers per second", _rates(tally, first, last), until)
        yield _curves("Latency over time, ms", _latencies(tally, first), until)
    failed = reasons(tally)[:_MOST_REASONS]
    if failed:
        bars = [(f"{call}: {reason}", count) for call, reason, count in failed]
        yield _section("Failures by reason", draw_reasons(bars))


def _spread_plots(tally: Tally) -> Iterable[str]:
    spreads = [one for one in tally.spreads.values() if one.enforced_s]
    largest = sorted(spreads, key=lambda one: -len(one.enforced_s))[:_MOST_CURVES]
    if not largest:
        return
    agents = max(len(one.enforced_s) for one in largest)
    until = max(max(one.enforced_s) for one in largest)
    curves = [Curve(_spread_name(one), _shares(one, agents)) for one in largest]
    plot = draw_curves(curves, label="How policies spread", until=until, top=PERCENT)
    words = "Share of agents that enforce the policy, by the time since its assignment."
    yield _section("How policies spread, %", plot, _legend([one.name for one in curves]), words)


def _spread_name(spread: Spread) -> str:
    last = seconds_words(max(spread.enforced_s))
    return f"{spread.app_id}: {len(spread.enforced_s):,} agents, last {last}"


def _shares(spread: Spread, agents: int) -> list[tuple[float, float]]:
    ordered = sorted(spread.enforced_s)
    every = max(len(ordered) // _MOST_POINTS, 1)
    points = [
        (seconds, 100 * (index + 1) / agents)
        for index, seconds in enumerate(ordered)
        if index % every == 0 or index == len(ordered) - 1
    ]
    return [(0.0, 0.0), *points]


def _rates(tally: Tally, first: int, last: int) -> list[Curve]:
    together: Counter[str] = sum((one.calls for one in tally.course.values()), Counter())
    names = [name for name, _ in together.most_common(_MOST_CURVES)]
    if together[FAILED] and FAILED not in names:
        names[-1] = FAILED
    curves = []
    for name in names:
        points = [
            (
                (number - first + 0.5) * tally.span_s,
                tally.course[number].calls[name] / tally.span_s if number in tally.course else 0.0,
            )
            for number in range(first, last + 1)
        ]
        curves.append(Curve(name, points))
    return curves


def _latencies(tally: Tally, first: int) -> list[Curve]:
    spans = [(number, one.buckets) for number, one in sorted(tally.course.items()) if one.buckets]
    return [
        Curve(
            f"p{100 * share:g}",
            [
                ((number - first + 0.5) * tally.span_s, percentile_s(buckets, share) * 1e3)
                for number, buckets in spans
            ],
        )
        for share in SHARES[:3]
    ]


def _curves(title: str, curves: Sequence[Curve], until: float) -> str:
    return _section(
        title, draw_curves(curves, label=title, until=until), _legend([one.name for one in curves])
    )


def _legend(names: Sequence[str], kinds: Sequence[str] = LINES) -> str:
    listed = "".join(
        f'<span><i class="{kind}"></i>{escape(name)}</span>'
        for kind, name in zip(kinds, names, strict=False)
    )
    return f'<div class="legend">{listed}</div>'


def _section(title: str, plot: str, legend: str = "", words: str = "") -> str:
    told = f"<p>{escape(words)}</p>" if words else ""
    return f"<section><h2>{escape(title)}</h2>{plot}{legend}{told}</section>"


def _calls(tally: Tally) -> str:
    if not tally.latencies:
        return ""
    heads = "".join(f"<th>p{100 * share:g}</th>" for share in SHARES)
    rows = "".join(
        f"<tr><td>{escape(call)}</td><td>{sum(tally.latencies[call].values()):,}</td>"
        + "".join(f"<td>{seconds_words(tally.percentile_s(share, call))}</td>" for share in SHARES)
        + "</tr>"
        for call in calls_of(tally)
    )
    return (
        f"<section><h2>Calls</h2><table><thead><tr><th>call</th><th>answers</th>{heads}</tr>"
        f"</thead><tbody>{rows}</tbody></table></section>"
    )
