"""Pictures that a command is given: files of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from federation import limits
from federation.errors import Malformed
from federation.models import Actor
from fedigroups.content.sanitise import safe_url
from fedigroups.instance import Instance
from fedigroups.media import uploads
from fedigroups.media.models import Media
from fedigroups.media.uploads import Words

FILE = click.Path(dir_okay=False, path_type=Path)


def content(path: Path) -> bytes:
    """What is in a file, of a larger one just enough to be too large."""
    try:
        with path.open("rb") as file:
            return file.read(limits.UPLOAD_BYTES + 1)
    except OSError as error:
        raise Malformed(f"{path} cannot be read: {error}") from error


async def attached(
    instance: Instance, person: Actor, paths: Sequence[Path], texts: Sequence[str]
) -> tuple[int, ...]:
    """The ids of the files, uploaded in their order, each with its text where it has one."""
    if len(texts) > len(paths):
        raise Malformed("there are more --alt than --image: each describes one, in their order")
    padded = [*texts, *[""] * (len(paths) - len(texts))]
    media = [
        await uploads.accept(instance.media, person, content(path), Words(text))
        for path, text in zip(paths, padded, strict=True)
    ]
    return tuple(one.id for one in media)


async def icon(instance: Instance, actor: Actor, path: Path | None) -> Media | None:
    """The file as somebody's icon, uploaded."""
    if path is None:
        return None
    return await uploads.accept_icon(instance.media, actor, content(path))


async def banner(instance: Instance, actor: Actor, path: Path | None) -> Media | None:
    """The file as somebody's banner, uploaded."""
    if path is None:
        return None
    return await uploads.accept(instance.media, actor, content(path))


def url_or_file(given: str | None) -> tuple[str | None, Path | None]:
    """What an option of a group means: a URL (or nothing, to have none), or a file."""
    if given is None or given == "" or safe_url(given):
        return given, None
    path = Path(given)
    if not path.is_file():
        raise Malformed(f"{given!r} is neither a file nor an http or https URL")
    return None, path
