"""Taking a snapshot's files for the lab's own, in one step whenever the machine stops.

- First the new files are copied beside the old ones and synced; stopped here, the load is undone.
- Then one file says that the load holds. From there everything is a rename that can be done again,
  and whoever opens the lab next finishes what is left.

Provenance: ours.
"""

import json
import shutil
from pathlib import Path
from typing import Final

from foundation.durable.files import remove, sync_folder, write_atomic
from utmlab.places import Places
from utmlab.snapshot.copying import STAGING, copy_tree, parts, roots, sync_tree

JOURNAL: Final = "loading.json"
_VERSION: Final = 1


def stage(places: Places, snapshot: Path) -> None:
    """Copy a snapshot's files beside the lab's."""
    undo(places)
    for tree, root in roots(places).items():
        staging = root / STAGING
        staging.mkdir(parents=True)
        if (snapshot / tree).is_dir():
            copy_tree(snapshot / tree, staging / "new")
        (staging / "new").mkdir(exist_ok=True)
        (staging / "old").mkdir()
        sync_tree(staging)
        sync_folder(root)


def commit(places: Places, name: str) -> None:
    """Say that the load holds, and finish it; nothing of the lab may run."""
    trees = {
        tree: {
            "new": parts(places, tree, root / STAGING / "new"),
            "gone": parts(places, tree, root),
        }
        for tree, root in roots(places).items()
    }
    content = {"version": _VERSION, "snapshot": name, "trees": trees}
    write_atomic(places.data / JOURNAL, json.dumps(content).encode())
    finish(places)


def finish(places: Places) -> None:
    """Do what is left of a load that holds."""
    journal = places.data / JOURNAL
    trees = json.loads(journal.read_bytes())["trees"]
    for tree, root in roots(places).items():
        staging = root / STAGING
        new, old = staging / "new", staging / "old"
        for name in sorted({*trees[tree]["new"], *trees[tree]["gone"]}):
            _swap(root / name, new / name, old / name, is_wanted=name in trees[tree]["new"])
        if root.is_dir():
            sync_folder(root)
    remove(journal)
    undo(places)


def undo(places: Places) -> None:
    """Remove what was only prepared."""
    for root in roots(places).values():
        shutil.rmtree(root / STAGING, ignore_errors=True)


def finish_started_load(places: Places) -> None:
    """Finish or undo what a stopped load left behind; whoever holds the lab calls it."""
    if (places.data / JOURNAL).exists():
        finish(places)
    elif is_load_started(places):
        undo(places)


def is_load_started(places: Places) -> bool:
    """Whether a load left something behind, or is under way."""
    stagings = [root / STAGING for root in roots(places).values()]
    return any(one.exists() for one in (places.data / JOURNAL, *stagings))


def _swap(place: Path, new: Path, old: Path, *, is_wanted: bool) -> None:
    if is_wanted and not (new.exists() or new.is_symlink()):
        return  # it is in its place already
    if new.is_file() and place.is_file():
        new.replace(place)  # never absent: a start reads the lab's settings before anything else
        return
    if (place.exists() or place.is_symlink()) and not old.exists():
        place.rename(old)
    if is_wanted:
        new.rename(place)
