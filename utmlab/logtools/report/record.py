"""A report as JSON values; every word of a log goes through `Naming`."""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from utmlab.logtools.report.changesets import Changeset
from utmlab.logtools.report.clients import Client
from utmlab.logtools.report.days import DayLog
from utmlab.logtools.report.findings import Found, Told
from utmlab.logtools.report.heads import Place, moment, shown
from utmlab.logtools.report.names import Naming
from utmlab.logtools.report.reporting import Report
from utmlab.logtools.report.troubles import OF_RULE, TROUBLES, Trouble
from utmlab.logtools.rules import BY_NAME

Record = dict[str, Any]
MOST_CLIENTS_SHOWN: Final = 500
MOST_SITES_SHOWN: Final = 20


def report_record(report: Report, naming: Naming, skipped: Iterable[Path] = ()) -> Record:
    """Return a finished report.

    Args:
        report: What was read.
        naming: How to call what the logs name.
        skipped: Files of named folders that are no logs of a UTM.
    """
    return _Writer(report, naming).record(skipped)


class _Writer:
    def __init__(self, report: Report, naming: Naming) -> None:
        self._report = report
        self._naming = naming
        self._files = [naming.file(source.path) for source in report.sources]

    def record(self, skipped: Iterable[Path]) -> Record:
        report = self._report
        return {
            "redacted": self._naming.is_redacted,
            "zone": str(report.zone) if report.zone is not None else None,
            "read": self._read(skipped),
            "days": [self._day(one) for one in report.days.all()],
            "changesets": self._changesets(),
            "clients": self._clients(),
            "troubles": [self._trouble(one) for one in TROUBLES],
            "other": [self._found(one) for one in report.findings.all() if one.rule not in OF_RULE],
        }

    def _read(self, skipped: Iterable[Path]) -> Record:
        report, naming = self._report, self._naming
        return {
            "files": [
                {"file": name, "bytes": source.size, "first": self._at(source.first)}
                for name, source in zip(self._files, report.sources, strict=True)
            ],
            "skipped": [naming.file(path) for path in skipped],
            "lines": report.lines,
            "outside": report.outside,
            "foreign": report.foreign,
            "logs_left_out": report.days.left_out,
            "damaged": [
                {
                    "file": self._files[number],
                    "message": naming.sentence(text, "The archive is damaged"),
                }
                for number, text in report.damaged
            ],
        }

    def _day(self, one: DayLog) -> Record:
        return {
            "host": self._naming.host(one.host),
            "log": self._naming.process(one.log),
            "day": shown(one.day).replace(":", "-"),
            "lines": one.lines,
            "first": {"at": self._at(one.first), **self._place(one.first_place)},
            "last": {"at": self._at(one.last), **self._place(one.last_place)},
            "ids": {shown(key) or "none": one.ids[key] for key in sorted(one.ids)},
            "hours": [one.hours.get(hour, 0) for hour in range(24)],
            "gaps": [
                {
                    "seconds": gap.seconds,
                    "begin": self._at(gap.begin),
                    "end": self._at(gap.end),
                    **self._place(gap.place),
                }
                for gap in one.gaps
            ],
            **self._changes(one),
        }

    def _changes(self, one: DayLog) -> Record:
        restarts = [
            {
                "at": self._at(start.stamp),
                "before": shown(start.before),
                "after": shown(start.after),
                **self._place(start.place),
            }
            for start in one.restarts
        ]
        jumps = [
            {
                "kind": jump.kind,
                "seconds": jump.seconds,
                "begin": self._at(jump.begin),
                "end": self._at(jump.end),
                **self._place(jump.place),
            }
            for jump in one.jumps
        ]
        return {
            "restarts": {"count": one.restart_count, "first": restarts},
            "jumps": {"count": one.jump_count, "first": jumps},
        }

    def _changesets(self) -> Record:
        found = self._report.changesets
        return {
            "sent": found.sent,
            "reports": found.reports,
            "dropped": found.dropped,
            "dropped_incomplete": found.dropped_incomplete,
            "shown": [self._changeset(one) for one in found.kept],
        }

    def _changeset(self, one: Changeset) -> Record:
        is_young = one.is_young(self._report.changesets.last.get(one.host))
        refused = None
        if one.refused is not None:
            refused = self._naming.sentence(shown(one.refused), "refused")
        return {
            "sequence": one.sequence,
            "number": shown(one.number) if one.number.isdigit() else "",
            "host": self._naming.host(one.host),
            "sent_at": self._local(one.sent_at),
            **self._place(one.place),
            "received_s": self._since(one, one.received_at),
            "acknowledged_s": self._since(one, one.acknowledged_at),
            "missing": one.missing,
            "is_late": one.is_late,
            "log_ends": bool(one.missing) and is_young,
            "refused": refused,
            "followed_s": self._since(one, one.followed_at),
        }

    def _clients(self) -> Record:
        found = self._report.clients
        shown_clients = list(islice(found.all(), MOST_CLIENTS_SHOWN))
        return {
            "shown": [self._client(one) for one in shown_clients],
            "more": len(found.all()) - len(shown_clients),
            "forgotten": found.forgotten,
            "floor": found.floor,
            "blocked": {
                shown(log): [
                    {"site": self._naming.host(one.key), "count": one.count, "error": one.error}
                    for one in table.top(MOST_SITES_SHOWN)
                ]
                for log, table in found.blocked.items()
            },
        }

    def _client(self, one: Client) -> Record:
        naming = self._naming
        return {
            "log": shown(one.log),
            "user": naming.user(one.user),
            "address": naming.host(one.address),
            "lines": one.lines,
            "blocked": one.blocked,
            "warned": one.warned,
            "last": self._at(one.last),
            "late": one.late,
            "longest_delay_s": one.longest_delay_s,
            "late_place": self._place(one.late_place) if one.late_place else None,
            "top_blocked": [
                {"site": naming.host(site.key), "count": site.count, "error": site.error}
                for site in one.sites.top(5)
            ],
            "last_blocked": naming.url(one.url),
        }

    def _trouble(self, trouble: Trouble) -> Record:
        found = [one for rule in trouble.rules if (one := self._report.findings.of(rule))]
        return {
            "code": trouble.code,
            "title": trouble.title,
            "shows": trouble.shows,
            "check": trouble.check,
            "count": sum(one.count for one in found),
            "rules": [self._found(one) for one in found],
        }

    def _found(self, one: Found) -> Record:
        rule = BY_NAME.get(one.rule)
        return {
            "rule": rule.code if rule is not None else "",
            "name": one.rule.removeprefix("report:"),
            "title": one.title,
            "count": one.count,
            "places": [self._told(one, told) for told in one.told],
        }

    def _told(self, one: Found, told: Told) -> Record:
        return {
            **self._place(told.place),
            "message": self._naming.sentence(told.message, one.title),
            "hint": self._naming.sentence(told.hint, ""),
        }

    def _place(self, place: Place) -> Record:
        return {"file": self._files[place.source], "line": place.line}

    def _at(self, stamp: bytes) -> str | None:
        at = moment(stamp) if stamp else None
        return None if at is None else self._local(at)

    def _local(self, at: datetime) -> str:
        zone = self._report.zone
        return (at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone)).isoformat()

    @staticmethod
    def _since(one: Changeset, at: datetime | None) -> int | None:
        if at is None:
            return None
        return round((at - one.sent_at).total_seconds())
