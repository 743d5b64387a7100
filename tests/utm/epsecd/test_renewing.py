"""When a UTM asks for a new certificate."""

from datetime import UTC, datetime, timedelta

import pytest

from utm.epsecd.renewing import is_due

ISSUED = datetime(2026, 1, 1, 12, tzinfo=UTC)
ENDS = ISSUED + timedelta(days=1825)


@pytest.mark.parametrize(
    ("signing_since", "days", "due"),
    [
        (ISSUED - timedelta(days=1), 0, False),
        (ISSUED + timedelta(microseconds=900), 0, False),
        (ISSUED - timedelta(days=1), 1764, False),
        (ISSUED - timedelta(days=1), 1765, True),
        (ISSUED + timedelta(days=3), 4, True),
    ],
)
def test_near_the_end_or_under_another_signer(signing_since, days, due):
    assert is_due(ISSUED, ENDS, signing_since, ISSUED + timedelta(days=days)) is due
