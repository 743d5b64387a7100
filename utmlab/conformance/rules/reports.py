"""Sections 2.4 and 2.5: statuses and events, in the forms that real clients send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from utmlab.conformance import documents
from utmlab.conformance.endpoint import APPS, expect_200
from utmlab.conformance.outcomes import Violation
from utmlab.conformance.rule import Rule

if TYPE_CHECKING:
    from utmlab.conformance.subject import Subject


async def statuses(subject: Subject) -> str:
    """AGENT sends its computer status plainly, APPSPROXY the list of apps."""
    endpoint = await subject.fresh()
    now = subject.now()
    apps = [app for app in APPS if app not in ("AGENT", "APPSPROXY")]
    document = documents.statuses(
        [
            ("AGENT", documents.computer_status("conformance", now)),
            ("APPSPROXY", documents.registered_applications(apps)),
        ],
        documents.stamp(now),
    )
    expect_200(await endpoint.put_statuses(document))
    return ""


async def double_escaped(subject: Subject) -> str:
    """The inner status is escaped in StatusAndConfig, and that again in the document."""
    endpoint = await subject.fresh()
    body = documents.wrapped(documents.mcs_status("NoRef", ""))
    document = documents.statuses([("MCS", body)], documents.stamp(subject.now()))
    expect_200(await endpoint.put_statuses(document))
    return ""


async def in_force(subject: Subject) -> str:
    """An endpoint that applied its policies says so with Same and the RevID."""
    endpoint = await subject.fresh()
    rev_id = ""
    for command, many in await subject.assignments(endpoint):
        expect_200(await endpoint.acknowledge(command.command_id))
        for assigned in many:
            if assigned.app == "MCS":
                policy = documents.parsed(await subject.fetch(endpoint, assigned), "the MCS policy")
                rev_id = next((c.attributes.get("RevID", "") for c in policy.all("csc:Comp")), "")
    body = documents.wrapped(documents.mcs_status("Same", rev_id))
    document = documents.statuses([("MCS", body)], documents.stamp(subject.now()))
    expect_200(await endpoint.put_statuses(document))
    return ""


async def unpadded_status(subject: Subject) -> str:
    """`:10.56068Z` is 56,068 microseconds; clients do not pad."""
    endpoint = await subject.fresh()
    created = documents.stamp(subject.now(), microseconds=56_068)
    body = documents.wrapped(documents.mcs_status("NoRef", ""))
    expect_200(await endpoint.put_statuses(documents.statuses([("MCS", body)], created)))
    return ""


async def unpadded_event(subject: Subject) -> str:
    """Likewise in events."""
    endpoint = await subject.fresh()
    now = subject.now()
    document = documents.events(
        [("ALC", _event_id(subject, 0), documents.update_event(now))],
        documents.stamp(now, microseconds=7),
    )
    expect_200(await endpoint.post_events(document))
    return ""


async def batch(subject: Subject) -> str:
    """A batch of twenty events is accepted at once."""
    endpoint = await subject.fresh()
    now = subject.now()
    items = [("ALC", _event_id(subject, n), documents.update_event(now)) for n in range(20)]
    expect_200(await endpoint.post_events(documents.events(items, documents.stamp(now))))
    return "20 events"


async def event_again(subject: Subject) -> str:
    """A batch whose answer was lost is sent again after 30 s, ids and all."""
    endpoint = await subject.fresh()
    now = subject.now()
    item = ("ALC", _event_id(subject, 0), documents.update_event(now))
    document = documents.events([item], documents.stamp(now))
    expect_200(await endpoint.post_events(document))
    expect_200(await endpoint.post_events(document))
    return ""


async def unknown_app(subject: Subject) -> str:
    """A status of an app the server does not know is no error for the others beside it."""
    endpoint = await subject.fresh()
    items = [
        ("EXAMPLE", documents.wrapped("<status/>")),
        ("MCS", documents.wrapped(documents.mcs_status("NoRef", ""))),
    ]
    document = documents.statuses(items, documents.stamp(subject.now()))
    expect_200(await endpoint.put_statuses(document))
    return ""


async def doctype_refused(subject: Subject) -> str:
    """Entity declarations are refused with 4xx, and the server goes on."""
    endpoint = await subject.fresh()
    bomb = '<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]>'
    document = documents.statuses([], documents.stamp(subject.now()), doctype=bomb)
    answer = await endpoint.put_statuses(document)
    if not 400 <= answer.status < 500:
        raise Violation(f"{answer.call} was answered {answer.status}, expected 4xx")
    alive = await subject.capabilities()
    if alive.status != 200:
        raise Violation(f"after it the base was answered {alive.status}")
    return str(answer.status)


def _event_id(subject: Subject, counter: int) -> str:
    return f"{subject.now():%Y%m%d%H%M%S}{counter:04x}"


RULES = (
    Rule("2.4-statuses", "statuses of AGENT and APPSPROXY are accepted", statuses),
    Rule("2.4-double-escaped", "a double-escaped status is accepted", double_escaped),
    Rule("2.4-in-force", "a status with Same and the RevID is accepted", in_force),
    Rule("2.4-unknown-app", "a status of an unknown app is accepted", unknown_app),
    Rule("2-unpadded-status", "unpadded microseconds in a status are accepted", unpadded_status),
    Rule("2-unpadded-event", "unpadded microseconds in an event are accepted", unpadded_event),
    Rule("2.5-events", "a batch of events is accepted", batch),
    Rule("2.5-events-again", "the same batch is accepted again", event_again),
    Rule("2-doctype-statuses", "statuses refuse a document type declaration", doctype_refused),
)
