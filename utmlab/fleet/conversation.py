"""An agent's calls: who it is, what it sends, and what an answer does to both. Pure.

* A call that does not end with exactly 200 is raised as the MCS Client's own error, whose reaction
  says what follows.
* The request of a poll is made once and used again until something in it changes.
* A kind's wrong password or token goes out in place of the right one.

Provenance: mcs-protocol.md 1.1 to 1.6 (public).
"""

from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import TypeVar

from endpoint.mcs_client.access import Access
from endpoint.mcs_client.attempt import ATTEMPT_HEADER
from endpoint.mcs_client.computer import Computer, describe
from endpoint.mcs_client.cookies import Cookies
from endpoint.mcs_client.errors import (
    LiveConnectUnreachableError,
    McsCallFailedError,
    RegistrationRefusedError,
    failed,
)
from endpoint.mcs_client.outcome import Answer, Outcome
from endpoint.mcs_client.reactions import reaction_to
from endpoint.mcs_client.requests import NO_MORE, call_headers, user_agent
from foundation.errors import DomainError
from foundation.protocol import paths
from foundation.protocol.answers import AnswerMalformedError, decode_flags
from foundation.protocol.authorization import (
    EndpointCredentials,
    RegistrationCredentials,
    decode_registration_answer,
    encode_basic,
    encode_bearer,
)
from foundation.protocol.names import REGISTERED_APPS
from foundation.redact import Secret
from utmlab.fleet.behaviour import Behaviour
from utmlab.fleet.call import Call, request_bytes
from utmlab.fleet.known import Known
from utmlab.fleet.surroundings import Surroundings

ResultT = TypeVar("ResultT")
Steps = Generator[Call, Outcome, ResultT]
_WRONG_PASSWORD = "0" * 64
_WRONG_TOKEN = "A" * 17
_GONE = frozenset({404, 410})


class Conversation:
    """The calls of one agent.

    Attributes:
        identity: Id and password; None before it is registered.
        access: The JWT.
        must_register: LiveConnect asked for a new registration.
        failures: Failures in a row; a good poll ends the row.
    """

    __slots__ = (
        "_around",
        "_authorization",
        "_behaviour",
        "_cookies",
        "_flags_due_s",
        "_greeted",
        "_name",
        "_number",
        "_poll",
        "access",
        "failures",
        "identity",
        "must_register",
    )

    def __init__(
        self,
        name: str,
        number: int,
        behaviour: Behaviour,
        around: Surroundings,
        known: Known | None,
    ) -> None:
        self._name, self._number = name, number
        self._behaviour, self._around = behaviour, around
        self._cookies = Cookies()
        self._greeted = False
        self._flags_due_s = 0.0
        self._authorization = ""
        self._poll: Call | None = None
        self.identity: EndpointCredentials | None = None
        self.access = Access()
        self.must_register = False
        self.failures = 0
        if known is not None:
            self._become(EndpointCredentials(known.endpoint_id, Secret(known.password)))

    def note(self, error: Exception) -> None:
        """Remember what a failed call asks for."""
        if isinstance(error, McsCallFailedError) and error.reaction.re_register:
            self.must_register = True

    def greet(self) -> Steps[None]:
        """Say hello, once."""
        if self._greeted:
            return
        try:
            yield from self._call("capabilities", "GET", paths.capabilities(), authorization="")
        except LiveConnectUnreachableError:
            raise
        except McsCallFailedError:
            pass  # nothing depends on it
        self._greeted = True

    def register(self) -> Steps[bool]:
        """Register, for the first time or again; return whether it is another endpoint now."""
        self._cookies.clear()
        self._poll = None
        old = self.identity
        shown = old or EndpointCredentials("", Secret(""))
        token = _WRONG_TOKEN if self._behaviour.wrong_token else self._around.token
        credentials = RegistrationCredentials(shown.endpoint_id, shown.password, token)
        answer = yield from self._call(
            "register",
            "POST",
            paths.register(),
            self.description(),
            authorization=encode_basic(credentials),
            more={} if old else {ATTEMPT_HEADER: self._around.attempt(self._number)},
        )
        given = decode_registration_answer(answer)
        self._around.tally.counts["registered_again" if old else "registered"] += 1
        self._become(given)
        self.must_register = False
        self.access.forget()
        return old is None or old.endpoint_id != given.endpoint_id

    def description(self, *, device_id: str = "", tenant_id: str = "") -> bytes:
        """Return what the computer says about itself."""
        computer = Computer(name=self._name, last_logged_on_user=f"{self._name}\\user")
        status = describe(computer, self._around.now(), device_id=device_id, tenant_id=tenant_id)
        return replace(status, software_version=self._behaviour.version).encode()

    def commands(self) -> Steps[bytes]:
        """Poll for commands."""
        if self._poll is None:
            path = paths.commands(REGISTERED_APPS, self._endpoint_id)
            self._poll = self._made("poll", "GET", path, b"", self._authorization, NO_MORE)
        return (yield from self._sent(self._poll, "command poll"))

    def acknowledge(self, command_id: str) -> Steps[None]:
        """Delete a command; one that the server does not know any more is deleted."""
        path = paths.command_ack(self._endpoint_id, [command_id])
        try:
            yield from self._call("ack", "DELETE", path)
        except McsCallFailedError as error:
            if not isinstance(error.outcome, Answer) or error.outcome.status not in _GONE:
                raise

    def policy(self, app_id: str, policy_id: str) -> Steps[bytes]:
        """Fetch a policy."""
        return (yield from self._call("policy", "GET", paths.policy(app_id, policy_id)))

    def fragment(self, app_id: str, fragment_id: str) -> Steps[bytes]:
        """Fetch one piece of a policy."""
        path = paths.policy_fragment(app_id, fragment_id)
        return (yield from self._call("fragment", "GET", path))

    def renew_access(self, device_id: str) -> Steps[None]:
        """Ask for a JWT if one is wanted."""
        if not self.access.is_wanted(device_id, self._around.clock()):
            return
        path = paths.authenticate(self._endpoint_id)
        answer = yield from self._call("authenticate", "POST", path)
        try:
            self.access.take(answer, self._around.clock())
        except AnswerMalformedError:
            self._around.tally.counts["answers_unreadable"] += 1

    def renew_flags(self, interval_s: float) -> Steps[None]:
        """Fetch the feature flags if they are due."""
        if self._around.clock() < self._flags_due_s:
            return
        answer = yield from self._call("flags", "GET", paths.flags(self._endpoint_id))
        self._flags_due_s = self._around.clock() + interval_s
        try:
            decode_flags(answer)
        except AnswerMalformedError:
            self._around.tally.counts["answers_unreadable"] += 1

    def put_statuses(self, document: bytes) -> Steps[None]:
        """Send statuses."""
        yield from self._call("statuses", "PUT", paths.statuses(self._endpoint_id), document)

    def post_events(self, document: bytes) -> Steps[None]:
        """Send events."""
        yield from self._call("events", "POST", paths.events(self._endpoint_id), document)

    def respond(self, app_id: str, command_id: str, document: bytes) -> Steps[None]:
        """Send the response to a command, as JSON."""
        access = self.access
        token = access.token
        yield from self._call(
            "response",
            "POST",
            paths.response(access.device_id, app_id, command_id),
            document,
            authorization="" if token is None else encode_bearer(token.reveal()),
            more={
                "Content-Type": "application/json",
                "Accept": "application/json",
                "X-Device-ID": access.device_id,
                "X-Tenant-ID": access.tenant_id,
            },
        )

    @property
    def _endpoint_id(self) -> str:
        return "" if self.identity is None else self.identity.endpoint_id

    def _become(self, identity: EndpointCredentials) -> None:
        if self._behaviour.wrong_password and self.identity is None:
            # As after an old image of the disk was put back: the password is not its own any more.
            identity = EndpointCredentials(identity.endpoint_id, Secret(_WRONG_PASSWORD))
        self.identity = identity
        self._authorization = encode_basic(identity)
        self._poll = None

    def _call(
        self,
        name: str,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        authorization: str | None = None,
        more: Mapping[str, str] = NO_MORE,
    ) -> Steps[bytes]:
        shown = self._authorization if authorization is None else authorization
        return (yield from self._sent(self._made(name, method, path, body, shown, more), name))

    def _made(  # noqa: PLR0917 - the parts of a call
        self,
        name: str,
        method: str,
        path: str,
        body: bytes,
        authorization: str,
        more: Mapping[str, str],
    ) -> Call:
        around = self._around
        agent = around.options.user_agent
        if agent is None:
            agent = user_agent(has_token=bool(around.token), version=self._behaviour.version)
        server = around.server
        request = request_bytes(
            method,
            paths.join(server.path, path) or "/",
            host=server.netloc,
            headers=call_headers(authorization, agent, more),
            cookies=self._cookies.header,
            body=body,
        )
        return Call(name, request)

    def _sent(self, call: Call, words: str) -> Steps[bytes]:
        outcome = yield call
        if isinstance(outcome, Answer) and outcome.is_success:
            if "set-cookie" in outcome.headers:
                self._cookies.store(outcome.headers["set-cookie"].split("\n"))
                self._poll = None
            return outcome.body
        if reaction_to(outcome).clear_cookies and self._cookies.header:
            self._cookies.clear()
            self._poll = None
        raise _error(call, words, outcome)


def _error(call: Call, words: str, outcome: Outcome) -> DomainError:
    if call.name == "register" and isinstance(outcome, Answer) and 400 <= outcome.status < 500:
        return RegistrationRefusedError("register", outcome)
    return failed(words, outcome)
