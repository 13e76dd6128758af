"""What is refused below the pages has its words on them, and they have none that nobody says."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import federation.errors
from federation.errors import Refused
from fedigroups.web import app_words, refusals, translation
from tests.hygiene.unseen_refusals import UNSEEN

ROOT = Path(__file__).resolve().parents[2]
SAID = {"refused_anybody.py", "refused_hosts.py", "app_words.py"}
DECODER = "decoder.py"
"""A program of its own, which ends sentences of `media/decoding.py`."""
BELOW = (
    *("accounts", "content", "groups", "media", "moderation", "personal"),
    *("web", "about.py", "announcements.py", "blocklist.py"),
)
"""Where that is refused of which pages tell."""
REFUSED = {
    name
    for name, one in vars(federation.errors).items()
    if isinstance(one, type) and issubclass(one, Refused)
} | {"Sentence", "NotTheirs"}


def sources(*below: str) -> Iterator[ast.Module]:
    for name in below:
        place = ROOT / "fedigroups" / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            if path.name not in {*SAID, DECODER}:
                yield ast.parse(path.read_text(encoding="utf-8"))


def texts(node: ast.expr) -> Iterator[str]:
    """The texts that the argument may be; an f-string, which no page can look up, with `{}`."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr():
            parts = (one.value if isinstance(one, ast.Constant) else "{}" for one in node.values)
            yield "".join(map(str, parts))
        case ast.IfExp():
            yield from (*texts(node.body), *texts(node.orelse))


def raised() -> set[str]:
    """What is refused below the pages, as it is written there."""
    return {
        text
        for module in sources(*BELOW)
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id in REFUSED and node.args
        for text in texts(node.args[0])
    }


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def written() -> set[str]:
    """Each text in the source that is no part of another one."""
    return {
        node.value
        for root in ("federation", "fedigroups", "inbox", "outbox")
        for path in (ROOT / root).rglob("*.py")
        if path.name not in SAID
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_each_refusal_that_a_page_can_meet_has_its_words_there() -> None:
    around = {one for one in raised() if "refusal" in fields(one)}
    missing = raised() - set(refusals.KNOWN) - app_words.SENTENCES - UNSEEN - around
    assert sorted(missing) == [], "give it words in web/refused_*.py"


def test_no_words_are_there_for_what_nobody_refuses() -> None:
    assert sorted(set(refusals.KNOWN) - written()) == []
    assert sorted(UNSEEN - raised()) == []
    assert set() == UNSEEN & set(refusals.KNOWN)


def test_words_of_a_page_have_no_value_that_the_refusal_does_not_give() -> None:
    for template, text in refusals.KNOWN.items():
        given = dict.fromkeys(fields(template), "x")
        assert translation.gettext(text, **given), template
