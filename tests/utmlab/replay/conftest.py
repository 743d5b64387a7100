"""Lets the tests of this room use the policies that the filter's tests generate."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "foundation" / "webfilter"))
