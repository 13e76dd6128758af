"""How commands run: with an open instance, and with errors as one sentence and an exit status."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import re
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

import click

from federation import ids
from federation.errors import FederationError, Misconfigured
from fedigroups import audit, logging, secret_file
from fedigroups.cli import examples
from fedigroups.instance import Instance, opened
from fedigroups.settings import Kept, Settings, SettingsError, here
from fedigroups.store import TROUBLE

T = TypeVar("T")

REFUSED, WRONG_SETTINGS = 1, 3
_TYPED = click.core.ParameterSource.COMMANDLINE
_BROKEN_OFF = "What was finished stays, the rest was taken back; the command can be said again"

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON, for a program to read.")


def _remember(context: click.Context, _option: click.Parameter, value: bool) -> None:
    context.meta[_AS_JSON] = value


_AS_JSON = f"{__name__}.json"
told_as_json = click.option(
    *("--json", "json_"),
    is_flag=True,
    expose_value=False,
    callback=_remember,
    help="Print JSON, for a program to read.",
)
"""As `as_json`, for commands that end with `tell`."""


class Command(click.Group):
    """The root: every error that was foreseen ends in a sentence, not in a traceback."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """What was typed. Refuses (`UsageError`) what is no text, which no database takes."""
        for word in args:
            if any("\ud800" <= sign <= "\udfff" for sign in word):
                raise click.UsageError(f"{word!a} is not written in UTF-8", ctx)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; exits 1 for a refusal or trouble, 3 for wrong settings."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            said = filter(None, (error.format_message(), examples.of(error)))
            raise click.UsageError("\n".join(said), error.ctx) from error
        except SettingsError as error:
            fail(str(error), WRONG_SETTINGS)
        except Misconfigured as error:
            fail(str(error), WRONG_SETTINGS)
        except FederationError as error:
            fail(str(error), REFUSED)
        except BrokenPipeError:
            raise  # whoever reads has enough, as `head` does: click says nothing and leaves
        except TROUBLE as error:
            fail(_trouble(error), REFUSED)
        except click.Abort:
            fail("nothing was done: say yes, or --yes where nobody can be asked", REFUSED)
        except KeyboardInterrupt:
            fail(f"broken off. {_BROKEN_OFF}", REFUSED)


def _trouble(error: Exception) -> str:
    return (
        f"The database or the disk did not take it ({type(error).__name__}: {error}). What was not "
        "finished was taken back; `fedigroups doctor` says what is wrong"
    )


def fail(sentence: str, status: int) -> None:
    """Print the sentence to the error stream and leave."""
    click.echo(f"fedigroups: {logging.MOVES.sub('', sentence)}", err=True)
    raise SystemExit(status)


def settings(*, kept: Kept = secret_file.first) -> Settings:
    """The settings of this process. Raises `SettingsError`."""
    return here(kept=kept)


def with_instance(work: Callable[[Instance], Awaitable[T]]) -> T:
    """What `work` returns, run with an open instance on the configured database."""

    async def run() -> T:
        async with opened(chosen) as instance:
            return await work(instance)

    chosen = settings()
    logging.configure(chosen.log, "warning")
    return asyncio.run(run())


def acting(work: Callable[[Instance], Awaitable[T]]) -> T:
    """`with_instance`, for what changes something: it stands in the log of acts afterwards."""
    context = click.get_current_context()
    what = context.command_path.partition(" ")[2]
    detail = {
        name: value
        for name, value in context.params.items()
        if _told(name) and (value or context.get_parameter_source(name) is _TYPED)
    }

    async def noted(instance: Instance) -> T:
        done = await work(instance)
        if not context.params.get("dry_run"):
            await audit.note(who(), what, audit.written(detail))
        return done

    return with_instance(noted)


def _told(name: str) -> bool:
    """Whether an option says what was done; passwords come by standard input, and are in none."""
    return name not in {"json_", "yes", "dry_run"}


def who() -> str:
    """The user of this machine."""
    user = os.getuid()
    try:
        return f"{pwd.getpwuid(user).pw_name} (command line)"
    except KeyError:
        return f"{user} (command line)"


@contextmanager
def broken_off(left: str) -> Iterator[None]:
    """Whoever ends this, by Ctrl-C or as service managers do, is told what is `left`."""
    heard = None
    if threading.current_thread() is threading.main_thread():
        heard = signal.signal(signal.SIGTERM, _as_ctrl_c)
    try:
        yield
    except KeyboardInterrupt:
        fail(f"broken off. {left}", REFUSED)
    finally:
        if heard is not None:
            signal.signal(signal.SIGTERM, heard)


def _as_ctrl_c(_signal: int, _frame: FrameType | None) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as shells have it of what runs behind
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)


@contextmanager
def bar(label: str, length: int, *, hidden: bool) -> Iterator[Callable[[int], None]]:
    """What is told of each step that is done, and shows it where somebody looks."""
    shown: Any = click.progressbar(
        length=length, label=label, hidden=hidden or not sys.stderr.isatty(), file=sys.stderr
    )
    with shown:
        yield shown.update


def tell(sentence: str, **done: Any) -> None:
    """Say what was done: in a sentence, or to a program (`told_as_json`) as facts."""
    show(click.get_current_context().meta.get(_AS_JSON, False), done, sentence)


def show(json_: bool, value: Any, text: str) -> None:
    """Print the value as JSON, or the text; a terminal obeys nothing in it."""
    if json_:
        text = json.dumps(value, ensure_ascii=False, indent=2)
    try:
        click.echo(logging.MOVES.sub(lambda sign: f"\\u{ord(sign[0]):04x}" if json_ else "", text))
    except BrokenPipeError:
        raise
    except OSError as error:
        fail(f"It is done, but standard output did not take all of it ({error})", REFUSED)


def row_id(text: str) -> int:
    """The id that was typed; 0, which no row has, for what can be none."""
    value = int(text) if re.fullmatch(r"[0-9]{1,19}", text) else 0
    return value if value <= ids.BIGGEST else 0


def facts(found: Mapping[str, Any]) -> str:
    """One thing, a line for each of its facts; those that there are none of are left out."""
    known = {
        key.replace("_", " "): value for key, value in found.items() if value not in (None, "")
    }
    width = max(map(len, known), default=0)
    return "\n".join(f"{key:{width}}  {_cell(value)}" for key, value in known.items())


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], empty: str) -> str:
    """The rows as aligned columns with a heading, or the sentence for none."""
    if not rows:
        return empty
    cells = [[_cell(row.get(column, "")) for column in columns] for row in rows]
    widths = [
        max(len(column), *(len(line[place]) for line in cells))
        for place, column in enumerate(columns)
    ]
    lines = [[column.upper().replace("_", " ") for column in columns], *cells]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))
    return "" if value is None else str(value)
