"""The control API of a running lab: its verbs, for the command line and for other programs.

- `POST /verbs/NAME` on 127.0.0.1 with a JSON object of arguments and the token of
  `DATA/control.json`; `GET /openapi.json` describes every verb and needs no token.
- A verb takes and returns JSON values; a refusal has a code, a sentence and a hint.
- The verbs of the UTM are the UTM's own, under the same names.

Provenance: ours.

Example:
    control = lab_control(stack)
    await control.start()
    await ControlClient(stack.places.data).call("policy_block", host="games.example")
"""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from endpoint.reading import EndpointArchive
from foundation.errors import DomainError
from foundation.net.control import ControlServer, Verb
from foundation.protocol.actions import encode_force_update, encode_scan_now
from foundation.protocol.names import ALC, SAV
from foundation.redact import Secret
from utmlab.computer_life import clone, reimage, uninstall
from utmlab.faults import run_scenario
from utmlab.installation import free_name, install_on
from utmlab.lab_file import apply, read_lab
from utmlab.observing import observe
from utmlab.openapi import describe
from utmlab.stack import HOUSES, LIVECONNECT, UTM, Stack
from utmlab.stored import stored_trace
from utmlab.trace import as_record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ACTIONS: "Mapping[str, tuple[str, Callable[[], str]]]" = {
    "update": (ALC, encode_force_update),
    "scan": (SAV, encode_scan_now),
}
"""Name to the app that acts and the body of the command."""


class UnknownActionError(DomainError):
    """There is no action of this name."""

    code: ClassVar[str] = "unknown_action"
    hint: ClassVar[str] = f"One of: {', '.join(ACTIONS)}."


class EndpointNotEnrolledError(DomainError):
    """No enrolled endpoint has this name, id or reference."""

    code: ClassVar[str] = "endpoint_not_enrolled"
    hint: ClassVar[str] = "`utmlab endpoint list` names them."


def lab_control(lab: Stack) -> ControlServer:
    """Return the control API of a lab, to be started beside it."""
    verbs = lab_verbs(lab)
    return ControlServer(
        verbs,
        lab.places.data,
        port=lab.settings.ports.control,
        documents={"/openapi.json": describe(verbs)},
        observe=lambda: observe(lab),
    )


def lab_verbs(lab: Stack) -> dict[str, Verb]:
    """Return the verbs of a lab by name."""
    offered = _Verbs(lab)
    names = [name for name in dir(offered) if not name.startswith("_")]
    return {name: getattr(offered, name) for name in names}


class _Verbs:
    def __init__(self, lab: Stack) -> None:
        self._lab = lab

    async def _utm(self, verb: str, **arguments: Any) -> Any:
        return await self._lab.call(UTM, verb, **arguments)

    async def status(self) -> dict[str, Any]:
        """Return the process, the mode, which houses run and where each computer's proxy is."""
        lab = self._lab
        return {
            "pid": os.getpid(),
            "mode": lab.settings.mode,
            "houses": {name: lab.houses[name].is_running for name in HOUSES},
            "proxies": {name: one.proxy_url for name, one in lab.computers.items()},
        }

    async def utm_enable(self) -> Any:
        """Switch Endpoint Protection on and register with LiveConnect."""
        return await self._utm("enable")

    async def utm_disable(self) -> Any:
        """Switch Endpoint Protection off."""
        return await self._utm("disable")

    async def utm_register(self) -> Any:
        """Register the UTM with LiveConnect, again if need be."""
        return await self._utm("register")

    async def utm_status(self) -> Any:
        """Return switch, registration, link and what waits."""
        return await self._utm("status")

    async def utm_remote_syslog(self) -> Any:
        """Return how it goes with each remote syslog server: lines sent, waiting, dropped."""
        return await self._utm("remote_syslog")

    async def utm_token(self) -> Any:
        """Return the registration token of endpoints."""
        return await self._utm("token")

    async def utm_token_reset(self) -> Any:
        """Have a new token made; installers with the old one stop working."""
        return await self._utm("token_reset")

    async def utm_deploy_agent(self, *, folder: str = "") -> Any:
        """Write the installer and return its path."""
        return await self._utm("deploy_agent", folder=folder)

    async def utm_adopt(self, *, folder: str, dry_run: bool = False) -> Any:
        """Take over another appliance's configuration from files of its REST API's answers."""
        return await self._utm("adopt", folder=folder, dry_run=dry_run)

    async def objects(self, *, class_: str, type_: str) -> Any:
        """Return confd's objects of a class."""
        return await self._utm("objects", class_=class_, type_=type_)

    async def node(self, *, key: str) -> Any:
        """Return the value of a node of confd."""
        return await self._utm("node", key=key)

    async def object(self, *, ref: str) -> Any:
        """Return one object of confd."""
        return await self._utm("object", ref=ref)

    async def edit(
        self, *, operations: list[dict[str, Any]], summary: str, user: str = "admin"
    ) -> Any:
        """Create, change and delete objects of confd, and set nodes, as one change."""
        return await self._utm("edit", operations=operations, summary=summary, user=user)

    async def group_list(self) -> Any:
        """Return the endpoint groups with their members."""
        return await self._utm("group_list")

    async def group_create(self, *, name: str, web_control: bool = True) -> Any:
        """Create an endpoint group."""
        return await self._utm("group_create", name=name, web_control=web_control)

    async def group_move(self, *, endpoint: str, group: str) -> Any:
        """Put a computer into a group and out of the one it was in."""
        return await self._utm("group_move", endpoint=endpoint, group=group)

    async def endpoint_list(self) -> Any:
        """Return the computers with what they reported."""
        return await self._utm("endpoint_list")

    async def endpoint_install(
        self, *, name: str = "", installer: str = "", products: list[str] | None = None
    ) -> dict[str, Any]:
        """Run an installer on a computer; a new name is a new computer."""
        lab, said = self._lab, list[str]()
        chosen = name or free_name(list(lab.computers))
        file = Path(installer) if installer else Path((await self.utm_deploy_agent())["file"])
        there = tuple(products or ())
        await install_on(lab, chosen, file, products=there, narrate=said.append)
        archive = EndpointArchive(lab.places.host(chosen))
        return {
            "name": chosen,
            "id": archive.endpoint_id,
            "proxy_url": archive.proxy_url,
            "lines": said,
        }

    async def endpoint_remove(self, *, endpoint: str) -> Any:
        """Have LiveConnect refuse a computer from its next poll on."""
        return await self._utm("endpoint_remove", endpoint=endpoint)

    async def endpoint_restore(self, *, endpoint: str) -> Any:
        """Have LiveConnect accept a removed computer again."""
        return await self._utm("endpoint_restore", endpoint=endpoint)

    async def endpoint_uninstall(self, *, endpoint: str, password: str = "") -> dict[str, Any]:
        """Take a computer's installation away, as a person at it does."""
        await uninstall(self._lab, endpoint, Secret(password))
        return {"computer": endpoint}

    async def endpoint_reimage(self, *, endpoint: str) -> dict[str, Any]:
        """Empty a computer's disk and install it again, as a new endpoint."""
        said = list[str]()
        await reimage(self._lab, endpoint, narrate=said.append)
        return {"computer": endpoint, "lines": said}

    async def endpoint_clone(self, *, endpoint: str, copy: str) -> dict[str, Any]:
        """Copy a computer, identity and all."""
        await clone(self._lab, endpoint, copy)
        return {"computer": endpoint, "copy": copy}

    async def liveconnect(self, *, name: str, arguments: dict[str, Any] | None = None) -> Any:
        """Ask LiveConnect itself: flags, ways, policies, migrations, responses, feeds, its CA."""
        return await self._lab.call(LIVECONNECT, name, **(arguments or {}))

    async def ca_rotate(self, *, step: str, force: bool = False) -> Any:
        """Do a step of the rotation of LiveConnect's CA: prepare, switch or finish."""
        done = await self._lab.call(LIVECONNECT, "ca_rotate", step=step, force=force)
        # The lab's own UTM looks at once instead of within the hour.
        await self._utm("renew")
        return {**done, **await self._lab.call(LIVECONNECT, "ca")}

    async def endpoint_browse(
        self, *, endpoint: str, url: str, proceed: bool = False
    ) -> dict[str, Any]:
        """Fetch a page as the person at a computer does, through its Web Control."""
        page = await self._lab.browse(endpoint, url, proceed=proceed)
        return {**asdict(page), "title": page.title}

    async def endpoint_move(self, *, endpoint: str, to: str) -> dict[str, Any]:
        """Take a computer to the `office`, behind the UTM, or let it be `roaming`."""
        network = await self._lab.move(endpoint, to)
        return {"location": network.location, "address": network.source}

    async def policy_block(self, *, host: str, group: str = "", shared: bool = False) -> Any:
        """Block a site in the filter action that decides for a group."""
        return await self._utm("policy_block", host=host, group=group, shared=shared)

    async def policy_allow(self, *, host: str, group: str = "", shared: bool = False) -> Any:
        """Allow a site in the filter action that decides for a group."""
        return await self._utm("policy_allow", host=host, group=group, shared=shared)

    async def policy_warn(self, *, host: str, group: str = "", shared: bool = False) -> Any:
        """Warn of a site in the filter action that decides for a group."""
        return await self._utm("policy_warn", host=host, group=group, shared=shared)

    async def switch_list(self) -> Any:
        """Return how the doubtful rules of the filter are read."""
        return await self._utm("switch_list")

    async def switch_set(self, *, name: str, value: str) -> Any:
        """Read a doubtful rule of the filter in one of its ways."""
        return await self._utm("switch_set", name=name, value=value)

    async def apply(self, *, document: dict[str, Any], dry_run: bool = False) -> dict[str, Any]:
        """Bring the lab to what a lab file says (docs/schemas/lab.schema.json)."""
        wanted = read_lab(json.dumps(document).encode())
        return asdict(await apply(self._lab, wanted, dry_run=dry_run))

    async def command_send(self, *, endpoint: str, action: str) -> dict[str, Any]:
        """Queue an action for a computer: `update` or `scan`."""
        if action not in ACTIONS:
            raise UnknownActionError(f"there is no action {action!r}")
        app_id, body = ACTIONS[action][0], ACTIONS[action][1]()
        found = await self._endpoint(endpoint)
        sent = await self._lab.call(
            LIVECONNECT, "send_command", endpoint_id=found["id"], app_id=app_id, body=body
        )
        return {**sent, "endpoint": found["name"], "id": found["id"], "app_id": app_id}

    async def clock_show(self) -> dict[str, Any]:
        """Return which clock the lab lives by, its present, and where an advance ends."""
        return self._lab.clock.state().as_record()

    async def clock_advance(self, *, seconds: float) -> dict[str, Any]:
        """Let a span of virtual time pass; answered when all that was due has happened."""
        return (await self._lab.clock.advance(seconds)).as_record()

    async def snapshot_save(self, *, name: str) -> dict[str, Any]:
        """Save the whole lab as it is now, under a name."""
        return (await self._lab.snapshots.save(name)).as_record()

    async def snapshot_load(self, *, name: str) -> dict[str, Any]:
        """Bring the whole lab to a snapshot."""
        await self._lab.snapshots.load(name)
        return {"name": name}

    async def snapshot_reset(
        self, *, name: str, endpoints: list[str] | None = None, utm: bool = False
    ) -> dict[str, Any]:
        """Bring computers, the UTM or both to a snapshot while their sockets stay open."""
        await self._lab.snapshots.reset(name, computers=endpoints or (), utm=utm)
        return {"name": name}

    async def snapshot_list(self) -> list[dict[str, Any]]:
        """Return the snapshots of the lab."""
        return [one.as_record() for one in await self._lab.snapshots.listed()]

    async def snapshot_delete(self, *, name: str) -> dict[str, Any]:
        """Delete a snapshot."""
        await self._lab.snapshots.delete(name)
        return {"name": name}

    async def changeset(self, *, number: int | None = None) -> Any:
        """Return a changeset's life, the newest when no number is given."""
        return await self._utm("changeset", number=number)

    async def trace(self, *, changeset: int | None = None) -> dict[str, Any]:
        """Return the timeline of a changeset, hop by hop."""
        return as_record(stored_trace(self._lab.places, changeset))

    async def wait_compliant(
        self, *, changeset: int | None = None, endpoint: str | None = None, timeout_s: float = 60.0
    ) -> dict[str, Any]:
        """Wait until endpoints comply with a changeset, the newest by default."""
        await self._lab.wait_compliant(changeset, endpoint=endpoint, timeout_s=timeout_s)
        return {"compliant": True}

    async def fault_set(
        self,
        *,
        hop: str,
        effect: str,
        calls: list[str] | None = None,
        parts: list[str] | None = None,
        group: str = "",
        tenant: str = "",
        times: int | None = None,
        probability: float = 1.0,
        seed: int = 1,
    ) -> str:
        """Set a fault (`utmlab fault effects`); return how it is known."""
        return await self._lab.faults.inject(
            hop,
            effect,
            calls=calls or (),
            parts=parts or (),
            group=group,
            tenant=tenant,
            times=times,
            probability=probability,
            seed=seed,
        )

    async def fault_list(self) -> list[dict[str, Any]]:
        """Return the faults that are set, with how often each happened."""
        return await self._lab.faults.active()

    async def fault_clear(self, *, fault: str = "") -> int:
        """Take back one fault, or all; return how many."""
        return await self._lab.faults.clear(fault)

    async def fault_scenario(
        self,
        *,
        name: str,
        seconds: float = 60.0,
        timeout_s: float = 0.0,  # noqa: ARG002 - how long the caller waits
    ) -> dict[str, Any]:
        """Run a named course of events, then wait until every endpoint complies again."""
        return await run_scenario(self._lab, name, seconds)

    async def journal(self, *, limit: int = 1000) -> Any:
        """Return the last exchanges between endpoints and LiveConnect, oldest first."""
        return await self._lab.call(LIVECONNECT, "journal", limit=limit)

    async def _endpoint(self, wanted: str) -> dict[str, Any]:
        for one in await self.endpoint_list():
            if wanted in {one["name"], one["id"], one["ref"]}:
                found: dict[str, Any] = one
                return found
        raise EndpointNotEnrolledError(f"no enrolled endpoint is called {wanted!r}")
