"""Faults of a whole lab: each goes to the house, the computer or the clock that it concerns.

- `lab_faults.py` sets, lists and clears them; `scenarios.py` are named courses of events.
"""

from utmlab.faults.lab_faults import LabFaults
from utmlab.faults.scenarios import SCENARIOS, run_scenario

__all__ = ["SCENARIOS", "LabFaults", "run_scenario"]
