"""When a UTM asks for a new certificate, and what it keeps."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from foundation.operations_log import OperationsLog
from tests.utm.broker import Pki
from utm.epsecd.registration import LinkCredentials
from utm.epsecd.renewing import RENEW_BEFORE, Renewing, is_near
from utm.link_client import LinkDownError

ENDS = datetime(2031, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(("days", "near"), [(61, False), (60, True), (0, True), (-1, True)])
def test_sixty_days_before_its_end_a_certificate_is_near_it(days, near):
    assert is_near(ENDS, ENDS - timedelta(days=days)) is near


class Link:
    """A link that asks a CA directly and may lose one answer."""

    def __init__(self, pki) -> None:
        self.pki = pki
        self.asked = 0
        self.shown = []
        self.is_cut = False
        self.signer = ""

    async def trusted_ca(self):
        await asyncio.sleep(0)
        return self.pki.ca.read_text(), self.signer

    async def renew(self, csr_pem):
        self.asked += 1
        chain = self.pki.sign(csr_pem)
        await asyncio.sleep(0)
        if self.is_cut:
            raise LinkDownError("cut off")
        return chain

    async def show(self, certificate, key):
        self.shown.append((certificate, key))


class World:
    """A UTM's certificate of ten years, and whoever looks after it."""

    def __init__(self, folder) -> None:
        self.link = Link(Pki(folder / "pki"))
        self.files = LinkCredentials(folder / "link")
        self.files.mcs_ca.parent.mkdir()
        self.files.mcs_ca.write_text(self.link.pki.ca.read_text())
        self.files.certificate.write_text(self.link.pki.sign(self.request()))
        self.link.signer = self.files.signer()
        self.at = self.files.ends_at() - RENEW_BEFORE
        self.renewed = []
        self.ended = []
        self.renewing = Renewing(
            self.link,
            self.files,
            request=self.request,
            operations=OperationsLog(folder / "operations.log", now=self.now),
            on_renewed=self.keep,
            on_ended=lambda: self.ended.append(True),
            now=self.now,
        )

    def now(self):
        return self.at

    def request(self):
        return self.files.request("utm", "ours")

    async def keep(self, serial):
        # From now on it is early again: the CA of these tests gives every certificate one end.
        self.at = self.files.ends_at() - RENEW_BEFORE - timedelta(seconds=1)
        self.renewed.append(serial)


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


async def test_utm_04_two_who_look_at_once_make_one_new_certificate_with_the_same_key(world):
    serial, key = world.files.serial(), world.files.key.read_bytes()
    await asyncio.gather(world.renewing.look(), world.renewing.look())
    assert world.renewed == [world.files.serial()] != [serial]
    assert world.files.key.read_bytes() == key
    assert world.link.shown == [(world.files.certificate, world.files.key)]


async def test_utm_04_an_answer_that_is_cut_off_leaves_the_old_certificate_and_is_asked_again(
    world,
):
    before, world.link.is_cut = world.files.certificate.read_bytes(), True
    with pytest.raises(LinkDownError):
        await world.renewing.look()
    assert world.files.certificate.read_bytes() == before
    world.link.is_cut = False
    await world.renewing.look()
    assert (world.link.asked, len(world.renewed)) == (2, 1)


async def test_utm_04_with_an_ended_certificate_nothing_is_asked(world):
    world.at = world.files.ends_at()
    await world.renewing.look()
    assert (world.link.asked, world.ended) == (0, [True])


async def test_utm_04_what_another_key_signed_is_replaced_however_young_it_is(world):
    world.at -= timedelta(days=1000)
    await world.renewing.look()
    assert world.renewed == []
    world.link.signer = "the new CA's"
    await world.renewing.look()
    assert world.link.asked == 1
