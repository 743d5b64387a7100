"""Sending responses and data feeds: what needs an access token.

* Responses go first; one that is older than 300 s is dropped unsent.
* A feed goes in rounds of a few seconds' distance, oldest first, with a limit to each round; what
  is too old, too large or too much is dropped before.
* A refusal has the reaction of its call (`upload_reactions.py`) and delays no poll; only a broken
  connection is raised, as for everything else that is sent.

Provenance: documented (mcs-protocol 1.3 calls 12 and 13, 1.5, 1.6).
"""

from collections.abc import Awaitable, Iterable
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Final

from endpoint.answer_spool import FeedFile, FeedSpool, ResponseSpool
from endpoint.logs import EndpointLog
from endpoint.mcs_client.access import Access
from endpoint.mcs_client.calls import McsCalls
from endpoint.mcs_client.errors import LiveConnectUnreachableError, McsCallFailedError
from endpoint.mcs_client.feed_limits import FeedLimits, limits_of
from endpoint.mcs_client.outcome import Answer, Outcome
from endpoint.mcs_client.upload_reactions import feed_reaction, response_reaction
from foundation.durable.files import remove
from foundation.protocol.data_feeds import compress
from foundation.service import Now

RESPONSE_KEPT: Final = timedelta(seconds=300)
KEPT_RESPONSE_RETRY_S: Final = 30.0


class Uploading:
    """Sends the responses and data feeds of one host."""

    def __init__(
        self,
        responses: ResponseSpool,
        feeds: FeedSpool,
        calls: McsCalls,
        access: Access,
        *,
        config_folder: Path,
        log: EndpointLog,
        now: Now,
    ) -> None:
        self._responses = responses
        self._feeds = feeds
        self._calls = calls
        self._access = access
        self._config_folder = config_folder
        self._log = log
        self._now = now
        self._responses_at_s = 0.0
        self._feeds_at_s: dict[str, float] = {}
        self.sent = 0

    def due_at_s(self, now_s: float) -> float | None:
        """When something is due; None when nothing waits, or there is no access token."""
        if self._access.token is None:
            return None
        due = [max(now_s, self._responses_at_s)] if self._responses.waiting() else []
        feeds = {file.feed_id for file in self._feeds.waiting()}
        due += [max(now_s, self._feeds_at_s.get(feed_id, 0.0)) for feed_id in feeds]
        return min(due, default=None)

    async def send(self, now_s: float) -> None:
        """Send what is due.

        Raises:
            LiveConnectUnreachableError: What was not sent waits on.
        """
        if now_s >= self._responses_at_s:
            await self._send_responses(now_s)
        files = sorted(self._feeds.waiting(), key=lambda file: file.feed_id)
        for feed_id, group in groupby(files, key=lambda file: file.feed_id):
            if now_s >= self._feeds_at_s.get(feed_id, 0.0) and self._access.token is not None:
                await self._send_feed(feed_id, list(group), now_s)

    async def _send_responses(self, now_s: float) -> None:
        waiting = self._responses.waiting()
        for response in waiting:
            if self._now() - response.at > RESPONSE_KEPT:
                self._drop(f"the response to command {response.command_id}", "it is too old")
                self._responses.done(response)
                continue
            outcome = await _outcome(
                self._calls.respond(
                    self._access, response.app_id, response.command_id, response.body.encode()
                )
            )
            reaction = response_reaction(outcome)
            if reaction.drop_all:
                for each in waiting:
                    self._responses.done(each)
                self._drop("every response", _word(outcome))
                return
            if not reaction.drop:
                # Tried again while it is young: nothing else would make the client look again.
                self._responses_at_s = now_s + KEPT_RESPONSE_RETRY_S
                continue
            self._responses.done(response)
            self._told(outcome, f"the response to command {response.command_id}")

    async def _send_feed(self, feed_id: str, files: list[FeedFile], now_s: float) -> None:
        limits = limits_of(self._config_folder, feed_id)
        self._feeds_at_s[feed_id] = now_s + limits.max_send_freq_seconds
        left = limits.max_upload_bytes
        kept = self._without_excess(files, limits)
        for number, file in enumerate(kept):
            if file.size > left:
                return
            left -= file.size
            body, characters = compress(file.path.read_text())
            outcome = await _outcome(
                self._calls.upload(self._access, feed_id, body, characters=characters)
            )
            reaction = feed_reaction(outcome)
            if reaction.forget_token:
                self._access.forget()
            if reaction.purge:
                self._remove(kept[number:])
                self._drop(f"everything of feed {feed_id}", _word(outcome))
            elif reaction.drop:
                self._remove([file])
                self._told(outcome, file.path.name)
            if reaction.wait_s:
                self._feeds_at_s[feed_id] = now_s + reaction.wait_s
            if reaction.stop:
                return

    def _without_excess(self, files: list[FeedFile], limits: FeedLimits) -> list[FeedFile]:
        """Drop what is too old, too large, or too much together; return the rest."""
        oldest = self._now() - timedelta(seconds=limits.retention_seconds)
        room, kept = limits.max_backlog_bytes, []
        for file in sorted(files, key=lambda one: (one.at, one.path.name), reverse=True):
            room -= file.size
            if room < 0 or file.at < oldest or file.size > limits.max_item_size_bytes:
                self._remove([file])
                self._drop(file.path.name, "it is too old, too large or too much")
            else:
                kept.append(file)
        return kept[::-1]

    def _told(self, outcome: Outcome, what: str) -> None:
        if isinstance(outcome, Answer) and outcome.is_success:
            self.sent += 1
            self._log.debug("Uploads", f"Sent {what}")
        else:
            self._drop(what, _word(outcome))

    def _drop(self, what: str, why: str) -> None:
        self._log.warning("Uploads", f"Dropped {what}: {why}")

    def _remove(self, files: Iterable[FeedFile]) -> None:
        for file in files:
            remove(file.path)


async def _outcome(call: Awaitable[Answer]) -> Outcome:
    """Return the answer to a call, whatever it is; a broken connection passes."""
    try:
        return await call
    except LiveConnectUnreachableError:
        raise
    except McsCallFailedError as error:
        return error.outcome


def _word(outcome: Outcome) -> str:
    return f"the server answered {outcome.status}" if isinstance(outcome, Answer) else "no answer"
