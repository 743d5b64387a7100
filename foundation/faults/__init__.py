"""Faults on demand: what shall go wrong, where, for whom and how often.

- `fault.py` is one fault and how it is written, `plan.py` all of a program's and the choice among
  them. Both are pure; what an effect does is the business of the place that it happens at.
- `shared.py` is a plan of several processes, for places that nobody can call: clocks and spools.
"""

from foundation.faults.fault import Fault, FaultRefusedError, Hop, Target, read_effect
from foundation.faults.plan import FaultPlan

__all__ = ["Fault", "FaultPlan", "FaultRefusedError", "Hop", "Target", "read_effect"]
