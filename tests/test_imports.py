"""The arrows between the houses, and the one place that knows the wall clock.

Read from the source, so that an import inside a function or under TYPE_CHECKING counts too.
"""

import ast
import functools
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOUSES = ("foundation", "liveconnect", "utm", "endpoint", "utmlab")

# Who may import whom, of our own packages. The three houses meet on the wire only.
ARROWS = {
    "foundation": {"foundation"},
    "liveconnect": {"liveconnect", "foundation"},
    "utm": {"utm", "foundation"},
    "endpoint": {"endpoint", "foundation"},
    "utmlab": set(HOUSES),
}

# Documents are bytes and values: what reads, waits, stores or knows the time is elsewhere.
NOT_PURE = {
    "aiohttp", "asyncio", "os", "pathlib", "random", "socket", "sqlite3", "sqlite_utils", "ssl",
    "subprocess", "threading", "time",
}  # fmt: skip

# Time is injected, waits belong to the loop, log lines to our own writers.
FORBIDDEN = {
    "datetime.date.today": "take `now: Now`",
    "datetime.datetime.now": "take `now: Now`",
    "datetime.datetime.today": "take `now: Now`",
    "datetime.datetime.utcnow": "take `now: Now`",
    "logging.basicConfig": "no process-global log state",
    "logging.getLogger": "no process-global log state",
    "os.chdir": "no process-global state",
    "os.putenv": "no process-global state",
    "time.sleep": "wait with asyncio.sleep",
    "time.time": "take `now: Now`",
    "time.time_ns": "take `now: Now`",
}
WALL_CLOCK = Path("foundation/present.py")


def sources() -> list[Path]:
    return [
        path.relative_to(ROOT) for house in HOUSES for path in sorted((ROOT / house).rglob("*.py"))
    ]


def module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names(source: str, path: Path) -> set[str]:
    """Everything a file imports, dotted and absolute; `from a import b` gives `a.b`."""
    package = path.parent.parts
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            prefix = ".".join((*base, *([node.module] if node.module else [])))
            names |= {f"{prefix}.{alias.name}" for alias in node.names}
    return names


def forbidden_uses(source: str) -> set[str]:
    """The forbidden calls that a file names, whatever it calls the modules."""
    tree = ast.parse(source)
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                known[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def dotted(node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return known.get(node.id, "")
        if isinstance(node, ast.Attribute):
            return f"{dotted(node.value)}.{node.attr}"
        return ""

    used = {dotted(node) for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute)}
    return used & FORBIDDEN.keys()


def is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


@functools.cache
def modules() -> dict[str, set[str]]:
    """Our modules and what each imports."""
    return {
        module_name(path): imported_names((ROOT / path).read_text(encoding="utf-8"), path)
        for path in sources()
    }


def reachable(start: str) -> set[str]:
    """Our modules that are loaded, directly or not, when those of `start` are."""
    everything = modules()
    seen: set[str] = set()
    queue = [name for name in everything if is_in(name, start)]
    while queue:
        name = queue.pop()
        if name in seen:
            continue
        seen.add(name)
        for target in everything[name]:
            found = target if target in everything else target.rpartition(".")[0]
            if found in everything:
                queue.append(found)
    return seen


@pytest.mark.parametrize("path", sources(), ids=str)
def test_imports_follow_the_arrows(path: Path):
    house = path.parts[0]
    for name in imported_names((ROOT / path).read_text(encoding="utf-8"), path):
        top = name.split(".")[0]
        assert top not in HOUSES or top in ARROWS[house], f"{path} imports {name}"


@pytest.mark.parametrize("path", [p for p in sources() if p != WALL_CLOCK], ids=str)
def test_no_file_but_the_ground_knows_the_wall_clock(path: Path):
    used = forbidden_uses((ROOT / path).read_text(encoding="utf-8"))
    assert not used, f"{path}: " + ", ".join(f"{name} ({FORBIDDEN[name]})" for name in used)


def test_to_liveconnect_a_policy_is_bytes():
    loaded = {name for name in reachable("liveconnect") if is_in(name, "foundation.webfilter")}
    assert not loaded, "LiveConnect must not reach the meaning of a web policy"


def test_the_protocol_is_pure():
    for name, imports in modules().items():
        if not is_in(name, "foundation.protocol"):
            continue
        assert not {i for i in imports if i.split(".")[0] in NOT_PURE}, name
        net = {i for i in imports if is_in(i, "foundation.net")}
        assert all(is_in(i, "foundation.net.xml_guard") for i in net), name


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import utm.confd", {"utm.confd"}),
        ("from liveconnect import store", {"liveconnect.store"}),
        ("def f():\n    from utmlab.clock import VirtualLoop", {"utmlab.clock.VirtualLoop"}),
        ("from . import store", {"endpoint.setup.store"}),
        ("from ..registry import Key", {"endpoint.registry.Key"}),
    ],
)
def test_every_form_of_import_is_seen(source: str, found: set[str]):
    assert imported_names(source, Path("endpoint/setup/steps.py")) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import time\ntime.sleep(1)", {"time.sleep"}),
        ("from time import sleep as nap\nnap(1)", {"time.sleep"}),
        ("import datetime as dt\ndt.datetime.now()", {"datetime.datetime.now"}),
        ("from datetime import datetime\nf(default=datetime.utcnow)", {"datetime.datetime.utcnow"}),
        ("import logging\nlogging.getLogger(__name__)", {"logging.getLogger"}),
        ("import time\ntime.monotonic()", set()),
        ("clock.now()", set()),
        ("self.time()", set()),
    ],
)
def test_every_form_of_a_forbidden_call_is_seen(source: str, found: set[str]):
    assert forbidden_uses(source) == found
