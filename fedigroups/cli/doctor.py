"""`doctor`: what goes wrong in practice, looked at here, with the remedy beside each fault."""

from __future__ import annotations

import shutil
from base64 import b64decode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import click

from federation import clock, ids, storage
from federation.errors import FederationError, Misconfigured
from federation.models import Actor
from fedigroups import clash, open_files, upgrade
from fedigroups.cli.run import REFUSED, as_json, show, with_instance
from fedigroups.groups import readers
from fedigroups.instance import Instance
from fedigroups.media import names, sweeping

FREE_BYTES = 1_000_000_000
OLD_MS = clock.HOUR
FILES = 4_096
DOT = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""A picture of one pixel, to see whether any can be decoded."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: whether it is well, what was found, and what to do."""

    check: str
    well: bool
    found: str
    remedy: str = ""


Check = Callable[[Instance], Awaitable[Finding]]


@click.command()
@as_json
@click.option("--mend", is_flag=True, help="First put right which servers read which group.")
def doctor(json_: bool, mend: bool) -> None:
    """Check this instance, and say how to mend it. Exit status 1 when something is wrong."""
    if mend:
        with_instance(_mend)
    findings = with_instance(_examine)
    rows = [
        {"check": one.check, "well": one.well, "found": one.found, "remedy": one.remedy}
        for one in findings
    ]
    show(json_, rows, "\n".join(_line(one) for one in findings))
    if not all(one.well for one in findings):
        raise SystemExit(REFUSED)


def _line(one: Finding) -> str:
    mark = "ok   " if one.well else "WRONG"
    return f"{mark}  {one.check}: {one.found}" + (f"\n       {one.remedy}" if not one.well else "")


async def _mend(_instance: Instance) -> None:
    await readers.mend()


async def _examine(instance: Instance) -> list[Finding]:
    return [await check(instance) for check in CHECKS]


async def _packages(instance: Instance) -> Finding:
    try:
        clash.check()
    except Misconfigured as error:
        return Finding("packages", False, str(error), "Install Fedigroups into its own venv.")
    return Finding("packages", True, "nothing else provides our modules")


async def _database(instance: Instance) -> Finding:
    lost = await upgrade.missing_indexes()
    if lost:
        remedy = "Run `fedigroups migrate`: it makes lost indexes anew."
        return Finding("database", False, f"lost: {', '.join(lost)}", remedy)
    return Finding("database", True, f"{instance.store.kind}, tables and indexes complete")


async def _secret(instance: Instance) -> Finding:
    actors = await Actor.filter(local=True, state="live").limit(1)
    try:
        for actor in actors:
            await instance.wire.keyring.signer(actor.uri)
    except FederationError as error:
        remedy = "Give back the secret that the keys were sealed with: FEDIGROUPS_SECRET_FILE."
        return Finding("secret", False, str(error), remedy)
    return Finding("secret", True, "it opens the private keys")


async def _disk(instance: Instance) -> Finding:
    free = shutil.disk_usage(Path(instance.settings.data_dir)).free
    found = f"{free // 1_000_000} MB free"
    return Finding("disk", free > FREE_BYTES, found, "Free some space: a full disk stops writing.")


async def _files(_instance: Instance) -> Finding:
    allowed = open_files.allow()
    remedy = (
        "Let the server open more, or it keeps few connections and turns visitors away: "
        "LimitNOFILE= of its systemd unit, --ulimit nofile= of its container."
    )
    return Finding("open files", allowed >= FILES, f"{allowed} at a time", remedy)


async def _media(instance: Instance) -> Finding:
    key, probe = names.file(names.new(), names.PREVIEW_TYPE), ids.token(32).encode()
    store, used = instance.media.store, await sweeping.usage()
    remedy = (
        "See that the folder `media` can be written, or what FEDIGROUPS_S3_* say; and that this "
        "program may start processes of its own, of which each takes up to 1 GB of memory."
    )
    try:
        await instance.media.decoder.icon(DOT)
        await store.put(key, probe, names.PREVIEW_TYPE)
        found = await store.get(key)
        await store.delete(key)
    except FederationError as error:
        return Finding("pictures", False, str(error), remedy)
    if found != probe:
        return Finding("pictures", False, "what is stored is not found again", remedy)
    kept = (used.upload_bytes + used.copy_bytes) // 1_000_000
    return Finding("pictures", True, f"can be stored and found; {kept} MB are kept")


async def _arrivals(instance: Instance) -> Finding:
    row = await storage.row(
        "SELECT COUNT(*) AS waiting, MIN(received_at) AS oldest FROM receipt "
        "WHERE state = 'received'"
    )
    waiting, oldest = (row["waiting"], row["oldest"]) if row else (0, None)
    age = clock.now_ms() - oldest if oldest else 0
    remedy = "Is the server running? Look for inbox.* in its log."
    return Finding("arrivals", age < OLD_MS, f"{waiting} to process", remedy)


async def _failed(instance: Instance) -> Finding:
    row = await storage.row("SELECT COUNT(*) AS failed FROM receipt WHERE state = 'failed'")
    failed = row["failed"] if row else 0
    remedy = "See them and their reasons with `fedigroups queue failed`."
    return Finding("dead letters", failed == 0, f"{failed} activities failed here", remedy)


async def _readers(_instance: Instance) -> Finding:
    drift = await readers.drift()
    if not drift:
        return Finding("readers", True, "each group goes where its members live")
    found = (
        f"{drift.members} members have another inbox by now, {len(drift.missing)} times a server "
        f"is not sent a group that it should be, {len(drift.excess)} times one that it should "
        f"not, {len(drift.digests)} digests of followers are wrong"
    )
    remedy = "Run `fedigroups doctor --mend`; what was missed until then is not sent any more."
    return Finding("readers", False, found, remedy)


async def _origin(instance: Instance) -> Finding:
    origin = instance.wire.config.origin
    if instance.wire.config.allow_http:
        return Finding("origin", True, f"{origin}, for trying things out on this machine")
    return Finding("origin", True, f"{origin}, and it can never change")


CHECKS: tuple[Check, ...] = (
    _origin,
    _packages,
    _database,
    _secret,
    _disk,
    _files,
    _media,
    _arrivals,
    _failed,
    _readers,
)
