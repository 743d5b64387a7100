"""HTTPS that is looked into, and what exceptions forgive a site's certificate (WEB-05)."""

from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from proxy_world import proxy_world, server_tls
from web_policies import NOON, one_action_policy

from foundation.service import utc_now
from foundation.webfilter.authority import LabAuthority
from foundation.webfilter.interception import Interception
from foundation.webfilter.policy import FilterAction, WebException


def lab_authority():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lab interception")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOON - timedelta(days=4000))
        .not_valid_after(NOON + timedelta(days=40_000))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return LabAuthority(certificate=certificate, key=key)


@asynccontextmanager
async def intercepting_world(tmp_path, *skips, trusts_site=False, at=None):
    tls, site = server_tls(tmp_path)
    authority = lab_authority()
    ca = tmp_path / "lab.crt"
    ca.write_bytes(authority.certificate.public_bytes(serialization.Encoding.PEM))

    def trust(context):
        if trusts_site:
            context.load_verify_locations(site)

    exceptions = ()
    if skips:
        exceptions = (WebException(ref="REF_E", domains=(r"^https://news\.example",), skip=skips),)
    policy = one_action_policy(
        FilterAction(ref="REF_A", categories=(116,), extensions=("exe",)),
        exceptions=exceptions,
        switches=(("https_sees", "url"),),
    )
    interception = Interception(
        lambda: authority, trust=trust, now=lambda: at or utc_now(), covers=lambda _: True
    )
    async with proxy_world(policy, tls=tls, interception=interception) as world:
        world.authority, world.site = ca, site
        yield world


async def browse(world, url="https://news.example/", *, ca=None):
    options = ("--cacert", str(ca or world.authority), "-w", "[%{http_code}]", url)
    return await world.curl(*options)


async def test_each_request_inside_has_its_own_verdict(tmp_path):
    async with intercepting_world(tmp_path, trusts_site=True) as world:
        code, out, err = await world.curl(
            "--cacert", str(world.authority), "-w", "[%{http_code}]",
            "https://news.example/a?b=c", "https://news.example/tool.exe",
        )  # fmt: skip
        activities = await world.wait_activities(3)

    assert (code, err) == (0, "")
    assert out.startswith("hello from the origin[200]Blocked: ")
    assert out.endswith("[403]")
    assert world.origin.requests[0].startswith(b"GET /a?b=c HTTP/1.1\r\nHost: news.example\r\n")
    assert [(a.request.method, a.verdict.url, a.action) for a in activities] == [
        ("GET", "https://news.example/a?b=c", "allow"),
        ("GET", "https://news.example/tool.exe", "block"),
        ("CONNECT", "https://news.example/", "allow"),
    ]


async def test_another_host_inside_is_judged_too(tmp_path):
    async with intercepting_world(tmp_path, trusts_site=True) as world:
        _, out, _ = await world.curl(
            "--cacert", str(world.authority), "-w", "[%{http_code}]",
            "-H", "Host: games.example", "https://news.example/",
        )  # fmt: skip

    assert out.endswith("[403]")
    assert world.origin.requests == []


async def test_web_05_a_self_signed_site_is_an_error_page(tmp_path):
    async with intercepting_world(tmp_path) as world:
        _, out, _ = await browse(world)
        first, _ = await world.wait_activities(2)

    assert out.endswith("[502]")
    assert first.error == "origin_untrusted"
    assert world.origin.requests == []


async def test_web_05_certcheck_skipped_lets_a_self_signed_site_pass(tmp_path):
    async with intercepting_world(tmp_path, "certcheck") as world:
        assert (await browse(world))[1] == "hello from the origin[200]"


async def test_web_05_an_expired_site_is_an_error_page(tmp_path):
    at = NOON + timedelta(days=365 * 80)
    async with intercepting_world(tmp_path, trusts_site=True, at=at) as world:
        reply = await world.curl("-k", "-w", "[%{http_code}]", "https://news.example/")

    assert reply[1].endswith("[502]")


@pytest.mark.parametrize(
    ("skips", "status"),
    [(("certdate",), "[200]"), (("certcheck",), "[502]"), (("certcheck", "certdate"), "[200]")],
)
async def test_web_05_certdate_skipped_lets_an_expired_site_pass(tmp_path, skips, status):
    at = NOON + timedelta(days=365 * 80)
    async with intercepting_world(tmp_path, *skips, trusts_site=True, at=at) as world:
        reply = await world.curl("-k", "-w", "[%{http_code}]", "https://news.example/")

    assert reply[1].endswith(status)


async def test_web_05_certdate_alone_forgives_no_issuer(tmp_path):
    async with intercepting_world(tmp_path, "certdate") as world:
        assert (await browse(world))[1].endswith("[502]")


async def test_web_05_ssl_scanning_skipped_leaves_the_tunnel_untouched(tmp_path):
    async with intercepting_world(tmp_path, "ssl_scanning") as world:
        code, out, err = await browse(world, ca=world.site)
        (activity,) = await world.wait_activities(1)

    assert (code, out, err) == (0, "hello from the origin[200]", "")
    assert activity.request.method == "CONNECT"


async def test_web_05_what_one_url_is_forgiven_another_is_not(tmp_path):
    async with intercepting_world(tmp_path, "certcheck") as world:
        code, out, _ = await world.curl(
            "--cacert", str(world.authority), "-w", "[%{http_code}]",
            "https://news.example/", "https://social.example/",
        )  # fmt: skip

    assert code == 0
    assert out.startswith("hello from the origin[200]")
    assert out.endswith("[502]")


async def test_a_leaf_is_made_once_per_host_and_again_before_it_expires(tmp_path):
    moment = NOON
    authority = lab_authority()
    interception = Interception(
        lambda: authority, trust=lambda _: None, now=lambda: moment, covers=lambda _: True
    )
    first = interception.context_for("news.example")

    assert interception.context_for("news.example") is first
    assert interception.context_for("shop.example") is not first

    moment = NOON + timedelta(days=7)
    assert interception.context_for("news.example") is not first


async def test_a_client_that_refuses_the_lab_ca_is_recorded(tmp_path):
    async with intercepting_world(tmp_path) as world:
        code, _, _ = await browse(world, ca=world.site)
        (activity,) = await world.wait_activities(1)

    assert code == 60
    assert activity.error == "tls_failed"
