"""Statuses are read as far as their form allows."""

from datetime import UTC, datetime

from foundation.protocol.statuses import (
    Status,
    encode_registered_applications,
    encode_statuses,
)
from liveconnect.mcs_service.documents import read_statuses

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def read(app_id, body):
    (status,) = read_statuses(encode_statuses([Status(app_id, AT, 600.0, body)]))
    return status


def test_the_registered_applications_are_read_and_are_no_compliance():
    status = read("APPSPROXY", encode_registered_applications(["MCS", "SWC"]))
    assert (status.res, status.revision) == ("", "")
    assert status.details == {"applications": "MCS;SWC"}


def test_a_status_of_no_known_form_is_kept_with_the_reason():
    assert "unread" in read("NEWAPP", "<strange/>").details
