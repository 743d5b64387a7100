"""Waiting for compliance, against a lab that only answers."""

import asyncio

import pytest

from utmlab.compliance import wait_compliant
from utmlab.errors import NotCompliantError
from utmlab.places import Places


class Answers:
    """A lab whose UTM says what the test wants, the last answer for ever."""

    def __init__(self, tmp_path, *views, listed=()):
        self.places = Places.of(tmp_path)
        self.computers = {}
        self.asked = []
        self._views = list(views)
        self._listed = listed

    async def call(self, _house, verb, **arguments):
        if verb == "endpoint_list":
            return [{"id": one["name"], **one} for one in self._listed]
        if verb == "journal":
            return []
        self.asked.append(arguments)
        return self._views.pop(0) if len(self._views) > 1 else self._views[0]


class SlowAnswers(Answers):
    """A UTM that answers later than a time-out of nothing."""

    async def call(self, house, verb, **arguments):
        await asyncio.sleep(0.01)
        return await super().call(house, verb, **arguments)


def changeset(*, superseded_by=None, **endpoints):
    listed = [
        {"name": name, **({"applied_at": "x"} if on else {})} for name, on in endpoints.items()
    ]
    return {"superseded_by": superseded_by, "endpoints": listed}


async def test_it_returns_once_everybody_complies(tmp_path):
    lab = Answers(tmp_path, changeset(A=True, B=False), changeset(A=True, B=True))
    await wait_compliant(lab, 7, endpoint=None, timeout_s=60)

    assert lab.asked == [{"number": 7}, {"number": 7}]


async def test_one_endpoint_may_be_waited_for_alone(tmp_path):
    await wait_compliant(
        Answers(tmp_path, changeset(A=True, B=False)), 7, endpoint="A", timeout_s=60
    )


@pytest.mark.parametrize(
    ("view", "missing"),
    [
        (changeset(A=True, B=False, C=False), "B, C not compliant with changeset 7"),
        (None, "the UTM"),
    ],
)
async def test_a_time_out_names_who_is_missing(tmp_path, view, missing):
    with pytest.raises(NotCompliantError, match=missing):
        await wait_compliant(Answers(tmp_path, view), 7, endpoint=None, timeout_s=0.1)


async def test_a_wait_that_is_over_at_once_has_looked_once(tmp_path):
    with pytest.raises(NotCompliantError, match="B not compliant"):
        await wait_compliant(
            SlowAnswers(tmp_path, changeset(A=True, B=False)), 7, endpoint=None, timeout_s=0
        )
    await wait_compliant(SlowAnswers(tmp_path, changeset(A=True)), 7, endpoint=None, timeout_s=0)


async def test_a_name_that_is_not_there_is_missing(tmp_path):
    with pytest.raises(NotCompliantError, match="PC-99"):
        await wait_compliant(
            Answers(tmp_path, changeset(A=True)), 7, endpoint="PC-99", timeout_s=0.1
        )


async def test_a_changeset_that_a_newer_one_replaced_counts_when_all_comply_with_that(tmp_path):
    view = changeset(A=False, superseded_by=8)
    lab = Answers(tmp_path, view, listed=[{"name": "A", "compliant": True}])
    await wait_compliant(lab, 7, endpoint=None, timeout_s=60)
    late = Answers(tmp_path, view, listed=[{"name": "A", "compliant": False}])

    with pytest.raises(NotCompliantError):
        await wait_compliant(late, 7, endpoint=None, timeout_s=0.1)
