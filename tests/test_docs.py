"""What the documents say is so: commands exist, links lead somewhere, names are the code's."""

import ast
import functools
import re
from pathlib import Path

import pytest

from foundation.categories.names import CATEGORY_NAMES
from foundation.webfilter.switches import SWITCHES
from utm.confd.classes import load_data, object_classes
from utm.logs.catalogue import catalogue

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
CHANGELOG = ROOT / "CHANGELOG.md"
FIDELITY = ROOT / "docs" / "fidelity.md"
DECISIONS = ROOT / "docs" / "adr"
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HOUSES = ("foundation", "liveconnect", "utm", "endpoint", "utmlab")
# `house/file.py`, or `house/file.py::Class.method` for what is defined in it.
CODE_NAME = re.compile(rf"`((?:{'|'.join(HOUSES)}|tests)/[\w./-]*)(?:::([\w.]+))?`")


def make_targets() -> set[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][a-z-]*):", text, re.MULTILINE))


def commands(text: str) -> set[str]:
    """The `make TARGET`s that a document shows as code."""
    code = "\n".join([*FENCE.findall(text), *re.findall(r"`([^`\n]+)`", text)])
    return set(re.findall(r"(?:^|[\s$;&`])make ([a-z][a-z-]*)", code, re.MULTILINE))


def anchors(text: str) -> set[str]:
    """The fragments of a document's headings, as its readers' sites make them."""
    found: set[str] = set()
    for heading in re.findall(r"^#{1,6} +(.+?) *$", FENCE.sub("", text), re.MULTILINE):
        plain = re.sub(r"[`*_]|\[|\]\([^)]*\)", "", heading).lower()
        found.add(re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", plain)))
    return found


def broken_links(document: Path) -> list[str]:
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    broken = []
    for match in LINK.finditer(text):
        link = match[1] or match[2]
        if re.match(r"[a-z]+:", link):
            continue
        name, _, fragment = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        if not target.exists():
            broken.append(f"{link}: no such file")
        elif fragment and target.suffix == ".md":
            headings = anchors(target.read_text(encoding="utf-8"))
            if fragment not in headings:
                broken.append(f"{link}: no such heading")
    return broken


def test_the_readme_begins_with_the_two_commands():
    assert {"demo", "test"} <= commands(README.read_text(encoding="utf-8"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_make_command_exists(document: Path):
    unknown = commands(document.read_text(encoding="utf-8")) - make_targets()
    assert not unknown, f"{document.name} names make targets that do not exist"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path):
    assert not broken_links(document)


def test_the_changelog_tells_what_is_unreleased_or_released():
    assert re.search(
        r"^## \[?(Unreleased|\d+\.\d+\.\d+)", CHANGELOG.read_text("utf-8"), re.MULTILINE
    )


def test_every_target_is_explained_by_make_help():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", text, re.MULTILINE)
    assert phony
    explained = set(re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE))
    assert set(phony[1].split()) == explained


def test_broken_links_are_seen(tmp_path):
    (tmp_path / "b.md").write_text("# The way of a `policy`\n")
    document = tmp_path / "a.md"
    document.write_text(
        "[ok](b.md) [ok](b.md#the-way-of-a-policy) [web](https://a.example/)\n"
        "[gone](c.md) [no heading](b.md#other)\n```\n[code](d.md)\n```\n"
    )
    assert broken_links(document) == ["c.md: no such file", "b.md#other: no such heading"]


def test_make_commands_are_found_in_code_only():
    text = "Do make sure to run `make demo`.\n```\n$ make test && make up\n```\n"
    assert commands(text) == {"demo", "test", "up"}


@functools.cache
def defined_in(path: Path) -> set[str]:
    """The classes, functions and constants of a module, and what its classes define."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            members = {name for inner in node.body for name in names_of(inner)}
            found |= {node.name, *(f"{node.name}.{member}" for member in members)}
        else:
            found |= names_of(node)
    return found


def names_of(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
    return {target.id for target in targets if isinstance(target, ast.Name)}


def unknown_code_names(text: str) -> list[str]:
    unknown = []
    for match in CODE_NAME.finditer(text):
        path = ROOT / match[1]
        if not path.exists() or (match[2] and match[2] not in defined_in(path)):
            unknown.append(match[0])
    return unknown


def table(document: Path, first_heading: str) -> list[tuple[str, ...]]:
    """The rows of the table whose first column has this heading; code marks are taken off."""
    rows: list[tuple[str, ...]] = []
    is_inside = False
    for line in document.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            is_inside = False
            continue
        cells = tuple(cell.strip().replace("`", "") for cell in line.strip("|").split("|"))
        if is_inside and not set(line) <= set("|-: "):
            rows.append(cells)
        is_inside = is_inside or cells[0] == first_heading
    return rows


def sources_of_the_utm() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "utm").rglob("*.py"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_name_of_the_code_exists(document: Path):
    assert not unknown_code_names(document.read_text(encoding="utf-8"))


def test_names_that_do_not_exist_are_seen():
    text = (
        "`utm/app.py` `utm/app.py::Utm.edit` `utm/logs/` `foundation/present.py::Now` "
        "`utm/gone.py` `utm/app.py::Utm.gone` `utm/app.py::gone`"
    )
    assert unknown_code_names(text) == [
        "`utm/gone.py`",
        "`utm/app.py::Utm.gone`",
        "`utm/app.py::gone`",
    ]


def test_every_switch_is_documented():
    documented = table(FIDELITY, "switch")
    assert documented == [
        (switch.name, ", ".join(switch.values), switch.provenance, switch.meaning)
        for switch in SWITCHES.values()
    ]


def test_every_message_of_the_catalogue_is_documented():
    documented = [row[:5] for row in table(FIDELITY, "id")]
    assert documented == [
        (message.id, message.process, message.slug, message.name or "(none)", message.provenance)
        for message in catalogue().messages
    ]


def test_messages_are_said_to_be_written_when_the_utm_names_them():
    code = sources_of_the_utm()
    # `switched_on` and `switched_off` are made of a word: f"switched_{word}".
    written = {
        row[2]
        for row in table(FIDELITY, "id")
        if f'"{row[2]}"' in code or row[2].startswith("switched_")
    }
    assert {row[2] for row in table(FIDELITY, "id") if row[5] == "yes"} == written
    assert 'f"switched_{' in code


def test_the_numbers_of_classes_nodes_and_categories_are_right():
    classes = [each.standing for each in object_classes().values()]
    super_categories = load_data("super_categories")["super_categories"]
    counted = (
        f"| {classes.count('documented')} classes, ",
        f"| {classes.count('ours')} more classes ",
        f"| {len(load_data('utm_rest_nodes')):,} nodes ",
        f"| {len(CATEGORY_NAMES)} database categories",
        f"| {len(super_categories)} super-categories ",
    )
    text = FIDELITY.read_text(encoding="utf-8")
    assert [each for each in counted if each not in text] == []


def test_nodes_that_are_said_to_have_an_effect_are_read_by_the_code():
    text = FIDELITY.read_text(encoding="utf-8")
    effect = text.partition("These nodes have an effect")[2].partition("\n\n")[0]
    keys = re.findall(r"`([a-z]+\.[a-z_.]+)`", effect)
    known, code = load_data("utm_rest_nodes"), sources_of_the_utm()
    assert keys
    assert [key for key in keys if key not in known or f'"{key}"' not in code] == []


def test_the_index_of_decisions_is_complete():
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[(\d{4})\]\(([^)]+)\) \| (.+?) \|$", index, re.MULTILINE)
    records = sorted(DECISIONS.glob("[0-9]*.md"))
    titles = [path.read_text(encoding="utf-8").splitlines()[0] for path in records]
    assert [name for _, name, _ in listed] == [path.name for path in records]
    assert [f"# {number}: {title}" for number, _, title in listed] == titles
    assert [int(number) for number, _, _ in listed] == list(range(1, len(records) + 1))


@pytest.mark.parametrize("record", sorted(DECISIONS.glob("[0-9]*.md")), ids=lambda p: p.stem)
def test_a_decision_says_context_choice_and_cost_on_less_than_a_page(record: Path):
    text = record.read_text(encoding="utf-8")
    assert re.findall(r"^\*\*(Context|Choice|Cost)\.\*\*", text, re.MULTILINE) == [
        "Context",
        "Choice",
        "Cost",
    ]
    assert len(text.splitlines()) <= 40
