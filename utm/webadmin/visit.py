"""One request of somebody who is logged in: what a page needs, in one place.

- A page reads through `read`, changes through `edit`, and answers with `page` or `go`.
- Every change is the session's: its user, address and sid stand in the change and in confd.log.

Example:
    visit = visit_of(request)
    groups = await visit.read(groups_view)
    return visit.page("groups/list.html", groups=groups)
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar
from zoneinfo import ZoneInfo

from aiohttp import web
from multidict import MultiDict, MultiDictProxy, MultiMapping
from sqlite_utils import Database

from utm.confd import Confd, Edit, Snapshot
from utm.webadmin.errors import NotAllowedError
from utm.webadmin.rendering import VISIT, render, render_part, zone_of
from utm.webadmin.sessions import Flash, FlashKind, Session

if TYPE_CHECKING:
    from utm.app import Edited, Utm

T = TypeVar("T")
SYNC_PATH: Final = "/sync"
"""Where the pages about one changeset are, by its number."""


class Visit:
    """A request inside a session.

    Args:
        utm: The appliance.
        session: Whose request it is.
        request: The request.
        form: What was posted; empty for any other method.
    """

    def __init__(
        self,
        utm: "Utm",
        session: Session,
        request: web.Request,
        form: "MultiDictProxy[str] | None" = None,
    ) -> None:
        self.utm = utm
        self.session = session
        self.request = request
        self.form: MultiDictProxy[str] = form or MultiDictProxy(MultiDict())

    @property
    def may_edit(self) -> bool:
        """Whether controls that change something are shown and work."""
        return self.session.administrator.may_change

    @property
    def query(self) -> "MultiMapping[str]":
        """What stands behind the question mark."""
        return self.request.query

    @property
    def now(self) -> datetime:
        """The present, aware, in UTC."""
        return self.utm.now()

    @property
    def zone(self) -> ZoneInfo:
        """The appliance's zone, in which pages tell times."""
        return zone_of(self.request.app)

    def require_admin(self) -> None:
        """Go on only for somebody who may change things; for pages that show secrets.

        Raises:
            NotAllowedError: For an auditor.
        """
        if not self.may_edit:
            raise NotAllowedError(f"{self.session.caller.user} may look, but not this")

    async def read(self, work: Callable[[Database], T]) -> T:
        """Read from the appliance's database."""
        return await self.utm.writer.read(work)

    async def snapshot(self) -> Snapshot:
        """Return the whole configuration as it stands."""
        return await self.read(lambda db: Confd(db).snapshot())

    async def edit(self, summary: str, work: Callable[[Edit], T]) -> "Edited[T]":
        """Change the configuration in the session's name; the next page says with what number.

        Raises:
            DomainError: As `Utm.edit` and `work` do; nothing has changed then.
        """
        before = await self.read(lambda db: Confd(db).number)
        edited = await self.utm.edit(summary, work, caller=self.session.caller)
        if edited.change == before:
            self.say("Nothing was different: nothing changed.")
        elif edited.changeset is None:
            self.say(f"Saved as change {edited.change}. Endpoints are not concerned.")
        else:
            self._say_changeset(edited.change, edited.changeset)
        return edited

    def say(self, text: str, kind: FlashKind = "ok") -> None:
        """Say something at the top of the next page."""
        self.session.flashes.append(Flash(text, kind))

    def _say_changeset(self, change: int, changeset: int) -> None:
        """Say which changeset a change caused, with a link once there is a page about it."""
        saved, sent = f"Saved as change {change}: ", f"changeset {changeset} goes out."
        resources = self.request.app.router.resources()
        if any(one.canonical.startswith(f"{SYNC_PATH}/{{") for one in resources):
            self.session.flashes.append(Flash(saved, path=f"{SYNC_PATH}/{changeset}", link=sent))
        else:
            self.say(saved + sent)

    def take_flashes(self) -> list[Flash]:
        """Return what is to be said, once."""
        taken, self.session.flashes = self.session.flashes, []
        return taken

    def page(self, template: str, *, http_status: int = 200, **context: Any) -> web.Response:
        """Return a page."""
        return render(self.request, template, context, status=http_status)

    def part(self, template: str, **context: Any) -> str:
        """Return a piece of a page, for a live part."""
        return render_part(self.request, template, context)

    def go(self, path: str) -> web.Response:
        """Send the browser to another page, as after every form."""
        return web.Response(status=303, headers={"Location": path})


def visit_of(request: web.Request) -> Visit:
    """Return the visit of a request that the gate let in."""
    found: Visit = request[VISIT]
    return found


def enter(visit: Visit) -> None:
    """Make a request a visit."""
    visit.request[VISIT] = visit


def is_visit(request: web.Request) -> bool:
    """Whether the gate let this request in."""
    return VISIT in request
