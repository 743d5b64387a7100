"""The README shows what is in the repository."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_users_test_in_the_readme_is_the_example_that_runs():
    shown = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1]
    example = ast.parse((ROOT / "examples" / "test_policy_sync.py").read_text())
    example.body = example.body[1:]  # the module's docstring

    assert ast.dump(ast.parse(shown)) == ast.dump(example)


def test_the_users_test_is_about_twenty_lines():
    lines = (ROOT / "examples" / "test_policy_sync.py").read_text().splitlines()
    assert sum(bool(line.strip()) for line in lines) <= 20
