"""`init`: a new instance from three answers, and what to do next."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import click

from federation.errors import Misconfigured
from fedigroups import dotenv, logging
from fedigroups.accounts import mailboxes, secrets
from fedigroups.accounts.people import sign_up
from fedigroups.cli.run import as_json, show
from fedigroups.instance import opened
from fedigroups.setting_values import is_loopback
from fedigroups.settings import Settings, load

_HEAD = """\
# Written by `fedigroups init`. Every setting: `fedigroups config docs`.
# The origin is for ever: other servers know this instance by it.
"""
_FOR_EVER = "The domain can never change: other servers know your groups by it for ever."
_FILES = "Letters are written into files until FEDIGROUPS_SMTP_URL is set."


@click.command()
@click.option("--domain", help="Where it will be, e.g. groups.example.")
@click.option("--admin", help="The first admin: a name and an address, 'olga olga@groups.example'.")
@click.option("--mail", help="The mail server, smtps://user:password@host:465; '' for none.")
@click.option("--database", default="", help="PostgreSQL instead of SQLite: postgres://...")
@click.option(
    "--data", default="./data", show_default=True, type=click.Path(path_type=Path),
    help="The folder of what is kept.",
)  # fmt: skip
@click.option(
    "--file", default=".env", show_default=True, type=click.Path(path_type=Path),
    help="Where the settings are written.",
)  # fmt: skip
@click.option("--settings-only", is_flag=True, help="Only write the settings; touch no database.")
@as_json
def init(
    domain: str | None,
    admin: str | None,
    mail: str | None,
    database: str,
    data: Path,
    file: Path,
    settings_only: bool,
    json_: bool,
) -> None:
    """Make a new instance, after three questions.

    It asks for the domain, the first admin and mail, where no option says them. It writes the
    settings, makes the secret and the tables, and says what to do next.
    """
    _refuse_there(file)
    said = {
        "FEDIGROUPS_ORIGIN": origin_of(_asked(domain, f"{_FOR_EVER}\nDomain")),
        "FEDIGROUPS_DATA_DIR": str(data.expanduser().absolute()),
    }
    name, address = person_of(_asked(admin, "First admin (a name and an e-mail address)"))
    said["FEDIGROUPS_CONTACT"] = address
    server = _asked(mail, f"{_FILES}\nMail server (smtps://user:password@host:465, or nothing)", "")
    said |= {"FEDIGROUPS_SMTP_URL": server} if server else {}
    said |= {"FEDIGROUPS_DATABASE_URL": database} if database else {}
    # With a secret of zeros nothing is made yet: what is said is looked at first.
    chosen = load(said | {"FEDIGROUPS_SECRET": "00" * 32} if settings_only else said)
    password = "" if settings_only else secrets.new()
    _write(file, said)
    if not settings_only:
        logging.configure(chosen.log, "warning")
        try:
            asyncio.run(_begin(chosen, name, address, password))
        except BaseException:
            file.unlink()
            raise
    told = {"origin": chosen.origin, "file": str(file), "admin": name, "password": password}
    show(json_, told, _next(chosen, file, name, address, password))


def origin_of(domain: str) -> str:
    """The origin that a domain means: https, unless another is said."""
    domain = domain.strip().rstrip("/")
    return domain if "://" in domain else f"https://{domain}"


def person_of(text: str) -> tuple[str, str]:
    """A name and an address. Raises UsageError, and `Malformed` for what is no address."""
    parts = text.split()
    if len(parts) != 2:
        raise click.UsageError(
            "The first admin is a name and an e-mail address, for example: "
            "--admin 'olga olga@groups.example'"
        )
    return parts[0], mailboxes.check(parts[1])


def _asked(said: str | None, question: str, default: str | None = None) -> str:
    if said is not None:
        return said
    try:
        answer: str = click.prompt(question, default=default, show_default=False, err=True)
    except click.Abort as abort:
        raise click.UsageError(
            "Nobody answers: say --domain, --admin and --mail (which may be empty)."
        ) from abort
    return answer


async def _begin(chosen: Settings, name: str, address: str, password: str) -> None:
    async with opened(chosen) as instance:
        await sign_up(instance.wire, name, email=address, password=password, admin=True)


def _refuse_there(file: Path) -> None:
    if file.exists():
        raise Misconfigured(
            f"{file} exists already: `fedigroups config check` says whether it is right. To begin "
            "anew, move it away, or name another with --file"
        )


def _write(file: Path, said: Mapping[str, str]) -> None:
    """Readable by its owner alone: it may hold passwords."""
    lines = [f"{name}={dotenv.quoted(value)}\n" for name, value in said.items()]
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as target:
                target.write(_HEAD + "".join(lines))
        except OSError:
            file.unlink()
            raise
    except OSError as error:
        raise Misconfigured(
            f"{file} cannot be written ({error.strerror}): name a file that this user may write "
            "with --file"
        ) from error


def _next(chosen: Settings, file: Path, name: str, address: str, password: str) -> str:
    made = f"The settings are in {file}, readable by their owner alone."
    if not password:
        return (
            f"{made} Start the server, then make the first account:\n"
            f"  fedigroups user create {name} --email {address} --admin"
        )
    front = (
        "in front of it, a proxy with TLS: see Caddyfile and nginx.conf in deploy/"
        if not is_loopback(chosen.origin)
        else f"then open {chosen.origin}"
    )
    return f"""\
{made}
{name} has an account and may do everything here. Password: {password}

Next:
  fedigroups serve                  {front}
  fedigroups doctor                 says what is still missing, and how to mend it
  fedigroups group create NAME --owner {name} --title "..."
  fedigroups backup FILE            from the first day

Without the secret in {chosen.data_dir} the keys of your groups are lost: it is in every backup."""
