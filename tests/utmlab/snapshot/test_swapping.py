"""A load that is stopped at any step is finished or undone, whole."""

import pytest

from utmlab.places import Places
from utmlab.snapshot import swapping
from utmlab.snapshot.copying import copy_lab
from utmlab.snapshot.labs import recover


class KilledError(BaseException):
    """Nothing after this happens any more."""


@pytest.fixture
def places(tmp_path):
    places = Places(tmp_path / "lab", tmp_path / "logs")
    write(places, "old")
    (places.data / "hosts/PC-09").mkdir()
    (places.data / "lock").write_text("12")
    snapshot = places.data / "snapshots/one"
    snapshot.parent.mkdir()
    other = Places(tmp_path / "other", tmp_path / "other/logs")
    write(other, "new")
    copy_lab(other, snapshot)
    return places


def write(places, word):
    for path in ("lab.json", "utm/link/key", "hosts/PC-01/file", f"hosts/PC-01/only-{word}"):
        (places.data / path).parent.mkdir(parents=True, exist_ok=True)
        (places.data / path).write_text(word)
    for path in ("utm/epsecd.log", "others.txt"):
        (places.logs / path).parent.mkdir(parents=True, exist_ok=True)
        (places.logs / path).write_text(word)


def state(places):
    """Every file of the lab, its own bookkeeping left out."""
    return {
        str(path.relative_to(root)): path.read_text()
        for root in (places.data, places.logs)
        for path in sorted(root.rglob("*"))
        if path.is_file() and not {"snapshots", "lock"} & set(path.relative_to(root).parts)
    }


def test_a_load_replaces_what_is_of_the_lab_and_nothing_else(places):
    swapping.stage(places, places.data / "snapshots/one")
    swapping.commit(places, "one")
    assert set(state(places).values()) == {"new", "old"}
    assert (places.logs / "others.txt").read_text() == "old"
    assert (places.data / "lock").read_text() == "12"
    assert not (places.data / "hosts/PC-09").exists()
    assert not (places.data / "hosts/PC-01/only-old").exists()


def test_a_kill_at_any_step_leaves_all_of_the_old_or_leads_to_all_of_the_new(
    places, tmp_path, monkeypatch
):
    """Every call that changes the disk is a step; the process ends before it."""
    before = state(places)
    swapping.stage(places, places.data / "snapshots/one")
    steps = ("write_atomic", "_swap", "remove", "undo")
    outcomes = set()
    for kill_at in range(12):
        count = iter(range(100))
        with monkeypatch.context() as patched:
            for name in steps:
                patched.setattr(swapping, name, dying(getattr(swapping, name), count, kill_at))
            try:
                swapping.stage(places, places.data / "snapshots/one")
                swapping.commit(places, "one")
                outcomes.add("done")
            except KilledError:
                outcomes.add("killed")
        recover(places)
        after = state(places)
        after.pop("format.json", None)
        assert after == before or set(after.values()) == {"new", "old"}
        assert not any((root / ".loading").exists() for root in (places.data, places.logs))
        if after != before:
            assert after["utm/link/key"] == after["hosts/PC-01/only-new"] == "new"
            assert after["utm/epsecd.log"] == "new"
            write(places, "old")
            (places.data / "hosts/PC-01/only-new").unlink()
            before = state(places)
            before.pop("format.json", None)
    assert outcomes == {"done", "killed"}


def dying(work, count, kill_at):
    def step(*arguments, **options):
        if next(count) == kill_at:
            raise KilledError
        return work(*arguments, **options)

    return step
