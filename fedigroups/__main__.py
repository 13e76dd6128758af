"""The program `fedigroups`, also as `python -m fedigroups`: it reads the code, then obeys."""

from __future__ import annotations

import gc
import signal
from importlib import import_module


def main() -> None:
    """Do what the arguments say, and end the process."""
    gc.disable()  # what is read now stays for ever: looking through it is a tenth of each start
    interrupted = signal.getsignal(signal.SIGINT)
    if interrupted is not signal.SIG_IGN:  # Ctrl-C now just ends it: there is nothing to take back
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    program = import_module("fedigroups.cli").main
    signal.signal(signal.SIGINT, interrupted)
    gc.freeze()
    gc.enable()
    program(prog_name="fedigroups")


if __name__ == "__main__":
    main()
