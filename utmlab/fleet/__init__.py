"""A fleet: thousands of light endpoints in few processes, for load, for soaks and for tests.

- `agent.py` is one endpoint: the MCS Client's own rules as a pure state machine that yields calls;
  `carrier.py` carries them on a connection that costs next to nothing.
- `behaviour.py` says how endpoints of a mix behave, `plan.py` what is wanted of a run.
- `fleet.py` runs the agents of one process, `running.py` several processes, `tally.py` counts,
  `report.py` draws what came of it.
"""

from utmlab.fleet.fleet import Fleet
from utmlab.fleet.plan import FleetPlan, Server
from utmlab.fleet.running import run_fleet
from utmlab.fleet.tally import Tally

__all__ = ["Fleet", "FleetPlan", "Server", "Tally", "run_fleet"]
