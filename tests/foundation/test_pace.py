"""Long work gives the interpreter away between its pieces, beside a loop only."""

import threading

from foundation import pace
from foundation.pace import paced


class Pauses:
    """Counts the waits in place of an event that never comes."""

    def __init__(self):
        self.count = 0

    def wait(self, _seconds):
        self.count += 1


def in_a_thread(work):
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


def test_another_thread_pauses_after_each_few_items(monkeypatch):
    pauses = Pauses()

    def work():
        with monkeypatch.context() as patch:
            patch.setattr(pace.threading, "Event", lambda: pauses)
            return list(paced(range(10), at_a_time=3))

    assert in_a_thread(work) == list(range(10))
    assert pauses.count == 3


def test_the_main_thread_never_pauses(monkeypatch):
    pauses = Pauses()
    monkeypatch.setattr(pace.threading, "Event", lambda: pauses)

    assert list(paced(range(10), at_a_time=1)) == list(range(10))
    assert pauses.count == 0
