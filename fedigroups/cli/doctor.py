"""`doctor`: what goes wrong in practice, looked at here, with the remedy beside each fault."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import click

from fedigroups import logging, secret_file
from fedigroups.cli.run import REFUSED, acting, as_json, settings, show
from fedigroups.doctor.examine import examine
from fedigroups.doctor.findings import Finding
from fedigroups.groups import readers
from fedigroups.instance import Instance, assemble

_MARKS = {"ok": "ok   ", "note": "note ", "wrong": "WRONG", "skipped": "--   "}


@click.command()
@as_json
@click.option("--mend", is_flag=True, help="First put right which servers read which group.")
@click.option("--inside", is_flag=True, help="Make no request: leave out what is seen outside.")
def doctor(json_: bool, mend: bool, inside: bool) -> None:
    """Check this instance, and say how to mend it. Exit status 1 when something is wrong.

    It asks the origin as others do, through the proxy; it changes nothing.
    """
    if mend:
        acting(_mend)
    chosen = settings(kept=secret_file.found)
    logging.configure(chosen.log, "error")
    findings = asyncio.run(examine(assemble(chosen), outside=not inside))
    rows = [asdict(one) | {"well": one.well} for one in findings]
    show(json_, rows, "\n".join(_line(one) for one in findings))
    if not all(one.well for one in findings):
        raise SystemExit(REFUSED)


def _line(one: Finding) -> str:
    text = f"{_MARKS[one.verdict]}  {one.check}: {one.found}"
    return text + (f"\n       {one.remedy}" if one.remedy else "")


async def _mend(_instance: Instance) -> None:
    await readers.mend()
