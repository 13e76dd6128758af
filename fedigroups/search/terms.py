"""This module decides by which terms a text is found: the same for what is kept and what is asked.

Both databases are given ready terms, so that they agree on every script, and no syntax of theirs is
ever made of what somebody typed. A term is letters and digits without accents and capitals. Where
a script writes no spaces (Chinese, Japanese, Thai ...) terms are pairs of signs that follow each
other. A mark is a term that no text can have: who wrote it, where, and what it carries.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from federation import limits

_MARK = "\ue000"
"""Begins every mark: a sign for private use, which is neither letter nor digit."""
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0640]+")
"""On Latin, Greek and Cyrillic letters, and vowels that Hebrew and Arabic mostly leave out."""
_SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_COMBINING = "".join(
    sign for sign in map(chr, range(0x300, 0x12000)) if unicodedata.category(sign)[0] == "M"
)
_LETTER = rf"(?![\0-\x7f])(?:[^\W_{_SPACELESS}]|[{_COMBINING}])"
"""Not in ASCII, which most signs are and is told apart first: to try hundreds of ranges is slow."""
_RUN = re.compile(rf"[{_SPACELESS}]+|(?:[a-z0-9]+|{_LETTER})+")
_IS_SPACELESS = re.compile(rf"[{_SPACELESS}]")


def of(text: str, *, asked: bool = False) -> list[str]:
    """The terms of a text, in its order, cut to `limits.SEARCH_TERMS`.

    With `asked` they are what to look for: of a run without spaces all pairs, or its only sign;
    what is kept has its last sign alone as well, so that every sign begins a term.
    """
    found: list[str] = []
    for match in _RUN.finditer(_folded(text)):  # one by one: few signs can unfold to many words
        run = match[0]
        if _IS_SPACELESS.match(run):
            found += _pairs(run, asked=asked)
        else:
            found.append(run[: limits.SEARCH_TERM_CHARS])
        if len(found) >= limits.SEARCH_TERMS:
            break
    return found[: limits.SEARCH_TERMS]


def is_spaceless(term: str) -> bool:
    """Whether the term is of a script that writes no spaces between words."""
    return bool(_IS_SPACELESS.match(term))


def mark(kind: str, value: str | int) -> str:
    """A mark: `a` author and `g` group by id, `h` what it has, `t` hashtag, `l` language."""
    return f"{_MARK}{kind}{value}".replace("_", "\ue001")


def text_of(terms: Iterable[str]) -> str:
    """The terms as SQLite's index takes them: its tokenizer finds just these in it again."""
    return " ".join(terms)


def vector_of(terms: Iterable[str]) -> str:
    """The terms as a `tsvector` in PostgreSQL's writing (its own parser is passed by)."""
    places: dict[str, list[str]] = {}
    for place, term in enumerate(terms, 1):
        places.setdefault(term, []).append(str(place))
    return " ".join(f"'{term}':{','.join(at)}" for term, at in places.items())


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", bare.casefold())


def _pairs(run: str, *, asked: bool) -> list[str]:
    pairs = [run[at : at + 2] for at in range(len(run) - 1)]
    return pairs if asked and pairs else [*pairs, run[-1]]
