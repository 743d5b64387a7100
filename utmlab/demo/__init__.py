"""The demo: the whole story on real parts, told with the raw lines of every step."""

from utmlab.demo.run import run_demo

__all__ = ["run_demo"]
