import json
import stat

import pytest

from utm.access import LoginRefusedError, Role, TooManyLoginsError, stored_secrets


@pytest.fixture
def passwords(utm):
    return stored_secrets(utm.config.data / "webadmin")


async def test_three_accounts_are_made_at_first_start(utm, passwords):
    assert set(passwords) == {"admin", "auditor", "token"}
    assert len(set(passwords.values())) == 3
    assert len(passwords["token"]) == 32
    for user, role in (("admin", Role.ADMIN), ("token", Role.ADMIN), ("auditor", Role.AUDITOR)):
        known = await utm.administrators.check(user, passwords[user], srcip="127.0.0.1")
        assert (known.name, known.role) == (user, role)


async def test_only_an_auditor_may_not_change(utm, passwords):
    may = {
        user: (await utm.administrators.check(user, password, srcip="a")).may_change
        for user, password in passwords.items()
    }

    assert may == {"admin": True, "token": True, "auditor": False}


async def test_the_files_are_their_owners_and_the_accounts_hold_no_password(utm, passwords):
    folder = utm.config.data / "webadmin"
    for name in ("administrators.json", "passwords.json", "webadmin.key"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    stored = (folder / "administrators.json").read_text()
    assert not any(password in stored for password in passwords.values())
    assert len({one["salt"] for one in json.loads(stored)["accounts"]}) == 3


async def test_a_restart_keeps_the_passwords(utm, make_utm, passwords):
    await utm.stop()
    again = make_utm()
    await again.start()

    assert stored_secrets(again.config.data / "webadmin") == passwords
    await again.administrators.check("admin", passwords["admin"], srcip="127.0.0.1")


@pytest.mark.parametrize("user", ["admin", "nobody", "", "admin\0", "ad\ud800min"])
@pytest.mark.parametrize("password", ["", "wrong", "x" * 100_000, "\ud800"])
async def test_whatever_is_wrong_is_refused_alike(utm, user, password):
    with pytest.raises(LoginRefusedError) as refusal:
        await utm.administrators.check(user, password, srcip="127.0.0.1")

    assert str(refusal.value) == "user name or password is wrong"


async def test_a_password_that_was_right_once_does_not_open_another_account(utm, passwords):
    await utm.administrators.check("admin", passwords["admin"], srcip="127.0.0.1")

    with pytest.raises(LoginRefusedError):
        await utm.administrators.check("auditor", passwords["admin"], srcip="127.0.0.1")


async def test_a_right_password_does_not_help_while_too_many_came(utm, passwords):
    await utm.administrators.check("admin", passwords["admin"], srcip="127.0.0.1")
    for _ in range(5):
        with pytest.raises(LoginRefusedError):
            await utm.administrators.check("admin", "wrong", srcip="127.0.0.1")

    with pytest.raises(TooManyLoginsError):
        await utm.administrators.check("admin", passwords["admin"], srcip="127.0.0.1")


async def test_a_session_begins_and_ends_in_confd_log(utm, passwords):
    known = await utm.administrators.check("admin", passwords["admin"], srcip="192.0.2.7")
    caller = await utm.administrators.begin(known, srcip="192.0.2.7", facility="webadmin")
    await utm.edit("a city", lambda edit: edit.set_node("epp.city", "Ulm"), caller=caller)
    await utm.administrators.end(caller)

    await utm.quiesce()
    lines = (utm.config.logs / "confd.log").read_text().splitlines()
    assert len(caller.sid) == 64
    session = f'user="admin" srcip="192.0.2.7" sid="{caller.sid}" facility="webadmin"'
    assert all(session in line for line in lines)
    assert ['id="3106"' in lines[0], 'id="3100"' in lines[1], 'id="3100"' in lines[2]] == [True] * 3
    assert 'node="epp.city"' in lines[1]
    assert 'attr_epp_city="Ulm" oldattr_epp_city=""' in lines[1]


@pytest.mark.parametrize(
    ("typed", "told"),
    [("admin", "admin"), ("fq69c4lF9QV51ZP7", "f***"), ("x" * 9000, "x***"), ("", "")],
)
async def test_of_a_name_that_nobody_has_the_log_tells_the_first_letter(utm, typed, told):
    with pytest.raises(LoginRefusedError):
        await utm.administrators.check(typed, "wrong", srcip="127.0.0.1")

    await utm.quiesce()
    log = (utm.config.logs / "confd.log").read_text()
    assert f' user="{told}" ' in log
    assert typed == told or typed not in log


async def test_a_strict_log_tells_of_no_refused_login(make_utm):
    utm = make_utm(extra_lines=False)
    await utm.start()

    with pytest.raises(LoginRefusedError):
        await utm.administrators.check("admin", "wrong", srcip="127.0.0.1")

    await utm.quiesce()
    assert not (utm.config.logs / "confd.log").exists()
