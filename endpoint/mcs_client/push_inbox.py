"""What the push channel asked for and the loop has not done yet. Pure.

* A wake-up and a channel that is lost both ask for a poll; asked twice is asked once. So does what
  came as a document and is followed by a poll only: other settings, or the end of a back-off.
* A lost channel waits a moment after the last poll: one that is lost each time it opens must not
  make the client poll without a pause.
* Documents of commands are done in the order in which they came, and bounded in number: what is
  dropped comes with the next poll, since nothing of it was acknowledged.

Provenance: mcs-protocol 1.7 (public); pause and bound are ours.
"""

from typing import Final

from foundation.protocol.push import PushEvent, PushKind

MOST_DOCUMENTS: Final = 20
LOST_PAUSE_S: Final = 1.0


class PushInbox:
    """The inbox of one client."""

    def __init__(self) -> None:
        self._documents: list[str] = []
        self._poll_at_s: float | None = None

    @property
    def poll_at_s(self) -> float | None:
        """From when on a poll is asked for, in loop time; None when none is."""
        return self._poll_at_s

    @property
    def has_documents(self) -> bool:
        """Whether documents wait."""
        return bool(self._documents)

    def take_event(self, event: PushEvent, now_s: float) -> bool:
        """Take an event; return whether there is something to do now."""
        if event.kind is PushKind.COMMANDS and len(self._documents) < MOST_DOCUMENTS:
            self._documents.append(event.data)
        elif event.kind in (PushKind.WAKE_UP, PushKind.COMMANDS):
            self._poll_at_s = now_s
        return event.kind in (PushKind.WAKE_UP, PushKind.COMMANDS)

    def ask_for_poll(self, now_s: float) -> None:
        """Ask for a poll at once."""
        self._poll_at_s = now_s

    def take_loss(self, last_poll_s: float, now_s: float) -> None:
        """Take note that the channel, which was up, is lost."""
        if self._poll_at_s is None:
            self._poll_at_s = max(now_s, last_poll_s + LOST_PAUSE_S)

    def documents(self) -> list[str]:
        """Return the documents that wait, and forget them."""
        waiting, self._documents = self._documents, []
        return waiting

    def polled(self) -> None:
        """Take note that a poll begins: whatever asked for one is answered by it."""
        self._poll_at_s = None
