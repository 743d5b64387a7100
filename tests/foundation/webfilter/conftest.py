"""Lets the tests of this room import what they share (`web_policies`)."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
