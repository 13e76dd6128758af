"""This module keeps a page that is out of date from undoing what was changed meanwhile.

A form bears a mark of each value that it was made of. Of what is another value by now, a field that
was left as it was follows it. One that both changed is asked about: nothing is kept, and what it
says now stands beside what was typed. A second press is meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType

from federation.errors import Malformed
from fedigroups.api.body import Body
from fedigroups.web.translation import gettext as _
from fedigroups.web.translation import noted

FIELD = "seen"
MEANWHILE = noted(
    "This was changed meanwhile. It says now: “%(now)s”. Press again, and yours takes its place."
)
EMPTIED = noted("This was emptied meanwhile. Press again, and yours takes its place.")
_ITSELF: Mapping[str, str] = MappingProxyType({})


def mark(values: Mapping[str, object]) -> str:
    """What a form of these values bears."""
    return ".".join(_digest(values[name]) for name in sorted(values))


def check(sent: Body, values: Mapping[str, object], field: str = FIELD) -> None:
    """Raises `Malformed` for a decision on a page that showed other values than these."""
    if field in sent and sent.text(field) != mark(values):
        raise Malformed("something was changed or decided meanwhile")


def met(
    seen: str,
    now: Mapping[str, object],
    typed: Mapping[str, str],
    words: Mapping[str, str] = _ITSELF,
) -> tuple[dict[str, str], dict[str, str]]:
    """The fields that follow what was changed meanwhile, and by field what is asked.

    `seen` is the mark in the form; a form without one asks nothing. `words` says what a value is
    called that people do not read.
    """
    names = sorted(now)
    marks = seen.split(".")
    following: dict[str, str] = {}
    asked: dict[str, str] = {}
    for name, before in zip(names, marks if len(marks) == len(names) else (), strict=False):
        stands, wanted = _plain(now[name]), _plain(typed.get(name, ""))
        if before == _digest(stands) or stands == wanted:
            continue
        if before == _digest(wanted):
            following[name] = stands
        elif stands:
            asked[name] = _(MEANWHILE, now=_(words.get(stands, stands)))
        else:
            asked[name] = _(EMPTIED)
    return following, asked


def _plain(value: object) -> str:
    return str(value).replace("\r\n", "\n").strip()


def _digest(value: object) -> str:
    return sha256(_plain(value).encode()).hexdigest()[:12]
