"""Corpus 1 is frozen: its bytes are those of the manifest, wherever and whenever they are made."""

import ast
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from utmlab.logtools.corpus.released import CORPORA
from utmlab.logtools.corpus.v1 import __path__ as frozen_path
from utmlab.logtools.generate import Order, write_plain

ROOT = Path(__file__).parents[4]
MANIFEST = ROOT / "tests" / "golden" / "corpus-1.json"
SUMS = json.loads(MANIFEST.read_text(encoding="utf-8"))
CHANGED = (
    "The bytes of corpus 1 changed, and others rely on them. Undo the change; if it is wanted, "
    "copy utmlab/logtools/corpus/v1 to v2, change that, and add it to CORPORA: corpus 1 stays."
)
FROZEN = Path(next(iter(frozen_path)))


@pytest.mark.parametrize("entry", SUMS, ids=lambda one: f"{one['scenario']}-{one['seed']}")
def test_the_bytes_of_corpus_1_are_those_of_the_manifest(entry, tmp_path):
    order = Order(
        corpus=1,
        scenario=entry["scenario"],
        seed=entry["seed"],
        count=entry["count"],
        provenances=frozenset(entry["provenance"]),
        transports=tuple(entry["transports"]),
    )
    generated = write_plain(order, tmp_path, lambda _count: None)
    assert {one.path.name: one.sha256 for one in generated.files} == entry["files"], CHANGED
    for name, expected in entry["files"].items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == expected


def test_the_manifest_has_every_scenario_and_every_transport():
    assert {entry["scenario"] for entry in SUMS} == set(CORPORA[1].scenarios)
    transports = {name for entry in SUMS for name in entry["transports"]}
    assert transports == set(CORPORA[1].twins) - {"disk"}


def test_the_frozen_modules_import_the_standard_library_and_themselves_alone():
    allowed = {
        *("re", "json", "collections", "dataclasses", "datetime", "functools", "importlib"),
        *("itertools", "types", "typing"),
    }
    for path in FROZEN.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                own = name.startswith("utmlab.logtools.corpus.v1")
                assert own or name.partition(".")[0] in allowed, f"{path.name} imports {name}"


def test_neither_hash_seed_nor_zone_nor_locale_has_a_say():
    code = (
        "import hashlib\nfrom utmlab.logtools.corpus.v1.scenarios import SCENARIOS, pairs\n"
        "made = ''.join(p.raw + p.record for n in SCENARIOS for p in pairs(n, 7, 60))\n"
        "print(hashlib.sha256(made.encode()).hexdigest())"
    )

    def sum_of(**variables: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **variables},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    first = sum_of(PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C.UTF-8")
    assert first == sum_of(PYTHONHASHSEED="2", TZ="Asia/Tokyo", LC_ALL="C")
