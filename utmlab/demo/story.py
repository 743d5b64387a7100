"""Telling the story: headings, sentences, raw lines, and a check for everything claimed.

- Whatever the demo says happened was looked at: `expect` ends the demo when it did not.
- Raw lines are printed as they are in the file or on the wire, never made up.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from rich.console import Console
from rich.text import Text

from foundation.errors import DomainError
from utmlab.browsing import Page
from utmlab.stack import Stack

WIDTH = 110
PATIENCE_S = 120.0


class StoryBrokenError(DomainError):
    """Something that the demo shows did not happen."""

    code: ClassVar[str] = "story_broken"
    hint: ClassVar[str] = "The data folder is kept; `utmlab doctor --data` looks at it."


class Story:
    """The teller, and the lab it tells of."""

    def __init__(self, lab: Stack, console: Console) -> None:
        self.lab = lab
        self._console = console
        self._chapter = 0
        self._began = time.monotonic()
        self._shown: dict[Path, int] = {}

    def chapter(self, title: str) -> None:
        """Begin the next chapter."""
        self._chapter += 1
        elapsed = time.monotonic() - self._began
        self._console.print(f"\n[bold cyan]{self._chapter}. {title}[/]  [dim]+{elapsed:.1f} s[/]")

    def say(self, sentence: str) -> None:
        """Say one sentence."""
        self._console.print(f"   {sentence}", highlight=False)

    def show(self, *lines: str) -> None:
        """Show raw lines."""
        for line in lines:
            self._console.print(Text(f"   | {line}", style="green"), soft_wrap=True)

    def expect(self, truth: object, claim: str) -> None:
        """Go on only if what is claimed is true.

        Raises:
            StoryBrokenError: If it is not.
        """
        if not truth:
            raise StoryBrokenError(f"not so: {claim}")

    async def refused(self, house: str, verb: str) -> None:
        """Call a verb that must be refused, and show the refusal."""
        try:
            await self.lab.call(house, verb)
        except DomainError as refusal:
            self.show(f"{house} {verb}: {refusal.code}: {refusal}")
            return
        raise StoryBrokenError(f"{house} {verb} was not refused")

    async def new_lines(self, path: Path, wanted: Callable[[list[str]], bool]) -> list[str]:
        """Return a log's lines since it was last shown, once they are what is waited for."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            lines = self._lines_after_shown(path)
            if wanted(lines):
                self._shown[path] = self._shown.get(path, 0) + len(lines)
                return lines
            if time.monotonic() > deadline:
                raise StoryBrokenError(f"{path.name} does not say what it should: {lines[-3:]}")
            await asyncio.sleep(0.02)

    def pass_over(self, path: Path) -> None:
        """Treat what a log holds now as shown."""
        self._shown[path] = self._shown.get(path, 0) + len(self._lines_after_shown(path))

    def _lines_after_shown(self, path: Path) -> list[str]:
        if not path.exists():
            return []
        return path.read_text(errors="replace").splitlines()[self._shown.get(path, 0) :]

    def show_page(self, computer: str, page: Page, verdict: str) -> None:
        """Show what a person got."""
        words = f" ({page.title})" if page.title else ""
        self._console.print(
            f"   {computer:6} GET {page.url:38} -> {page.status} [bold]{verdict}[/]{words}",
            highlight=False,
            soft_wrap=True,
        )


def with_id(*ids: str) -> Callable[[list[str]], bool]:
    """Return a test whether each of these message ids is among the lines."""
    return lambda lines: all(any(f'id="{one}"' in line for line in lines) for one in ids)
