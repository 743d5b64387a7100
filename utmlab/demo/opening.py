"""Chapters 1 to 4: registration, configuration, installation, the first policies."""

import shutil
import ssl
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from cryptography import x509

from endpoint.host import HostFolder
from endpoint.service_table import ServiceTable
from endpoint.setup.errors import SetupStoppedError
from utm.epsecd.registration import LinkCredentials
from utmlab.computers import InstallerFailedError
from utmlab.demo.configuration import CONFIGURATION, EVERYBODY, GROUP, MARKETING
from utmlab.demo.story import Story, StoryBrokenError, with_id
from utmlab.demo.stranger import strangers_context

FIRST, SECOND, REFUSED = "PC-01", "PC-02", "PC-99"
THIRD_PARTY = "ACME AntiVirus Professional"


async def registration(story: Story) -> None:
    """LiveConnect's CA, the refusals while Endpoint Protection is off, mutual TLS."""
    story.chapter("The UTM registers with LiveConnect")
    ca = x509.load_pem_x509_certificate(story.lab.liveconnect_ca.read_bytes())
    story.show(f"CA of LiveConnect: {ca.subject.rfc4514_string()}, serial {ca.serial_number:x}")
    await _plain_http_fails(story)
    story.say("Endpoint Protection is off: registering and issuing tokens are refused.")
    await story.refused("utm", "register")
    await story.refused("utm", "token")
    story.say("It is switched on: a CSR goes out; id, certificate chain and token come back.")
    status = await story.lab.call("utm", "enable")
    credentials = LinkCredentials(story.lab.places.utm / "link")
    own, issuer = x509.load_pem_x509_certificates(credentials.certificate.read_bytes())[:2]
    story.show(
        f"unique id: {status['utm_id']}",
        f"certificate: {own.subject.rfc4514_string()}, serial {own.serial_number:x}",
        f"issued by: {issuer.subject.rfc4514_string()}",
    )
    story.say("From now on mutual TLS: without a certificate, or with another one, no entry.")
    await _link_refuses_strangers(story)
    lines = await story.new_lines(_epsecd(story), with_id("4233"))
    story.show(*lines)


async def _plain_http_fails(story: Story) -> None:
    port = story.lab.settings.ports.mcs
    try:
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/"):
            raise StoryBrokenError("plain HTTP was answered")
    except aiohttp.ClientError as error:
        story.show(f"GET http://127.0.0.1:{port}/ -> {type(error).__name__}: there is only TLS")


async def _link_refuses_strangers(story: Story) -> None:
    path = "/link/v1/reports"
    url = f"https://localhost:{story.lab.settings.ports.link}{path}"
    stranger = ssl.create_default_context(cafile=str(story.lab.liveconnect_ca))
    async with aiohttp.ClientSession() as session, session.get(url, ssl=stranger) as answer:
        story.expect(answer.status == 403, "a stranger is refused")
        story.show(f"GET {path} without a certificate -> 403 {(await answer.json())['message']}")
    with TemporaryDirectory() as folder:
        foreign = strangers_context(
            Path(folder), trusts=story.lab.liveconnect_ca, at=story.lab.now()
        )
    try:
        async with aiohttp.ClientSession() as session, session.get(url, ssl=foreign) as answer:
            raise StoryBrokenError(f"another certificate was answered {answer.status}")
    except (aiohttp.ClientError, ssl.SSLError) as error:
        story.show(f"GET {path} with a certificate of its own -> {type(error).__name__}")


async def configuration(story: Story) -> None:
    """Objects of confd, compiled and pushed as one changeset."""
    story.chapter("Two groups, two filter actions, an exception, a profile for each group")
    done = await story.lab.call(
        "utm", "edit", operations=CONFIGURATION, summary="web control for endpoints"
    )
    for ref in done["refs"].values():
        made = await story.lab.call("utm", "object", ref=ref)
        story.show(f"{ref:24} {made['_type']:20} {made['name']}")
    story.say(
        f"One change ({done['change']}) of confd, compiled into a policy per group, is changeset "
        f"{done['changeset']}: one 4233 line."
    )
    lines = await story.new_lines(_epsecd(story), with_id("4233"))
    story.expect(sum('id="4233"' in line for line in lines) == 1, "one 4233 per changeset")
    story.show(*lines)


async def installation(story: Story) -> None:
    """Deploy Agent, two computers in six steps, and a token that is refused."""
    story.chapter("Deploy Agent: two computers are installed")
    installer = Path((await story.lab.call("utm", "deploy_agent"))["file"])
    story.show(f"{installer.name}  ({installer.stat().st_size} bytes, an executable zipapp)")

    def narrate(line: str) -> None:
        story.show(line)

    story.say(f"{FIRST}, with {THIRD_PARTY} on it:")
    await story.lab.install(FIRST, installer, products=(THIRD_PARTY,), narrate=narrate)
    story.say(f"{SECOND}, the same six steps, and then into the group {GROUP}:")
    await story.lab.install(SECOND, installer)
    services = ServiceTable(story.lab.computer(SECOND).host).entries()
    story.show(*(f"service {entry.name}: {entry.state}" for entry in services.values()))
    await story.new_lines(_epsecd(story), with_id("4211", "4212"))
    await _move_second(story)
    await _bad_token(story, installer)


async def _move_second(story: Story) -> None:
    computers = await story.lab.call("utm", "endpoint_list")
    story.expect({one["name"] for one in computers} == {FIRST, SECOND}, "both are enrolled")
    moved = await story.lab.call("utm", "group_move", endpoint=SECOND, group=GROUP)
    story.show(f"{SECOND} is in {moved['group']} now: changeset {moved['changeset']}")
    await story.lab.wait_compliant(moved["changeset"])


async def _bad_token(story: Story, installer: Path) -> None:
    story.say("An installer renamed to a token that nobody issued stops at step 4:")
    renamed = installer.with_name("SophosMCSEndpoint_AAAAAAAAAAAAAAAAA.exe")
    shutil.copy(installer, renamed)
    try:
        await story.lab.install(REFUSED, renamed, narrate=story.show)
    except (SetupStoppedError, InstallerFailedError) as stopped:
        story.show(f"exit code {int(stopped.exit_code)}: {stopped}")
        left = ServiceTable(HostFolder(story.lab.places.host(REFUSED))).entries()
        story.expect(not left, "nothing is left behind")
    else:
        raise StoryBrokenError("a token that nobody issued was accepted")


async def first_policies(story: Story) -> None:
    """What the MCS Client and the MCS Agent did, from their own logs and Persist."""
    story.chapter("The MCS Client polls, acknowledges, fetches; the MCS Agent applies")
    host = story.lab.computer(FIRST).host
    story.say(f"The end of MCSClient.log of {FIRST}:")
    story.show(*host.client_log.read_text().splitlines()[-8:])
    story.say(f"The end of MCSAgent.log of {FIRST}:")
    story.show(*host.agent_log.read_text().splitlines()[-8:])
    persisted = sorted(path.name for path in host.persist.glob("*_policy.xml"))
    story.expect(len(persisted) == 6, "six policies are in Persist")
    story.say(rf"C:\ProgramData\Sophos\Management Communication System\Persist of {FIRST}:")
    story.show("  ".join(persisted))
    story.say(f"Filter actions: {EVERYBODY!r} for {FIRST}, {MARKETING!r} for {SECOND}.")


def _epsecd(story: Story) -> Path:
    return story.lab.places.utm_logs / "epsecd.log"
