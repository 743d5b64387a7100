"""The six steps of the seed, in its order; each may be done twice.

1 checks for existing products, 2 warns of third-party products, 3 installs MCS, 4 registers and
waits for the MCS and AutoUpdate policies, 5 installs AutoUpdate and applies its policy, 6 has
AutoUpdate download the anti-virus and installs it with Web Control.

- A step that finds its work done leaves it alone: above all, step 4 registers only once.
- A step says what it does in the setup log, and raises what went wrong; it undoes nothing itself.

Provenance: the steps and their order are the seed's (INS-01 to INS-06); the rest is ours.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from endpoint.autoupdate.config import load_config
from endpoint.autoupdate.updater import Updater
from endpoint.config import ConfigRefusedError, McsConfig, read_config, write_config
from endpoint.host import HostFolder
from endpoint.identity import Identity, load_identity
from endpoint.mcs_agent.adapters.alc import AlcAdapter
from endpoint.products import (
    ANTI_VIRUS,
    AUTOUPDATE,
    MCS,
    OURS,
    WEB_CONTROL,
    InstalledProducts,
    existing,
    third_party,
)
from endpoint.service_table import AUTOUPDATE as AUTOUPDATE_SERVICE
from endpoint.service_table import MCS_AGENT, MCS_CLIENT, ServiceTable
from endpoint.service_table import WEB_CONTROL as WEB_CONTROL_SERVICE
from endpoint.services import ServiceControl
from endpoint.setup.archive import Broker
from endpoint.setup.log import SetupLog
from foundation.checkpoints import Checkpoints
from foundation.durable.doorbell import Doorbell
from foundation.durable.files import write_atomic
from foundation.errors import DomainError
from foundation.protocol.names import ALC, POLICY_TYPES
from foundation.protocol.names import MCS as MCS_APP
from foundation.protocol.policies import policy_file_name
from foundation.redact import Secret
from foundation.service import Now

VERSION: Final = "4.15.3.0"
_LOOK_S: Final = 0.05

Register = Callable[[Secret], Awaitable[Identity]]


class PoliciesMissingError(DomainError):
    """The first policies did not arrive in time."""

    code: ClassVar[str] = "policies_missing"
    hint: ClassVar[str] = "see MCSClient.log; run setup again, it goes on at step 4"


class ServiceDidNotStartError(DomainError):
    """A service was installed and does not run."""

    code: ClassVar[str] = "service_did_not_start"
    hint: ClassVar[str] = "see the service's own log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Everything that the steps work with.

    Attributes:
        host: The machine.
        token: From the installer's name.
        broker: From the installer.
        services: Starts and stops the host's services.
        register: Enrols this host and stores its identity.
        persist_bell: Wakes the agent.
        log: The setup log.
        now: The present.
        policies_deadline_s: How long step 4 waits for policies.
        checkpoints: Named points for tests.
    """

    host: HostFolder
    token: Secret
    broker: Broker
    services: ServiceControl
    register: Register
    persist_bell: Doorbell
    log: SetupLog
    now: Now
    policies_deadline_s: float
    checkpoints: Checkpoints

    @property
    def products(self) -> InstalledProducts:
        """The host's Add/Remove Programs."""
        return InstalledProducts(self.host)


async def check_existing_products(bench: Bench) -> None:
    """Step 1."""
    found = [product for product in existing(bench.products.all()) if product.name not in OURS]
    for product in found:
        bench.log.step(1, f"existing product: {product}; it is taken over by this installation")
    if not found:
        bench.log.step(1, "no existing products")


async def warn_of_third_party_products(bench: Bench) -> None:
    """Step 2."""
    for product in third_party(bench.products.all()):
        maker = f" by {product.publisher}" if product.publisher else ""
        bench.log.step(
            2, f"third-party product: {product}{maker}; remove it to avoid conflicts", "WARN"
        )
    bench.log.step(2, "checked for third-party products")


async def install_mcs(bench: Bench) -> None:
    """Step 3; both services run when it returns (INS-03).

    Raises:
        ServiceDidNotStartError: If one of them does not.
    """
    write_atomic(bench.host.server_ca, bench.broker.ca_pem)
    # Without the token, so that only step 4 registers and the running client does not.
    _configure_client(bench, Secret(""))
    bench.products.install(MCS, VERSION)
    for name in (MCS_CLIENT, MCS_AGENT):
        await _start(bench, name)
        bench.log.step(3, f"service {name} is running")


async def register_and_download_policies(bench: Bench) -> None:
    """Step 4.

    Raises:
        RegistrationRefusedError: If LiveConnect does not take the token.
        LiveConnectUnreachableError: If it does not answer.
        PoliciesMissingError: If the policies do not come in time.
    """
    identity = load_identity(bench.host)
    if identity is None:
        bench.log.step(4, f"registering with {bench.broker.mcs_url}")
        identity = await bench.register(bench.token)
    bench.log.step(4, f"registered as {identity.endpoint_id}")
    _configure_client(bench, bench.token)
    bench.checkpoints.reach("setup.mid_step_4")
    # The client may be waiting for a next attempt; started anew it polls at once.
    await bench.services.stop(MCS_CLIENT)
    await bench.services.start(MCS_CLIENT)
    names = [policy_file_name(app, POLICY_TYPES[app]) for app in (MCS_APP, ALC)]
    files = [bench.host.persist / name for name in names]
    try:
        async with asyncio.timeout(bench.policies_deadline_s):
            while not all(file.is_file() for file in files):  # noqa: ASYNC110 - the client is
                # another process, and its bell is the agent's to answer
                await asyncio.sleep(_LOOK_S)
    except TimeoutError:
        missing = ", ".join(file.name for file in files if not file.is_file())
        raise PoliciesMissingError(
            f"{missing} did not arrive within {bench.policies_deadline_s:g} s"
        ) from None
    bench.log.step(4, f"downloaded {' and '.join(names)}")


async def install_autoupdate(bench: Bench) -> None:
    """Step 5.

    Raises:
        PolicyRefusedError: If the downloaded policy cannot be applied.
    """
    host = bench.host
    policy = host.persist / policy_file_name(ALC, POLICY_TYPES[ALC])
    configuration = AlcAdapter().configure(policy.read_bytes())
    for file in configuration.files:
        file.write(host)
    identity = load_identity(host)
    write_atomic(host.machine_id_file, (identity.endpoint_id if identity else "").encode() + b"\n")
    bench.products.install(AUTOUPDATE, VERSION)
    await _start(bench, AUTOUPDATE_SERVICE)
    bench.persist_bell.ring()
    config = load_config(host)
    bench.log.step(
        5, f"AutoUpdate looks at {config.server_url} every {config.interval_minutes} min"
    )


async def install_anti_virus(bench: Bench) -> None:
    """Step 6.

    Raises:
        DownloadFailedError: If the package cannot be fetched.
        PackageDamagedError: If its SHA-384 differs.
    """
    updater = Updater(bench.host, now=bench.now, checkpoints=bench.checkpoints)
    package = (await updater.update()).package
    bench.log.step(
        6, f"{ANTI_VIRUS} {package.version}, SHA-384 {package.sha384[:16]}…, is installed"
    )
    bench.products.install(WEB_CONTROL, package.version)
    await _start(bench, WEB_CONTROL_SERVICE)
    bench.persist_bell.ring()
    bench.log.step(6, f"service {WEB_CONTROL_SERVICE} is running")


STEPS: Final = (
    check_existing_products,
    warn_of_third_party_products,
    install_mcs,
    register_and_download_policies,
    install_autoupdate,
    install_anti_virus,
)
"""The steps in the seed's order."""


def _configure_client(bench: Bench, token: Secret) -> None:
    path = bench.host.config_file
    try:
        config = read_config(path)
    except ConfigRefusedError as error:
        bench.log.write(f"{error}; written anew", "WARN")
        config = McsConfig()
    client = replace(config.client, servers=(bench.broker.mcs_url,), registration_token=token)
    write_config(path, replace(config, client=client))


async def _start(bench: Bench, name: str) -> None:
    ServiceTable(bench.host).install(name)
    await bench.services.start(name)
    if not await bench.services.is_running(name):
        raise ServiceDidNotStartError(f"{name} does not run")
