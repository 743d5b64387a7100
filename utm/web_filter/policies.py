"""The gateway's policies at one change of the configuration, made ready when first needed.

- There is one engine per endpoint group of clients, because exceptions may name endpoint groups;
  for everybody else there is one without.
- A computer is found by its name, as enrolment gave it.
- Compiling and building take time with large lists: done beside the loop.
"""

from foundation.webfilter.engine import Engine
from utm.confd.snapshot import Snapshot
from utm.web_policy import compile_gateway


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
        self._engines = {"": Engine(self.general)}

    def ready(self, computer: str) -> Engine | None:
        """Return what decides for a computer, if it is ready; a stranger has no name."""
        return self._engines.get(self._group_of(computer))

    def engine(self, computer: str) -> Engine:
        """Return what decides for a computer, made if need be; it may take long."""
        group = self._group_of(computer)
        if group not in self._engines:
            self._engines[group] = Engine(compile_gateway(self._snapshot, group))
        return self._engines[group]

    def _group_of(self, computer: str) -> str:
        ref = self._refs.get(computer)
        if ref is None:
            return ""
        if ref not in self._groups:
            self._groups[ref] = self._snapshot.group_of(ref)
        return self._groups[ref]
