"""The server certificate is replaced while the listeners stay open; openssl is the peer."""

import asyncio

from cryptography import x509

from foundation.protocol import link

DAY_S = 86_400


async def shown_to_openssl(url, ca):
    port = url.split("/")[2].rpartition(":")[2]
    process = await asyncio.create_subprocess_exec(
        *("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", str(ca)),
        *("-verify_return_error", "-no_check_time"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    text = said.decode()
    assert "Verify return code: 0 (ok)" in text
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    pem = begin + text.split(begin, 1)[1].split(end, 1)[0] + end
    return x509.load_pem_x509_certificate(pem.encode()).serial_number


async def test_both_listeners_show_the_new_certificate_and_open_connections_live_on(lab, clock):
    utm, service = await lab.utm(), lab.service
    before = [
        await shown_to_openssl(url, service.ca_file) for url in (service.mcs_url, service.link_url)
    ]
    clock.advance((1825 - 61) * DAY_S)
    await service.verbs["certificate_renew"]()
    assert await shown_to_openssl(service.link_url, service.ca_file) == before[0]

    clock.advance(DAY_S)
    await service.verbs["certificate_renew"]()
    after = [
        await shown_to_openssl(url, service.ca_file) for url in (service.mcs_url, service.link_url)
    ]

    assert before[0] == before[1] != after[0] == after[1]
    assert (await utm.request("GET", link.LATEST_CHANGESET_PATH)).status == 200
