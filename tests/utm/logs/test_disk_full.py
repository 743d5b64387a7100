"""A disk that takes a part of a batch: a real process whose files may not grow past 40 bytes."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import resource, sys
from pathlib import Path
from foundation.checkpoints import NO_CHECKPOINTS
from utm.logs import files

path = Path(sys.argv[1])
files.begin(path)
files.append(path, 0, b"first line\\n", NO_CHECKPOINTS)
resource.setrlimit(resource.RLIMIT_FSIZE, (40, resource.RLIM_INFINITY))
try:
    files.append(path, 11, b"a line that does not fit into forty bytes\\n", NO_CHECKPOINTS)
except OSError as error:
    print(error.errno)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(path.read_text(), end="")
files.append(path, 11, b"second line\\n", NO_CHECKPOINTS)
print(path.read_text(), end="")
"""


def test_disk_that_fills_within_a_batch_leaves_no_part_of_it(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "epsecd.log")],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    errno, *lines = done.stdout.splitlines()
    assert int(errno) == 27  # EFBIG
    assert lines == ["first line", "first line", "second line"]
