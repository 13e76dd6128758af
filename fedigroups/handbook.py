"""This module writes the handbook's pages that are made from the code, so that none is wrong."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import click
from starlette.routing import BaseRoute, Route, WebSocketRoute

from federation import limits, metrics

_LIMITS = """# Limits

What a stranger can make this server do has a number. These are no settings: each was chosen with
the others in view. This page is made from `federation/limits.py` by `make handbook`.

Requests, attempts and look-ups, and what is done at once, each process counts for itself: with
three of them there may be three times as many. What has rows (reports, letters, uploads, mentions)
is counted for all together.
"""
_TABLE = "\n| limit | is | what it bounds |\n|---|---:|---|\n"
_COMMANDS = """# Commands

Every command, as `--help` explains it. Exit status: 0 done, 1 refused or failed, 2 wrong arguments,
3 wrong settings or database. This page is made from the program by `make handbook`.
"""
_ROUTES = """# Addresses

Every address that this server answers at. This page is made from the program by `make handbook`.

| address | methods | what it is |
|---|---|---|
"""
_METRICS = """# Metrics

What `/metrics` shows; how to read it is on the page on [monitoring](monitoring.md). This page is
made from `federation/metrics.py` by `make handbook`.

| metric | kind | labels | what it means |
|---|---|---|---|
"""
_EVENTS = """# Log events

Each line of the log has an `event`, which stays what it is from version to version, and facts. What
the most important ones mean is on the page [when something is wrong](troubleshooting.md). This page
is made from the source by `make handbook`.

| event | level | facts |
|---|---|---|
"""
_LEVELS = frozenset({"debug", "info", "warning", "error", "exception"})


def limits_page() -> str:
    """The page, in Markdown: a table for each part of `federation.limits`."""
    source = inspect.getsource(limits)
    described = _described(source)
    page, is_new = [_LIMITS], True
    for number, line in enumerate(source.splitlines(), 1):
        if line.startswith("# "):
            page.append(f"\n## {line.removeprefix('# ')}\n")
            is_new = True
        elif number in described:
            name, words = described[number]
            page.append(_TABLE if is_new else "")
            page.append(f"| `{name}` | {_written(getattr(limits, name))} | {words} |\n")
            is_new = False
    return "".join(page)


def _described(source: str) -> dict[int, tuple[str, str]]:
    """By line: the name that is bound there, and the sentence below it."""
    found: dict[int, tuple[str, str]] = {}
    for statement, below in pairwise(ast.parse(source).body):
        if isinstance(statement, ast.Assign) and isinstance(below, ast.Expr):
            name = ast.unparse(statement.targets[0])
            found[statement.lineno] = name, " ".join(ast.literal_eval(below.value).split())
    return found


def _written(value: float | tuple[float, float]) -> str:
    if isinstance(value, tuple):
        return " to ".join(_written(one) for one in value)
    return f"{value:,.0f}"


def commands_page(root: click.Command) -> str:
    """The page of all commands: what each does, and its options."""
    return _COMMANDS + "".join(_explained(root, "fedigroups", None))


def _explained(command: click.Command, path: str, above: click.Context | None) -> Iterator[str]:
    context = click.Context(command, parent=above, info_name=path.rpartition(" ")[2])
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from _explained(below, f"{path} {name}", context)
        return
    words = " ".join(command.collect_usage_pieces(context))
    help_ = inspect.cleandoc(command.help or "").replace("\b\n", "")
    yield f"\n## {path}\n\n```text\n{path} {words}\n```\n\n{help_}\n"
    options = [
        f"- `{', '.join(one.opts + one.secondary_opts)}` {one.help}\n"
        for one in command.params
        if isinstance(one, click.Option) and not one.hidden
    ]
    yield "".join(["\n", *options]) if options else ""
    if command.epilog:
        lead, _, example = command.epilog.partition(": ")
        yield f"\n{lead}:\n\n```sh\n{example}\n```\n"


def routes_page(routes: Sequence[BaseRoute]) -> str:
    """The page of all addresses, in order; of one without a sentence the cell is empty."""
    rows = []
    shown = [one for one in routes if isinstance(one, Route | WebSocketRoute)]
    for route in sorted(shown, key=lambda one: (one.path, _methods(one))):
        said = _sentence(route.endpoint)
        rows.append(f"| `{route.path}` | {', '.join(_methods(route))} | {said} |\n")
    return _ROUTES + "".join(rows)


def _methods(route: Route | WebSocketRoute) -> list[str]:
    if isinstance(route, WebSocketRoute):
        return ["WebSocket"]
    return sorted((route.methods or set()) - {"HEAD"})


def _sentence(endpoint: object) -> str:
    words = " ".join((inspect.getdoc(endpoint) or "").split("\n\n")[0].split())
    return words.replace("|", "\\|")


def metrics_page() -> str:
    """The page of all metrics of ours."""
    rows = []
    for one in described_metrics():
        labels = ", ".join(f"`{name}`" for name in one._labelnames)
        name = metrics.names_of(one)[0]
        rows.append(f"| `{name}` | {one._type} | {labels} | {one._documentation} |\n")
    return _METRICS + "".join(rows)


def described_metrics() -> list[metrics.Metric]:
    """Every metric of ours, in the order of the source."""
    return [one for one in vars(metrics).values() if isinstance(one, metrics.Metric)]


def events_page(folder: Path) -> str:
    """The page of what the sources below a folder log."""
    found: dict[tuple[str, str], set[str]] = {}
    for package in ("federation", "inbox", "outbox", "fedigroups"):
        for path in sorted((folder / package).rglob("*.py")):
            for name, level, facts in _events(ast.parse(path.read_text(encoding="utf-8"))):
                found.setdefault((name, level), set()).update(facts)
    rows = [
        f"| `{name}` | {level} | {', '.join(f'`{fact}`' for fact in sorted(facts))} |\n"
        for (name, level), facts in sorted(found.items())
    ]
    return _EVENTS + "".join(rows)


def _events(tree: ast.Module) -> Iterator[tuple[str, str, list[str]]]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "log"
            and node.func.attr in _LEVELS
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            facts = [one.arg for one in node.keywords if one.arg and one.arg != "exc_info"]
            level = "error" if node.func.attr == "exception" else node.func.attr
            yield str(node.args[0].value), level, facts
