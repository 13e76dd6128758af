"""This module decides who is asking, a program or a person, and which media types are activities.

RFC 9110 sections 8.3 and 12.5.1.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from federation import limits
from federation.vocabulary import ACTIVITY_JSON, AS2

_LINKED_DATA = "application/ld+json"
_PROGRAMS = frozenset({ACTIVITY_JSON, _LINKED_DATA, "application/json"})
_PEOPLE = frozenset({"text/html", "application/xhtml+xml", "text/*"})

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PARAMETER = re.compile(rf';[ \t]*(?:([\w.+-]+)=({_QUOTED}|[^\s;,"]+)[ \t]*)?', re.ASCII)
_MEDIA = re.compile(r"[ \t]*([\w.+*-]+/[\w.+*-]+)[ \t]*", re.ASCII)
_COMMAS = re.compile(rf"(?:[^,\"]|{_QUOTED})+")


class _Media(NamedTuple):
    name: str
    parameters: dict[str, str]


def wants_activity(accept: str) -> bool:
    """Whether an Accept header asks for the activity rather than for the page.

    People are the default: without a preference, or with equal ones, it is the page.
    """
    if len(accept) > limits.MEDIA_CHARS:
        return False
    program = person = 0.0
    for part in _COMMAS.findall(accept):
        media = _media(part)
        if media is None:
            continue
        if media.name in _PROGRAMS:
            program = max(program, _quality(media))
        elif media.name in _PEOPLE:
            person = max(person, _quality(media))
    return program > person


def is_activity_type(content_type: str) -> bool:
    """Whether another server's answer claims to be an activity document; nothing else is believed.

    `application/activity+json` with any parameters, or `application/ld+json` with the
    ActivityStreams profile as one whole token (GHSA-jhrq-qvrm-qr36). Several media types are none.
    """
    media = _media(content_type)
    if media is None:
        return False
    if media.name == _LINKED_DATA:
        return AS2 in media.parameters.get("profile", "").split()
    return media.name == ACTIVITY_JSON


def is_inbox_type(content_type: str) -> bool:
    """Whether what was posted to an inbox is worth parsing: any JSON that peers send."""
    media = _media(content_type)
    return media is not None and media.name in _PROGRAMS


def _media(value: str) -> _Media | None:
    """The one media type in a header; None for several, none, or one parameter given twice."""
    if len(value) > limits.MEDIA_CHARS or not (match := _MEDIA.match(value)):
        return None
    name, position, parameters = match[1].lower(), match.end(), dict[str, str]()
    while position < len(value):
        parameter = _PARAMETER.match(value, position)
        if parameter is None:
            return None
        position = parameter.end()
        key, given = parameter[1], parameter[2]
        if key is None:
            continue
        if key.lower() in parameters:
            return None
        parameters[key.lower()] = _unquoted(given)
    return _Media(name, parameters)


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _quality(media: _Media) -> float:
    """Between 0 and 1; a weight that cannot be read is none at all."""
    value = media.parameters.get("q", "1")
    return min(float(value), 1.0) if re.fullmatch(r"[0-9](?:\.[0-9]{0,3})?", value) else 0.0
