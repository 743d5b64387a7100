"""The resource of the command poll: an endpoint asks for the same path again and again.

- A path that matched once is known: taking it apart costs more than everything else that a poll
  asks of the router (`make bench ONLY=poll`).
- What is known is bounded: a client that varies its path costs its own time only.
"""

from aiohttp import web

MOST_PATHS = 50_000


class PollResource(web.DynamicResource):
    """A resource with placeholders that remembers the paths it matched."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._known: dict[str, dict[str, str]] = {}

    def _match(self, path: str) -> dict[str, str] | None:
        known = self._known.get(path)
        if known is not None:
            return known
        matched = super()._match(path)
        if matched is not None:
            if len(self._known) >= MOST_PATHS:
                self._known.clear()
            self._known[path] = matched
        return matched
