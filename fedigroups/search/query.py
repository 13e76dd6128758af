"""This module decides what a query says: words, phrases, and who, where, when and what.

Nothing is ever wrong: what is no operator is a word. `from:@ann@m.example in:welders
after:2026-11-01 before:2026-12-01 has:image language:de #tig "thin sheet" -rust`
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from federation import limits
from fedigroups.content import hashtags
from fedigroups.search import terms

HAS = frozenset({"image", "video", "audio", "media", "link", "poll"})
BEGINS = 4
"""A word of so many letters is found as the beginning of longer ones too: weld, welding."""

_PART = re.compile(
    r'(?P<no>-?)(?:"(?P<phrase>[^"]*)"?|(?P<key>[a-z]+):(?P<value>\S+)|(?P<word>\S+))'
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Terms that follow each other; the last is the beginning of a word if it is `open`."""

    terms: tuple[str, ...]
    open: bool = False


@dataclass(frozen=True, slots=True)
class Name:
    """Somebody (`a`) or a group (`g`) by the name that was typed; ids are found for it later."""

    kind: str
    name: str
    no: bool = False


@dataclass(slots=True)
class Asked:
    """A query as read. All of `wanted` must be there, none of `unwanted`.

    Times are milliseconds: from `after` on, and before `before`; 0 for none.
    """

    wanted: list[Phrase] = field(default_factory=list)
    unwanted: list[Phrase] = field(default_factory=list)
    names: list[Name] = field(default_factory=list)
    after: int = 0
    before: int = 0

    def add(self, phrase: Phrase, *, no: bool = False) -> None:
        """One more that must be there, or may not."""
        (self.unwanted if no else self.wanted).append(phrase)


def read(text: str) -> Asked:
    """What the query says, of its first `limits.SEARCH_PARTS` parts; never raises."""
    asked = Asked()
    for found in list(_PART.finditer(text[: limits.QUERY_CHARS]))[: limits.SEARCH_PARTS]:
        no = bool(found["no"])
        if found["phrase"] is not None:
            _words(asked, found["phrase"], no=no, exact=True)
        elif found["word"] is not None:
            _word(asked, found["word"], no=no)
        else:
            operator = _OPERATORS.get(found["key"])
            if operator is None or not operator(asked, found["value"], no):
                _words(asked, f"{found['key']}:{found['value']}", no=no)
    return asked


def _word(asked: Asked, word: str, *, no: bool) -> None:
    if word.startswith("#") and (name := hashtags.name_of(word)):
        asked.add(Phrase((terms.mark("t", name),)), no=no)
    else:
        _words(asked, word, no=no)


def _words(asked: Asked, text: str, *, no: bool, exact: bool = False) -> None:
    """A phrase of the text; a single sign of a script without spaces begins a pair."""
    found = terms.of(text, asked=True)
    if not found:
        return
    last = found[-1]
    if terms.is_spaceless(last):
        is_open = len(last) == 1
    else:
        is_open = (not exact or text.endswith("*")) and len(last) >= BEGINS
    asked.add(Phrase(tuple(found), is_open), no=no)


def _from(asked: Asked, value: str, no: bool) -> bool:
    asked.names.append(Name("a", value.lower().lstrip("@"), no))
    return True


def _in(asked: Asked, value: str, no: bool) -> bool:
    asked.names.append(Name("g", value.lower().lstrip("@!"), no))
    return True


def _has(asked: Asked, value: str, no: bool) -> bool:
    if value not in HAS:
        return False
    asked.add(Phrase((terms.mark("h", value),)), no=no)
    return True


def _language(asked: Asked, value: str, no: bool) -> bool:
    if not (value.isascii() and value.isalpha()):
        return False
    asked.add(Phrase((terms.mark("l", value.lower()),)), no=no)
    return True


def _before(asked: Asked, value: str, no: bool) -> bool:
    return _between(asked, 0, _day(value), no)


def _after(asked: Asked, value: str, no: bool) -> bool:
    return _between(asked, _day(value, days=1), 0, no)


def _during(asked: Asked, value: str, no: bool) -> bool:
    return _between(asked, _day(value), _day(value, days=1), no)


def _between(asked: Asked, after: int, before: int, no: bool) -> bool:
    if no or not (after or before):
        return False
    asked.after = max(asked.after, after)
    asked.before = min(asked.before or before, before or asked.before)
    return True


def _day(value: str, days: int = 0) -> int:
    """When that day begins in UTC, or so many days later; 0 for what is no day."""
    try:
        day = datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days)
    except (ValueError, OverflowError):
        return 0
    return max(int(day.timestamp() * 1_000), 1)


_OPERATORS: dict[str, Callable[[Asked, str, bool], bool]] = {
    "from": _from,
    "in": _in,
    "has": _has,
    "language": _language,
    "before": _before,
    "after": _after,
    "during": _during,
}
