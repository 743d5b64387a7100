"""What the two services of one LiveConnect share, made once from its configuration.

- Nothing here listens or runs: `LiveConnect` opens, runs and closes what has to be.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from foundation.checkpoints import Checkpoints
from foundation.faults import Fault, FaultPlan, Hop
from foundation.net.journal import Journal
from foundation.operations_log import OperationsLog
from foundation.service import Now
from liveconnect.admission import Admission
from liveconnect.category_lookup import CategoryLookup, CategoryService
from liveconnect.clones import CloneWatch
from liveconnect.config import LiveConnectConfig
from liveconnect.content.service import ContentService
from liveconnect.keys import Keys
from liveconnect.link_service.context import LinkContext
from liveconnect.link_service.service import LinkService
from liveconnect.mcs_service.context import McsContext
from liveconnect.mcs_service.gate import Gate
from liveconnect.mcs_service.journal import journal_middleware
from liveconnect.mcs_service.policy_shelf import PolicyShelf
from liveconnect.mcs_service.service import McsService
from liveconnect.mcs_service.turns import Turns
from liveconnect.pki import CertificateAuthority
from liveconnect.push import PushHub
from liveconnect.refusals import Refusals
from liveconnect.report_bells import ReportBells
from liveconnect.roster import Roster
from liveconnect.sharing import Currency
from liveconnect.store.port import Store
from liveconnect.traffic import Traffic


@dataclass(slots=True, kw_only=True)
class Parts:
    """The parts of one LiveConnect."""

    config: LiveConnectConfig
    now: Now
    rng: random.Random
    checkpoints: Checkpoints
    log: OperationsLog
    journal: Journal
    keys: Keys
    refusals: Refusals
    roster: Roster
    hub: PushHub | None
    faults: FaultPlan = field(default_factory=FaultPlan)
    bells: ReportBells = field(default_factory=ReportBells)
    clones: CloneWatch = field(default_factory=CloneWatch)
    traffic: Traffic = field(default_factory=Traffic)

    def mcs_application(self, store: Store, currency: Currency | None) -> web.Application:
        """Return what answers endpoints."""
        config, tokens = self.config, self.keys.access_tokens()
        context = McsContext(
            store=store,
            roster=self.roster,
            gate=Gate(self.roster, tokens),
            tokens=tokens,
            shelf=PolicyShelf(),
            refusals=self.refusals,
            traffic=self.traffic,
            log=self.log,
            bells=self.bells,
            clones=self.clones,
            checkpoints=self.checkpoints,
            admission=Admission(most_requests=config.most_requests),
            telling_admission=Admission(most_requests=config.most_requests),
            turns=Turns(most_waiting=config.most_requests * 4 // 5),
            faults=self.faults,
            currency=currency,
            now=self.now,
            rng=self.rng,
        )
        service = McsService(context, config.base_path, self.hub, feed_limits=config.feed_limits)
        app = service.application(self._middlewares())
        ContentService(config.content_folder).add_routes(app, context.guarded)
        lookup = CategoryLookup(config.category_file, self.log)
        CategoryService(context, lookup).add_routes(app, config.base_path)
        return app

    def link_application(
        self,
        store: Store,
        authority: CertificateAuthority,
        mcs_url: Callable[[], str],
        currency: Currency | None,
    ) -> web.Application:
        """Return what answers UTMs."""
        context = LinkContext(
            store=store,
            roster=self.roster,
            authority=authority,
            enrolment_secret=self.keys.enrolment_secret(),
            trusts_loopback=self.config.trusts_loopback,
            mcs_url=mcs_url,
            refusals=self.refusals,
            traffic=self.traffic,
            log=self.log,
            bells=self.bells,
            checkpoints=self.checkpoints,
            admission=Admission(most_requests=self.config.most_requests),
            faults=self.faults,
            currency=currency,
            now=self.now,
        )
        return LinkService(context).application(self._middlewares())

    def fault_was_set(self, fault: Fault) -> None:
        """Let a fault happen to what goes on already."""
        self.log.record("fault_set", hop=fault.hop.value, effect=fault.effect)
        if self.hub is not None and fault.hop is Hop.PUSH:
            self.hub.fault_was_set(fault)

    def faults_were_cleared(self) -> None:
        """Go on as before the faults."""
        self.log.record("faults_cleared", left=len(self.faults.active()))
        if self.hub is not None:
            self.hub.faults_were_cleared()

    def _middlewares(self) -> tuple[Any, ...]:
        return (journal_middleware(self.journal, self.now),) if self.config.journal else ()
