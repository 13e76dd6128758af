"""This module writes the handbook's page of the numbers that bound strangers, from their source."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise

from federation import limits

_TOP = """# Limits

What a stranger can make this server do has a number. These are no settings: each was chosen with
the others in view. This page is made from `federation/limits.py` by `make handbook`.
"""
_TABLE = "\n| limit | is | what it bounds |\n|---|---:|---|\n"


def limits_page() -> str:
    """The page, in Markdown: a table for each part of `federation.limits`."""
    source = inspect.getsource(limits)
    described = _described(source)
    page, is_new = [_TOP], True
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
