"""`python -m utmlab` is `utmlab`."""

from utmlab.cli import main

if __name__ == "__main__":
    main()
