"""This module looks at the machine: packages, disk, files, and who may read what."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from federation.errors import Misconfigured
from fedigroups import clash, dotenv, open_files
from fedigroups.backup import rooms
from fedigroups.doctor.findings import Check, Finding, judged
from fedigroups.instance import Instance
from fedigroups.secret_file import NAME as SECRET
from fedigroups.setting_words import secret_variables
from fedigroups.settings import Settings

FREE_BYTES = 1_000_000_000
FILES = 4_096
_OTHERS = stat.S_IRWXO
_NOT_OWNER = stat.S_IRWXG | stat.S_IRWXO


async def _packages(_instance: Instance) -> Finding:
    try:
        clash.check()
    except Misconfigured as error:
        return Finding("packages", "wrong", str(error), "Install Fedigroups into its own venv.")
    return Finding("packages", "ok", "nothing else provides our modules")


async def _disk(instance: Instance) -> Finding:
    free = shutil.disk_usage(instance.settings.data_dir).free
    remedy = (
        "Free some space: a full disk stops writing. `fedigroups media usage` says what is kept."
    )
    return judged("disk", free > FREE_BYTES, f"{free // 1_000_000} MB free", remedy)


async def _unfinished(instance: Instance) -> Finding:
    left = rooms.left_in(instance.settings.data_dir)
    if not left:
        return Finding("unfinished", "ok", "no command that was killed left anything")
    remedy = "The next `fedigroups restore` removes it, or: rm -r " + " ".join(map(str, left))
    found = f"a command was killed and left {', '.join(one.name for one in left)}"
    return Finding("unfinished", "note", found, remedy)


async def _files(_instance: Instance) -> Finding:
    allowed = open_files.allow()
    remedy = (
        "Let the server open more, or it keeps few connections and turns visitors away: "
        "LimitNOFILE= of its systemd unit, --ulimit nofile= of its container."
    )
    return judged("open files", allowed >= FILES, f"{allowed} at a time", remedy)


async def _permissions(instance: Instance) -> Finding:
    faults = list(permissions(instance.settings, Path(".env")))
    found = "; ".join(found for found, _ in faults)
    remedy = " ".join(dict.fromkeys(remedy for _, remedy in faults))
    return judged(
        "permissions", not faults, found or "what is secret is readable by its owner alone", remedy
    )


def permissions(settings: Settings, file: Path) -> Iterator[tuple[str, str]]:
    """Each fault of the data folder and the settings' file, and its remedy."""
    folder = settings.data_dir
    owner = folder.stat().st_uid
    if folder.stat().st_mode & _OTHERS:
        yield f"everybody on this machine may look into {folder}", f"chmod 0700 {folder}"
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield f"this user may not write into {folder}", f"Run it as the owner of {folder}."
    strange = sorted(one.name for one in folder.iterdir() if one.lstat().st_uid != owner)
    if strange:
        yield (
            f"{', '.join(strange)} in {folder} belong to another user than the folder: a command "
            "was run as another user than the server",
            f"chown -R --reference={folder} {folder}",
        )
    for path in (folder / SECRET, file):
        if _tells(path) and path.stat().st_mode & _NOT_OWNER:
            yield (
                f"others than its owner may read {path}, which holds a secret",
                f"chmod 0600 {path}",
            )


def _tells(path: Path) -> bool:
    """Whether there is something secret in it."""
    if path.name == SECRET:
        return path.exists()
    return any(dotenv.read(path, []).get(name) for name in secret_variables())


MACHINE = (
    Check("packages", _packages),
    Check("disk", _disk),
    Check("unfinished", _unfinished),
    Check("open files", _files),
    Check("permissions", _permissions),
)
