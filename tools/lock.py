"""Write requirements.lock: exact versions with the hashes of every wheel we support.

Run `make lock` after a dependency in pyproject.toml changed and the new set is installed and
tested in `.venv`: this pins what is installed there. Hashes come from pip's own resolver report,
asked once per Python version and platform, from the index itself and not from a local mirror.
No index address is written: the lock works with whatever index pip is configured for.

`tools/lock.py FILE PIN...` writes another lock, of the pins named.
"""
# ruff: noqa: INP001, S603, T201  # a script: not in a package, runs pip, prints

from __future__ import annotations

import collections
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
GLIBC_NEW = ("2_34", "2_31", "2_28", "2_27", "2_26", "2_24", "2_17", "2_12", "2_5")
GLIBC_OLD = ("2_28", "2_27", "2_26", "2_24", "2_17", "2_12", "2_5")
PLATFORMS = {
    f"{name} {arch}": tuple(tag.format(arch) for tag in tags)
    for arch in ("x86_64", "aarch64")
    for name, tags in {
        "glibc 2.34": (*(f"manylinux_{v}_{{}}" for v in GLIBC_NEW), "manylinux2014_{}"),
        "glibc 2.28": (*(f"manylinux_{v}_{{}}" for v in GLIBC_OLD), "manylinux2014_{}"),
    }.items()
} | {
    "macOS arm64": (
        "macosx_14_0_arm64",
        "macosx_13_0_arm64",
        "macosx_12_0_arm64",
        "macosx_11_0_arm64",
        "macosx_11_0_universal2",
        "macosx_10_13_universal2",
        "macosx_10_9_universal2",
    ),
}
REQUIRED = {"glibc 2.34 x86_64", "glibc 2.34 aarch64"}  # the others as far as wheels exist


def installed() -> list[str]:
    """Return `name==version` of everything in this environment but ourselves and pip."""
    frozen = subprocess.run(
        [sys.executable, "-m", "pip", "freeze", "--exclude-editable"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    build: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"][
        "requires"
    ]
    ours = {"utmlab", "pip", "wheel"} | {line.split(">=")[0] for line in build}
    pins = [line for line in frozen if "==" in line and line.split("==")[0] not in ours]
    return pins + build


def wheels(pins: list[str], python: str, platform: tuple[str, ...]) -> dict[str, str] | None:
    """Ask pip which wheel it would take for each pin; None when one of them has none."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--no-deps"]
    command += ["--ignore-installed", "--target", "unused", "--report", "-"]
    command += ["--only-binary=:all:", "--implementation", "cp", "--python-version", python]
    for tag in platform:
        command += ["--platform", tag]
    mirrors_off = {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}
    answer = subprocess.run(
        command + pins,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | mirrors_off,
    )
    if answer.returncode:
        return None
    return {
        f"{item['metadata']['name']}=={item['metadata']['version']}": "sha256:"
        + item["download_info"]["archive_info"]["hashes"]["sha256"]
        for item in json.loads(answer.stdout)["install"]
    }


def collect(pins: list[str]) -> dict[str, set[str]]:
    """Collect the hashes of every pin over all Python versions and platforms."""
    hashes: dict[str, set[str]] = collections.defaultdict(set)
    for platform, tags in PLATFORMS.items():
        for python in PYTHONS:
            found = wheels(pins, python, tags)
            if found is None:
                found = {}
                for pin in pins:
                    one = wheels([pin], python, tags)
                    if one is not None:
                        found |= one
                    elif platform in REQUIRED:
                        sys.exit(f"no wheel of {pin} for Python {python} on {platform}")
                    else:
                        print(f"no wheel of {pin} for Python {python} on {platform}")
            for pin, digest in found.items():
                hashes[pin].add(digest)
            print(f"{platform}, Python {python}: {len(found)} wheels", flush=True)
    return hashes


def main() -> None:
    """Write the lock file."""
    target, pins = ROOT / "requirements.lock", installed()
    made_by = "`make lock`: what was installed and tested"
    if len(sys.argv) > 1:
        target, pins = Path(sys.argv[1]), sys.argv[2:]
        made_by = "tools/lock.py"
    hashes = collect(pins)
    lines = [f"# Made by {made_by}, with the hash of each wheel."]
    lines += [
        " \\\n    --hash=".join([pin, *sorted(hashes[pin])])
        for pin in sorted(hashes, key=str.lower)
    ]
    target.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
