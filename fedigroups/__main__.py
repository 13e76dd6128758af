"""The program `fedigroups`, also as `python -m fedigroups`: it reads the code, then obeys."""

from __future__ import annotations

import gc
from importlib import import_module


def main() -> None:
    """Do what the arguments say, and end the process."""
    gc.disable()  # what is read now stays for ever: looking through it is a tenth of each start
    program = import_module("fedigroups.cli").main
    gc.freeze()
    gc.enable()
    program(prog_name="fedigroups")


if __name__ == "__main__":
    main()
