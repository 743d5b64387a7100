"""The gateway's policies at one change of the configuration, made ready when first needed.

- There is one engine per endpoint group of clients, because exceptions may name endpoint groups;
  for everybody else there is one without.
- A computer is found by its name, as enrolment gave it.
- What was decrypted is judged by its whole URL, by an engine of its own.
- Compiling and building take time with large lists: done beside the loop.
"""

from foundation.webfilter.content import ContentRules
from foundation.webfilter.decrypted import seeing_urls
from foundation.webfilter.engine import Engine
from foundation.webfilter.policy import WebPolicy
from foundation.webfilter.verdict import Verdict
from utm.confd.snapshot import Snapshot
from utm.web_policy import HOST_ONLY, HttpsFiltering, compile_gateway, https_filtering


class GatewayPolicies:
    """What the gateway decides by; made beside the loop.

    Args:
        snapshot: The configuration.

    Raises:
        WebPolicyError: If it holds no policy.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.number = snapshot.number
        self._snapshot = snapshot
        self._refs = {each.name: each.ref for each in snapshot.of_class("epp", "endpoint")}
        self._groups: dict[str, str] = {}
        self.general = compile_gateway(snapshot)
        self.content = ContentRules(self.general)
        self._https = https_filtering(snapshot, self.general)
        self._engines = {("", False): Engine(self.general)}

    def ready(self, computer: str, *, is_decrypted: bool = False) -> Engine | None:
        """Return what decides for a computer, if it is ready; a stranger has no name."""
        return self._engines.get((self._group_of(computer), is_decrypted))

    def engine(self, computer: str, *, is_decrypted: bool = False) -> Engine:
        """Return what decides for a computer, made if need be; it may take long."""
        group = self._group_of(computer)
        if (group, is_decrypted) not in self._engines:
            policy = self._policy_of(group)
            self._engines[group, is_decrypted] = Engine(
                seeing_urls(policy) if is_decrypted else policy
            )
        return self._engines[group, is_decrypted]

    def https_of(self, verdict: Verdict) -> HttpsFiltering:
        """Return what the profile of a verdict does with HTTPS."""
        return self._https.get(verdict.profile_ref, HOST_ONLY)

    def _policy_of(self, group: str) -> WebPolicy:
        known = self._engines.get((group, False))
        return known.policy if known is not None else compile_gateway(self._snapshot, group)

    def _group_of(self, computer: str) -> str:
        ref = self._refs.get(computer)
        if ref is None:
            return ""
        if ref not in self._groups:
            self._groups[ref] = self._snapshot.group_of(ref)
        return self._groups[ref]
