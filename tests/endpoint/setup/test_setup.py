import asyncio

import pytest

from endpoint.autoupdate.config import load_config
from endpoint.autoupdate.installation import PROGRAM_FOLDER, installed_packages
from endpoint.config import read_config
from endpoint.mcs_client.errors import LiveConnectUnreachableError, RegistrationRefusedError
from endpoint.mcs_client.outcome import Answer, Breakdown, NoAnswer
from endpoint.products import InstalledProducts, Product
from endpoint.service_table import MCS_AGENT, MCS_CLIENT, ServiceTable
from endpoint.setup.errors import SetupStoppedError
from endpoint.setup.exit_codes import ExitCode
from endpoint.setup.journal import progress_of
from endpoint.setup.log import setup_log_file
from endpoint.setup.setup import Setup
from foundation.protocol.content import describe_package

POINTS = [f"setup.after_step_{n}" for n in range(1, 7)] + ["setup.mid_step_4"]


class Killed(BaseException):
    pass


class Points:
    def __init__(self, *fatal):
        self.fatal = fatal

    def reach(self, name):
        if name in self.fatal:
            raise Killed


def refused():
    answer = Answer(401, {"x-refusal-reason": "token_wrong_case"}, b"The token differs in case.")
    return RegistrationRefusedError("register", answer)


def left_over(site):
    """Every file on the host but the setup log."""
    log = setup_log_file(site.host)
    return [path for path in site.host.root.rglob("*") if path.is_file() and path != log]


async def stopped(site, **bench):
    with pytest.raises(SetupStoppedError) as error:
        await Setup(site.bench(**bench)).run()
    return error.value


async def test_ins_06_the_six_steps_run_in_the_order_of_the_seed(site):
    await Setup(site.bench()).run()
    numbers = [int(line[5]) for line in site.lines if line.startswith("Step ")]
    assert numbers == sorted(numbers)
    assert set(numbers) == {1, 2, 3, 4, 5, 6}
    assert progress_of(site.host).is_complete


async def test_ins_01_an_existing_product_is_named(site):
    InstalledProducts(site.host).add(
        Product(name="Sophos Anti-Virus 9", version="9.5", publisher="Sophos Limited")
    )
    await Setup(site.bench()).run()
    assert any("existing product: Sophos Anti-Virus 9 9.5" in line for line in site.lines)


async def test_ins_02_a_third_party_product_is_warned_of_and_the_install_goes_on(site):
    InstalledProducts(site.host).add(
        Product(name="Made-up Shield", publisher="Somebody", category="anti-virus")
    )
    await Setup(site.bench()).run()
    assert any("WARN" in line and "Made-up Shield" in line for line in site.lines)
    assert progress_of(site.host).is_complete


async def test_ins_02_without_third_party_products_there_is_no_warning(site):
    InstalledProducts(site.host).add(Product(name="Text Editor", publisher="Somebody"))
    await Setup(site.bench()).run()
    assert not any("WARN" in line for line in site.lines)


async def test_ins_03_both_services_run_before_step_4_begins(site):
    bench = site.bench(checkpoints=Points("setup.after_step_3"))
    with pytest.raises(Killed):
        await Setup(bench).run()
    entries = ServiceTable(site.host).entries()
    assert list(entries) == [MCS_CLIENT, MCS_AGENT]
    assert {entry.state for entry in entries.values()} == {"running"}
    assert site.registrations == 0


async def test_ins_04_a_bad_token_stops_at_step_4_and_leaves_nothing_behind(site):
    site.refusal = refused()
    error = await stopped(site)
    assert (error.exit_code, error.step) == (ExitCode.REGISTRATION_REFUSED, 4)
    assert left_over(site) == []
    assert not (site.host.root / "C" / "ProgramData").exists()


async def test_ins_04_what_livconnect_says_about_the_token_is_in_the_setup_log(site):
    site.refusal = refused()
    await stopped(site)
    assert "The token differs in case." in setup_log_file(site.host).read_text()


async def test_the_token_is_in_no_log(site, token):
    await Setup(site.bench()).run()
    assert token not in setup_log_file(site.host).read_text()


async def test_after_a_refusal_a_good_token_installs(site):
    site.refusal = refused()
    await stopped(site)
    site.refusal = None
    await Setup(site.bench(token="AAAAAAAAAAAAAAAAA")).run()
    assert progress_of(site.host).is_complete


async def test_an_older_products_entry_survives_the_removal(site):
    InstalledProducts(site.host).add(Product(name="Text Editor"))
    site.refusal = refused()
    await stopped(site)
    assert [str(product) for product in InstalledProducts(site.host).all()] == ["Text Editor"]


async def test_a_removal_that_was_killed_is_finished_first(site):
    site.refusal = refused()
    with pytest.raises(Killed):
        await Setup(site.bench(checkpoints=Points("setup.before_removal"))).run()
    assert progress_of(site.host).is_removing
    site.refusal = None
    await Setup(site.bench()).run()
    assert progress_of(site.host).is_complete


async def test_an_unreachable_liveconnect_has_its_own_exit_code(site):
    outcome = NoAnswer(Breakdown.CONNECT, "refused")
    site.refusal = LiveConnectUnreachableError("register", outcome)
    assert (await stopped(site)).exit_code is ExitCode.SERVER_UNREACHABLE
    assert left_over(site) == []


async def test_policies_that_do_not_come_stop_setup_and_the_next_run_goes_on(site):
    site.has_policies = False
    assert (await stopped(site, deadline_s=0.1)).exit_code is ExitCode.POLICIES_MISSING
    site.has_policies = True
    await Setup(site.bench()).run()
    assert site.registrations == 1


async def test_ins_05_autoupdate_has_server_and_interval_of_the_downloaded_policy(site, shelf):
    await Setup(site.bench()).run()
    config = load_config(site.host)
    assert (config.server_url, config.interval_minutes) == (shelf.url, 15)


async def test_ins_06_the_package_is_installed_from_the_server(site):
    await Setup(site.bench()).run()
    assert site.host.path(PROGRAM_FOLDER + r"\SavMain.txt").read_text() == "anti-virus"
    assert installed_packages(site.host)["SAV"].version == "10.8.4"


async def test_ins_06_a_package_whose_sha384_differs_is_refused(site, shelf):
    good = shelf.package
    shelf.package = good[:-1] + bytes([good[-1] ^ 1])
    error = await stopped(site)
    assert (error.exit_code, error.step) == (ExitCode.PACKAGE_REFUSED, 6)
    assert installed_packages(site.host) == {}
    assert not list(site.host.autoupdate_cache.iterdir())
    shelf.package = good
    await Setup(site.bench()).run()
    assert site.registrations == 1


async def test_a_package_that_leads_out_of_its_folder_is_refused(site, shelf):
    import io
    import zipfile

    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("../../outside.txt", "no")
    shelf.package = data.getvalue()
    shelf.manifest = describe_package("SAV", "1", "sav.zip", shelf.package, shelf.manifest.at)
    assert (await stopped(site)).exit_code is ExitCode.PACKAGE_REFUSED
    assert not list(site.host.root.rglob("outside.txt"))


@pytest.mark.parametrize("point", POINTS)
async def test_ins_06_killed_at_any_point_setup_goes_on_and_registers_once(point, site, shelf):
    with pytest.raises(Killed):
        await Setup(site.bench(checkpoints=Points(point))).run()
    await site.services.stop_all()  # the services died with it
    await Setup(site.bench()).run()
    assert progress_of(site.host).is_complete
    assert (site.registrations, shelf.downloads) == (1, 1)
    for name in ServiceTable(site.host).entries():
        assert await site.services.is_running(name)


async def test_a_second_run_with_the_same_token_changes_nothing(site):
    await Setup(site.bench()).run()
    await Setup(site.bench()).run()
    assert site.registrations == 1
    assert "nothing to do" in site.lines[-1]


async def test_a_host_of_another_token_is_not_touched(site):
    await Setup(site.bench()).run()
    error = await stopped(site, token="AAAAAAAAAAAAAAAAA")
    assert error.exit_code is ExitCode.OTHER_INSTALLATION
    assert progress_of(site.host).is_complete


async def test_two_setups_never_share_a_host(site):
    site.has_policies = False
    first = asyncio.create_task(Setup(site.bench()).run())
    while site.registrations == 0:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert (await stopped(site)).exit_code is ExitCode.HOST_IN_USE
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_loglevel_in_config_xml_survives_setup(site):
    site.host.config_file.parent.mkdir(parents=True)
    site.host.config_file.write_text("<McsClient><logLevel>0</logLevel></McsClient>")
    await Setup(site.bench()).run()
    client = read_config(site.host.config_file).client
    assert client.log_level == "0"
    assert client.servers == (f"{site.shelf.url}/ep",)
