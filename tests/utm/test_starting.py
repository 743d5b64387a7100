"""What a UTM needs to start and to register from another machine."""

import pytest


async def test_a_start_that_fails_gives_the_data_folder_back(make_utm, broker):
    first = make_utm()
    await first.start()
    await first.enable()
    await first.stop()
    certificate = broker.pki.ca.read_bytes()
    broker.pki.ca.unlink()
    with pytest.raises(FileNotFoundError):
        await make_utm().start()

    broker.pki.ca.write_bytes(certificate)
    second = make_utm()
    await second.start()
    assert await second.node("epp.status.epp")


async def test_the_enrolment_secret_travels_with_the_registration(
    make_utm, broker, tmp_path, monkeypatch
):
    secret = tmp_path / "enrolment.secret"
    secret.write_text("the-secret\n")
    seen = []
    register = broker._register
    monkeypatch.setattr(
        broker, "_register", lambda request: (seen.append(request.secret), register(request))[1]
    )
    utm = make_utm(enrolment_secret=secret)
    await utm.start()
    await utm.enable()

    assert seen == ["the-secret"]
