"""Taking over a dump on an appliance, or only trying it.

- A trial does everything and then takes it back, so that it tells exactly what would come of it.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from utm.adoption.adopting import adopt
from utm.adoption.dump import Dump
from utm.adoption.report import Adopted
from utm.confd import Edit

if TYPE_CHECKING:
    from utm.app import Utm

_SUMMARY = "configuration of another appliance taken over"


class _TrialEndedError(Exception):
    """Takes everything back."""

    def __init__(self, report: Adopted) -> None:
        super().__init__()
        self.report = report


async def adopt_dump(utm: "Utm", dump: Dump, *, dry_run: bool = False) -> dict[str, Any]:
    """Take over a dump as one change; return what came of it as JSON values.

    `change` is None when nothing differs, and for a trial.

    Raises:
        WebPolicyError: If no policy can be made of it.
        ChangeNotStoredError: If the disk refuses.
    """

    def work(edit: Edit) -> tuple[Adopted, int]:
        before, report = edit.number, adopt(edit, dump)
        if dry_run:
            raise _TrialEndedError(report)
        return report, before

    numbers: dict[str, Any] = {"change": None, "changeset": None}
    try:
        edited = await utm.edit(_SUMMARY, work, is_import=True)
    except _TrialEndedError as trial:
        report = trial.report
    else:
        report, before = edited.result
        if edited.change != before:
            numbers = {"change": edited.change, "changeset": edited.changeset}
    told = {name: _json(value) for name, value in asdict(report).items()}
    passed_over = _json(dump.passed_over)
    return {"dry_run": dry_run, **numbers, "files": dump.files, **told, "passed_over": passed_over}


def _json(value: Any) -> Any:
    """Return a value with mappings for named tuples."""
    if isinstance(value, list):
        return [one._asdict() if hasattr(one, "_asdict") else one for one in value]
    return value
