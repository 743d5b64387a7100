"""The virtual clock: exact, quick, and honest about work that is still under way."""

import asyncio
import ipaddress
import itertools
import sqlite3
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import aiohttp
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from utmlab.clock import VirtualClock, VirtualLoop, run_virtual

START = datetime(2026, 11, 20, 23, 20, 17, tzinfo=UTC)


def virtual(main, **options):
    return run_virtual(main, start=START, **options)


def virtual_loop() -> VirtualLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop


# ---- auto pace


def test_an_hour_of_sleep_takes_no_time():
    async def main(clock):
        await asyncio.sleep(3600)
        return clock.now()

    assert virtual(main) == START + timedelta(hours=1)


def test_the_clock_shows_the_exact_instant_of_each_timer():
    async def main(clock):
        seen = []
        for _ in range(5):
            await asyncio.sleep(0.1)
            seen.append(clock.now() - START)
        return seen

    assert virtual(main) == [timedelta(milliseconds=100 * n) for n in range(1, 6)]


def test_a_week_of_20_second_polls_does_not_drift():
    async def main(clock):
        loop = asyncio.get_running_loop()
        due = loop.time()
        for _ in range(7 * 86400 // 20):
            due += 20
            await asyncio.sleep(due - loop.time())
        return clock.now()

    assert virtual(main) == START + timedelta(days=7)


def test_timers_still_fire_after_a_thousand_days():
    async def main(clock):
        await asyncio.sleep(1000 * 86400)
        await asyncio.sleep(0.001)
        return clock.now()

    assert virtual(main) == START + timedelta(days=1000, milliseconds=1)


def test_simultaneous_timers_run_at_one_instant():
    async def main(clock):
        seen = []
        loop = asyncio.get_running_loop()
        for name in "abc":
            loop.call_at(10.0, lambda name=name: seen.append((name, clock.now())))
        await asyncio.sleep(11)
        return sorted(seen)

    at = START + timedelta(seconds=10)
    assert virtual(main) == [("a", at), ("b", at), ("c", at)]


def test_a_timeout_falls_due_in_virtual_time():
    async def main(clock):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(90):
                await asyncio.Event().wait()
        return clock.now()

    assert virtual(main) == START + timedelta(seconds=90)


def test_the_start_is_shown_in_utc():
    async def main(clock):
        return clock.now()

    start = datetime(2026, 11, 21, 0, 20, 17, tzinfo=timezone(timedelta(hours=1)))
    now = run_virtual(main, start=start)
    assert now == START
    assert now.utcoffset() == timedelta(0)


def test_a_start_without_time_zone_is_refused():
    async def main(clock):
        return None

    with pytest.raises(ValueError, match="aware"):
        run_virtual(main, start=datetime(2026, 11, 20))  # noqa: DTZ001


def test_exceptions_leave_through_run_virtual():
    async def main(clock):
        raise LookupError("as it was")

    with pytest.raises(LookupError, match="as it was"):
        virtual(main)


# ---- executor jobs


def test_time_stands_still_while_a_job_is_under_way():
    released = threading.Event()

    async def main(clock):
        threading.Timer(0.1, released.set).start()
        ticker = asyncio.create_task(asyncio.sleep(3600))
        await asyncio.get_running_loop().run_in_executor(None, released.wait, 5)
        at = clock.now()
        ticker.cancel()
        return at

    assert virtual(main) == START


def test_a_job_of_a_private_executor_counts_too():
    released = threading.Event()

    async def main(clock):
        with ThreadPoolExecutor(1) as private:
            threading.Timer(0.1, released.set).start()
            async with asyncio.timeout(1):
                await asyncio.get_running_loop().run_in_executor(private, released.wait, 5)
        return clock.now()

    assert virtual(main) == START


def test_a_default_executor_that_was_set_counts_too():
    released = threading.Event()

    async def main(clock):
        chosen = ThreadPoolExecutor(1, thread_name_prefix="chosen")
        virtual_loop().set_default_executor(chosen)
        threading.Timer(0.1, released.set).start()
        async with asyncio.timeout(1):
            await asyncio.to_thread(released.wait, 5)
            name = await asyncio.to_thread(lambda: threading.current_thread().name)
        return clock.now(), name

    now, name = virtual(main)
    assert now == START
    assert name.startswith("chosen")


def test_a_cancelled_wait_counts_until_its_thread_is_done():
    released = threading.Event()

    async def main(clock):
        loop = asyncio.get_running_loop()
        job = loop.run_in_executor(None, released.wait, 5)
        await asyncio.sleep(0)
        job.cancel()
        threading.Timer(0.1, released.set).start()
        await asyncio.sleep(10)
        return clock.now(), released.is_set()

    assert virtual(main) == (START + timedelta(seconds=10), True)


def test_a_job_cancelled_before_it_ran_does_not_stop_time_for_ever():
    released = threading.Event()

    async def main(clock):
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as one:
            first = loop.run_in_executor(one, released.wait, 5)
            second = loop.run_in_executor(one, int)
            second.cancel()
            released.set()
            await first
            await asyncio.sleep(10)
        return clock.now()

    assert virtual(main) == START + timedelta(seconds=10)


def test_an_exception_of_a_job_is_passed_on_and_time_goes_on():
    async def main(clock):
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 / 0)
        await asyncio.sleep(1)
        return clock.now()

    assert virtual(main) == START + timedelta(seconds=1)


def test_name_look_ups_take_no_virtual_time():
    async def main(clock):
        async with asyncio.timeout(0.001):
            found = await asyncio.get_running_loop().getaddrinfo("localhost", 443)
        return found, clock.now()

    found, now = virtual(main)
    assert found
    assert now == START


def test_sqlite_through_an_executor_keeps_exact_time(tmp_path):
    async def main(clock):
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as thread:
            connect = sqlite3.connect
            db = await loop.run_in_executor(thread, connect, tmp_path / "a.db")
            await loop.run_in_executor(thread, db.execute, "create table polls (at text)")

            def write(at):
                with db:
                    db.execute("insert into polls values (?)", (at.isoformat(),))

            for _ in range(180):
                async with asyncio.timeout(0.5):
                    await loop.run_in_executor(thread, write, clock.now())
                await asyncio.sleep(20)
            rows = await loop.run_in_executor(
                thread, lambda: [r[0] for r in db.execute("select at from polls")]
            )
            await loop.run_in_executor(thread, db.close)
        return rows

    rows = virtual(main)
    assert rows == [(START + timedelta(seconds=20 * n)).isoformat() for n in range(180)]


# ---- sockets


@pytest.fixture
def tls(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "clock test")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=pem)


class TlsServer:
    """An aiohttp application over TLS on a port of its own."""

    def __init__(self, context, handler):
        self.context = context
        app = web.Application()
        app.router.add_get("/", handler)
        self.runner = web.AppRunner(app, keepalive_timeout=75)

    async def __aenter__(self):
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0, ssl_context=self.context)
        await site.start()
        return f"https://127.0.0.1:{self.runner.addresses[0][1]}/"

    async def __aexit__(self, *error):
        await self.runner.cleanup()


def test_180_requests_of_one_hour_over_tls_are_exact(tls):
    server, client = tls
    seen = []

    async def main(clock):
        async def answer(request):
            seen.append(clock.now())
            return web.Response(text="ok")

        async with (
            TlsServer(server, answer) as url,
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=client, keepalive_timeout=60),
                timeout=aiohttp.ClientTimeout(total=5),
            ) as session,
        ):
            for _ in range(180):
                async with session.get(url) as response:
                    assert await response.text() == "ok"
                await asyncio.sleep(20)
        return clock.now()

    ended = virtual(main)
    assert seen == [START + timedelta(seconds=20 * n) for n in range(180)]
    assert ended == START + timedelta(hours=1)


def test_ten_clients_at_once_each_see_their_own_instants(tls):
    server, client = tls

    async def main(clock):
        async def answer(request):
            return web.Response(text=clock.now().isoformat())

        async def poll(phase):
            seen = []
            await asyncio.sleep(phase)
            async with aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=client),
                timeout=aiohttp.ClientTimeout(total=1),
            ) as session:
                for _ in range(10):
                    async with session.get(url) as response:
                        seen.append(await response.text())
                    await asyncio.sleep(20)
            return seen

        async with TlsServer(server, answer) as url:
            return await asyncio.gather(*(poll(n * 0.25) for n in range(10)))

    for phase, seen in enumerate(virtual(main)):
        expected = [START + timedelta(seconds=phase * 0.25 + 20 * n) for n in range(10)]
        assert seen == [at.isoformat() for at in expected]


def test_a_held_request_does_not_hold_time(tls):
    server, client = tls

    async def main(clock):
        change = asyncio.Event()

        async def hold(request):
            await change.wait()
            return web.Response(text=clock.now().isoformat())

        async with (
            TlsServer(server, hold) as url,
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=client)) as session,
        ):
            asyncio.get_running_loop().call_later(250, change.set)
            async with session.get(url, timeout=aiohttp.ClientTimeout(total=300)) as response:
                return await response.text()

    assert virtual(main) == (START + timedelta(seconds=250)).isoformat()


def test_a_megabyte_body_takes_no_virtual_time(tls):
    server, client = tls

    async def main(clock):
        async def answer(request):
            return web.Response(body=bytes(3_000_000))

        async with (
            TlsServer(server, answer) as url,
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=client),
                timeout=aiohttp.ClientTimeout(total=0.5),
            ) as session,
            session.get(url) as response,
        ):
            return len(await response.read()), clock.now()

    assert virtual(main) == (3_000_000, START)


# ---- advance and the stepped pace


def timed(main):
    """Run at the stepped pace; return the result, and how long it took in real time at most."""
    began = time.monotonic()
    result = virtual(main, pace="stepped")
    return result, timedelta(seconds=time.monotonic() - began + 0.01)


def test_a_stepped_clock_runs_at_real_pace():
    async def main(clock):
        began = time.monotonic()
        await asyncio.sleep(0.2)
        return time.monotonic() - began, clock.now() - START

    (real, shown), whole = timed(main)
    assert real >= 0.19
    assert timedelta(seconds=0.2) <= shown <= whole


def test_advance_runs_every_timer_that_falls_due_and_no_other():
    async def main(clock):
        fired = []
        loop = asyncio.get_running_loop()
        for at in (60, 3600, 7 * 86400, 8 * 86400):
            loop.call_at(at, fired.append, at)
        await clock.advance(7 * 86400 + 1)
        return fired, clock.now() - START

    (fired, shown), whole = timed(main)
    assert fired == [60, 3600, 7 * 86400]
    assert timedelta(0) <= shown - timedelta(days=7, seconds=1) <= whole


def test_timers_set_by_timers_within_the_span_run_at_their_own_instant():
    async def main(clock):
        seen = []

        async def poll():
            while True:
                seen.append(clock.now())
                await asyncio.sleep(20)

        task = asyncio.create_task(poll())
        await asyncio.sleep(0)
        await clock.advance(3599)
        task.cancel()
        return seen

    seen = virtual(main, pace="stepped")
    assert len(seen) == 180
    spans = {later - earlier for earlier, later in itertools.pairwise(seen[1:])}
    assert spans == {timedelta(seconds=20)}


def test_after_an_advance_the_real_pace_goes_on_without_a_step_back():
    async def main(clock):
        await clock.advance(1000)
        first = clock.now()
        await asyncio.sleep(0.05)
        return first, clock.now()

    (first, second), whole = timed(main)
    assert timedelta(seconds=0.05) <= second - first <= whole


def test_real_time_before_an_advance_is_kept():
    async def main(clock):
        await asyncio.sleep(0.1)
        await clock.advance(10)
        return clock.now() - START

    assert virtual(main, pace="stepped") >= timedelta(seconds=10.1)


def test_two_advances_at_once_add_up():
    async def main(clock):
        await asyncio.gather(clock.advance(100), clock.advance(50))
        return clock.now()

    assert virtual(main) == START + timedelta(seconds=150)


def test_advance_waits_for_requests_and_jobs_inside_the_span(tls, tmp_path):
    server, client = tls

    async def main(clock):
        async def answer(request):
            await asyncio.to_thread((tmp_path / "seen").write_text, "x")
            return web.Response(text=clock.now().isoformat())

        async def once():
            await asyncio.sleep(30)
            async with session.get(url) as response:
                return await response.text()

        async with (
            TlsServer(server, answer) as url,
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=client)) as session,
        ):
            request = asyncio.create_task(once())
            await asyncio.sleep(0)
            await clock.advance(30.5)
            assert request.done()
            return datetime.fromisoformat(request.result()), clock.now()

    shown, ended = virtual(main, pace="stepped")
    assert timedelta(seconds=30) <= shown - START <= ended - START


@pytest.mark.parametrize("span", [-1.0, float("nan"), float("inf")])
def test_time_is_not_advanced_by_a_senseless_span(span):
    async def main(clock):
        with pytest.raises(ValueError, match="forward"):
            await clock.advance(span)

    virtual(main)


def test_an_advance_of_nothing_returns_at_once():
    async def main(clock):
        await clock.advance(0)
        return clock.now()

    assert virtual(main) == START


def test_a_cancelled_advance_leaves_a_working_clock():
    async def main(clock):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(10):
                await clock.advance(3600)
        await asyncio.sleep(5)
        return clock.now()

    assert virtual(main) == START + timedelta(seconds=15)


def test_the_clock_can_be_made_for_a_loop_of_ones_own():
    loop = VirtualLoop()
    clock = VirtualClock(loop, START)
    try:
        loop.run_until_complete(asyncio.sleep(7))
    finally:
        loop.close()
    assert clock.now() == START + timedelta(seconds=7)
