"""What an administrator can do to a running UTM, by name and with JSON values.

- Each verb is one method; what changes the configuration answers with the numbers of the change
  and of the changeset it caused (None when endpoints are not concerned).
- Groups and computers may be named by name or reference.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from foundation.errors import DomainError
from foundation.net.control import Verb
from utm import web_policy_edits
from utm.adoption import Dump, adopt_dump, read_dump
from utm.confd import Confd, Edit, move_endpoint
from utm.deployment import write_installer
from utm.naming import (
    GroupExistsError,
    NoSuchEndpointError,
    NoSuchGroupError,
    endpoint_ref,
    group_ref,
)
from utm.naming import endpoint_id as find_id
from utm.observing import observe
from utm.reading import changeset_view, endpoints_view, groups_view, status_view
from utm.storage import WEBADMIN_CERTIFICATE, WEBADMIN_FOLDER
from utm.switches import set_switch, switches_view

if TYPE_CHECKING:
    from utm.app import Edited, Utm

__all__ = ["NoSuchEndpointError", "NoSuchGroupError", "verbs_of"]


def verbs_of(utm: "Utm") -> dict[str, Verb]:
    """Return the verbs of a UTM by name."""
    administration = _Administration(utm)
    names = [name for name in dir(administration) if not name.startswith("_")]
    return {name: getattr(administration, name) for name in names}


class _Administration:
    def __init__(self, utm: "Utm") -> None:
        self._utm = utm

    async def enable(self) -> dict[str, Any]:
        """Switch Endpoint Protection on and register with LiveConnect."""
        await self._utm.enable()
        return await self.status()

    async def disable(self) -> dict[str, Any]:
        """Switch Endpoint Protection off."""
        await self._utm.disable()
        return await self.status()

    async def register(self) -> dict[str, Any]:
        """Register with LiveConnect, again if need be."""
        await self._utm.register()
        return await self.status()

    async def status(self) -> dict[str, Any]:
        """Return switch, registration, link and what waits."""
        return await self._utm.writer.read(status_view)

    async def observe(self) -> dict[str, Any]:
        """Tell whether it is ready, and its numbers (`foundation.observation`)."""
        return (await observe(self._utm)).as_record()

    async def remote_syslog(self) -> dict[str, Any]:
        """Return how it goes with each remote syslog server."""
        return {"servers": [asdict(state) for state in self._utm.remote_syslog.states()]}

    async def web_filter(self) -> dict[str, Any]:
        """Return where the gateway's web filter listens."""
        one = self._utm.web_filter
        return {"host": one.host, "port": one.port, "url": f"http://{one.host}:{one.port}"}

    async def webadmin(self) -> dict[str, str]:
        """Return where WebAdmin and the REST API are, and the CA file of their certificate."""
        utm = self._utm
        return {
            "url": f"{utm.front_door.url}/",
            "rest_url": f"{utm.front_door.url}/api",
            "ca_file": str(utm.config.data / WEBADMIN_FOLDER / WEBADMIN_CERTIFICATE),
        }

    async def token(self) -> dict[str, str]:
        """Return the registration token of endpoints."""
        await self._utm.linked()
        return {"token": str(await self._utm.node("epp.registration_token"))}

    async def renew(self) -> dict[str, str]:
        """Ask LiveConnect whom to trust, and for a new certificate if one is due."""
        await self._utm.renew()
        return {"serial": self._utm.credentials.serial()}

    async def token_reset(self) -> dict[str, str]:
        """Have a new token made; installers with the old one stop working."""
        link = await self._utm.linked()
        token = await link.reset_token()
        await self._utm.edit(
            "registration token reset",
            lambda edit: edit.set_node("epp.registration_token", token),
        )
        await self._utm.say("token_reset")
        return {"token": token}

    async def deploy_agent(self, *, folder: str = "") -> dict[str, str]:
        """Write the installer and return its path."""
        token = (await self.token())["token"]
        status = await self.status()
        target = Path(folder) if folder else self._utm.config.data / "deploy"
        file = write_installer(
            target,
            token=token,
            mcs_url=status["mcs_url"],
            ca_pem=self._utm.credentials.mcs_ca.read_text(),
        )
        await self._utm.say("installer_written", {"file": "SophosMCSEndpoint_[token].exe"})
        return {"file": str(file)}

    async def objects(self, *, class_: str, type_: str) -> list[dict[str, Any]]:
        """Return the objects of a class."""
        return await self._utm.writer.read(
            lambda db: [one.document() for one in Confd(db).objects(class_, type_)]
        )

    async def object(self, *, ref: str) -> dict[str, Any]:
        """Return one object."""
        return await self._utm.writer.read(lambda db: Confd(db).get(ref).document())

    async def used_by(self, *, ref: str) -> dict[str, Any]:
        """Return who refers to an object."""
        return await self._utm.writer.read(lambda db: asdict(Confd(db).used_by(ref)))

    async def node(self, *, key: str) -> Any:
        """Return a node's value."""
        return await self._utm.node(key)

    async def edit(
        self,
        *,
        operations: Sequence[Mapping[str, Any]],
        summary: str,
        user: str = "admin",
        is_import: bool = False,
    ) -> dict[str, Any]:
        """Do several operations as one change.

        Each is `{"op": "create", "class": C, "type": T, "attributes": {…}, "as": NAME}`,
        `{"op": "change", "ref": R, "attributes": {…}}`, `{"op": "delete", "ref": R}` or
        `{"op": "node", "key": K, "value": V}`; `$NAME` anywhere stands for the reference of what
        was created as NAME. An import keeps patterns that RE2 refuses; they match nothing.
        """
        edited = await self._utm.edit(
            summary, lambda edit: _perform(edit, operations), user=user, is_import=is_import
        )
        return {"refs": edited.result, **_numbers(edited)}

    async def adopt(self, *, folder: str, dry_run: bool = False) -> dict[str, Any]:
        """Bring the configuration to that of another appliance, from files of its REST API."""
        dump = await asyncio.get_running_loop().run_in_executor(None, read_dump, Path(folder))
        return await adopt_dump(self._utm, dump, dry_run=dry_run)

    async def adopt_documents(
        self, *, objects: list[dict[str, Any]], nodes: dict[str, Any], dry_run: bool = False
    ) -> dict[str, Any]:
        """Bring the configuration to objects and nodes in the form of the REST API."""
        dump = Dump()
        dump.take(objects, "objects")
        dump.nodes |= nodes
        return await adopt_dump(self._utm, dump, dry_run=dry_run)

    async def group_list(self) -> list[dict[str, Any]]:
        """Return the endpoint groups with their members."""
        return await self._utm.writer.read(groups_view)

    async def group_create(self, *, name: str, web_control: bool = True) -> dict[str, Any]:
        """Create an endpoint group, with Web Control switched on."""
        attributes = {"name": name, "web_control": web_control}

        def create(edit: Edit) -> str:
            for one in edit.objects("epp", "endpoints_group"):
                if name in (one.ref, one.name):
                    raise GroupExistsError(f"there is an endpoint group {name!r} already")
            return edit.create("epp", "endpoints_group", attributes)

        edited = await self._utm.edit(f"group {name} created", create)
        return {"ref": edited.result, **_numbers(edited)}

    async def group_move(self, *, endpoint: str, group: str) -> dict[str, Any]:
        """Put a computer into a group and out of the one it was in."""

        def move(edit: Edit) -> tuple[str, str]:
            target = group_ref(edit, group)
            move_endpoint(edit, endpoint_ref(edit, endpoint), target)
            return target, edit.get(target).name

        edited = await self._utm.edit(f"{endpoint} moved to {group}", move)
        ref, name = edited.result
        await self._utm.say("endpoint_moved", {"computer": endpoint, "group": name})
        return {"group": name, "group_ref": ref, **_numbers(edited)}

    async def endpoint_list(self) -> list[dict[str, Any]]:
        """Return the computers with what they reported."""
        return await self._utm.writer.read(endpoints_view)

    async def endpoint_remove(self, *, endpoint: str) -> dict[str, str]:
        """Have LiveConnect refuse a computer from its next poll on."""
        return await self._ask_about(endpoint, restore=False)

    async def endpoint_restore(self, *, endpoint: str) -> dict[str, str]:
        """Have LiveConnect accept a removed computer again."""
        return await self._ask_about(endpoint, restore=True)

    async def changeset(self, *, number: int | None = None) -> dict[str, Any] | None:
        """Return a changeset's life, the newest when no number is given."""
        return await self._utm.writer.read(lambda db: changeset_view(db, number))

    async def policy_block(
        self, *, host: str, group: str = "", shared: bool = False
    ) -> dict[str, Any]:
        """Block a site in the filter action that decides for a group."""
        return await self._edit_policy(web_policy_edits.block, host, group, shared=shared)

    async def policy_allow(
        self, *, host: str, group: str = "", shared: bool = False
    ) -> dict[str, Any]:
        """Allow a site in the filter action that decides for a group."""
        return await self._edit_policy(web_policy_edits.allow, host, group, shared=shared)

    async def policy_warn(
        self, *, host: str, group: str = "", shared: bool = False
    ) -> dict[str, Any]:
        """Warn of a site in the filter action that decides for a group."""
        return await self._edit_policy(web_policy_edits.warn, host, group, shared=shared)

    async def switch_list(self) -> list[dict[str, Any]]:
        """Return how the doubtful rules of the filter are read."""
        return await self._utm.writer.read(lambda db: switches_view(Confd(db).snapshot()))

    async def switch_set(self, *, name: str, value: str) -> dict[str, Any]:
        """Read a doubtful rule of the filter in one of its ways."""
        edited = await self._utm.edit(
            f"switch {name} = {value}", lambda edit: set_switch(edit, name, value)
        )
        return {"name": name, "value": value, **_numbers(edited)}

    async def _edit_policy(
        self, change: Callable[..., Any], host: str, group: str, *, shared: bool
    ) -> dict[str, Any]:
        def perform(edit: Edit) -> Any:
            ref = group_ref(edit, group) if group else edit.snapshot().default_group_ref
            return change(edit, host, ref, shared=shared)

        edited = await self._utm.edit(f"{change.__name__} {host}", perform)
        return {**asdict(edited.result), **_numbers(edited)}

    async def _ask_about(self, endpoint: str, *, restore: bool) -> dict[str, str]:
        link = await self._utm.linked()
        endpoint_id = await self._utm.writer.read(lambda db: find_id(db, endpoint))
        await (link.restore_endpoint if restore else link.remove_endpoint)(endpoint_id)
        return {"id": endpoint_id}


def _numbers(edited: "Edited[Any]") -> dict[str, Any]:
    return {"change": edited.change, "changeset": edited.changeset}


class OperationMalformedError(DomainError):
    """An operation of an edit that lacks something or is none of ours."""

    code: ClassVar[str] = "operation_malformed"
    hint: ClassVar[str] = "An edit changes all or nothing: nothing was changed."


def _perform(edit: Edit, operations: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    refs: dict[str, str] = {}
    for number, raw in enumerate(operations, start=1):
        try:
            _perform_one(edit, _filled_in(raw, refs), refs)
        except KeyError as error:
            raise OperationMalformedError(f"operation {number} lacks {error}: {raw}") from error
    return refs


def _perform_one(edit: Edit, operation: Mapping[str, Any], refs: dict[str, str]) -> None:
    if operation["op"] == "create":
        made = edit.create(operation["class"], operation["type"], operation["attributes"])
        refs[operation.get("as", made)] = made
    elif operation["op"] == "change":
        edit.change(operation["ref"], operation["attributes"])
    elif operation["op"] == "delete":
        edit.delete(operation["ref"])
    elif operation["op"] == "node":
        edit.set_node(operation["key"], operation["value"])
    else:
        raise OperationMalformedError(f"there is no operation {operation['op']!r}")


def _filled_in(value: Any, refs: Mapping[str, str]) -> Any:
    if isinstance(value, str) and value.startswith("$"):
        return refs[value[1:]]
    if isinstance(value, Mapping):
        return {key: _filled_in(one, refs) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_filled_in(one, refs) for one in value]
    return value
