"""A long document does not hold up the loop."""

import threading

from liveconnect.mcs_service.documents import LARGE_BYTES, read_aside


def thread_of(_body):
    return threading.get_ident()


async def test_a_long_document_is_read_off_the_loop():
    assert await read_aside(thread_of, bytes(LARGE_BYTES + 1)) != threading.get_ident()


async def test_a_short_document_is_read_at_once():
    assert await read_aside(thread_of, bytes(LARGE_BYTES)) == threading.get_ident()
