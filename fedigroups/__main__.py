"""`python -m fedigroups` is the same program as `fedigroups`."""

from fedigroups.cli import main

main(prog_name="fedigroups")
