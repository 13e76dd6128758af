"""This module reads what was sent, in whatever form: JSON, a form, multipart, or the query.

Programs send all four to every address. Names may be nested as in `poll[options][]`, in JSON too;
lists are written `id[]=1`, `id=1&id=2` or `id[0]=1`. What is in the body wins over the query.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive

from federation import limits
from federation.errors import Malformed, TooLarge
from federation.ids import BIGGEST
from federation.strict_json import loads

Value: TypeAlias = "str | UploadFile | dict[str, Value] | list[Value]"

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_YES = frozenset({"1", "true", "t", "on", "yes"})
_NO = frozenset({"", "0", "false", "f", "off", "no"})
_TOO_MANY = f"at most {limits.FORM_FIELDS} values are taken"
_CHARSETS = frozenset({b"utf-8", b"utf8", b"us-ascii", b"iso-8859-1"})
"""In which forms are written. Of others some cost the square of a form's length (punycode), some
cannot be read at all, and some make texts that no database takes."""
_INDEX = re.compile(r"[0-9]{1,4}")
_ID = re.compile(r"[0-9]{1,19}")
_PIECE = 64 * 1_024


@dataclass(frozen=True, slots=True)
class Body:
    """What was sent, by name; a name that was not sent reads as nothing."""

    values: dict[str, Value] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str, default: str = "") -> str:
        """A text, of several the last. Raises `Malformed` for what is none."""
        found = self.values.get(name)
        if isinstance(found, list) and found:
            found = found[-1]
        if found is None or found == []:
            return default
        if not isinstance(found, str):
            raise Malformed(f"{name} must be a text")
        return found

    def texts(self, name: str) -> list[str]:
        """All texts of that name, in order; one alone is a list of one."""
        found = self.values.get(name)
        if found is None:
            return []
        return [one for one in _listed(found) if isinstance(one, str)]

    def ids(self, name: str) -> list[int]:
        """The ids among the texts of that name, in order; what cannot be one is left out."""
        found = [int(one) for one in self.texts(name) if _ID.fullmatch(one)]
        return [number for number in found if number <= BIGGEST]

    def flag(self, name: str, default: bool = False) -> bool:
        """`true`, `1`, `on` or their opposites. Raises `Malformed` for anything else."""
        if name not in self.values:
            return default
        word = self.text(name).lower()
        if word not in _YES | _NO:
            raise Malformed(f"{name} must be true or false")
        return word in _YES

    def number(self, name: str, default: int = 0, *, least: int = 0, most: int = BIGGEST) -> int:
        """A whole number, brought within bounds. Raises `Malformed` for what is none."""
        word = self.text(name)
        if not word:
            return default
        if not re.fullmatch(r"-?[0-9]{1,19}", word, re.ASCII):
            raise Malformed("{name} must be a whole number", name=name)
        return min(max(int(word), least), most)

    def part(self, name: str) -> Body:
        """What is nested under a name, as in `subscription[endpoint]`."""
        found = self.values.get(name)
        return Body(found if isinstance(found, dict) else {})

    def parts(self, name: str) -> list[Body]:
        """A list of what is nested, as in `fields_attributes[0][name]`."""
        found = self.values.get(name)
        if found is None:
            return []
        return [Body(one) for one in _listed(found) if isinstance(one, dict)]

    def file(self, name: str) -> UploadFile | None:
        """A file that was sent in a form."""
        found = self.values.get(name)
        return found if isinstance(found, UploadFile) else None

    async def close(self) -> None:
        """Let go of the files that were sent."""
        for one in self.values.values():
            if isinstance(one, UploadFile):
                await one.close()


async def read(request: Request, *, most: int = limits.FORM_BYTES, files: int = 0) -> Body:
    """What the request says, in its query and in a body of at most `most` bytes.

    Raises `TooLarge` for more, and for too many values in whatever form; `Malformed` for what
    cannot be read. A body of another type than the three says nothing. Files are refused unless so
    many are wanted.
    """
    values: dict[str, Value] = {}
    _fill(values, request.query_params.multi_items())
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    sent: dict[str, Value] = {}
    if kind == "application/json":
        _fill(sent, await _json(request, most))
    elif kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        _fill(sent, (await _form(request, most, files)).multi_items())
    return Body(values | sent)


async def pieces(file: UploadFile) -> AsyncIterator[bytes]:
    """What is in a file that was sent, piece by piece."""
    while piece := await file.read(_PIECE):
        yield piece


async def _json(request: Request, most: int) -> Iterable[tuple[str, Any]]:
    raw = bytearray()
    async for piece in _counted(request, most).stream():
        raw += piece
    if not raw.strip():
        return ()
    return _flat(loads(bytes(raw)))


def _flat(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in document.items() if value is not None)


async def _form(request: Request, most: int, files: int) -> FormData:
    _, said = parse_options_header(request.headers["content-type"])
    if said.get(b"charset", b"utf-8").lower() not in _CHARSETS:
        raise Malformed("a form is written in UTF-8")
    try:
        return await _counted(request, most).form(
            max_files=files, max_fields=limits.FORM_FIELDS, max_part_size=most
        )
    except HTTPException as error:
        if error.detail.startswith("Too many fields"):
            raise TooLarge(_TOO_MANY) from error
        raise Malformed(f"the form cannot be read: {error.detail}") from error


def _counted(request: Request, most: int) -> Request:
    """The request, of which no more is read than that."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > most:
        raise TooLarge(f"that is more than the {most} bytes that are taken here")
    return Request(request.scope, _counting(request.receive, most))


def _counting(receive: Receive, most: int) -> Receive:
    read = 0

    async def counting() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > most:
            raise TooLarge(f"that is more than the {most} bytes that are taken here")
        return message

    return counting


def _fill(values: dict[str, Value], pairs: Iterable[tuple[str, Any]]) -> None:
    for count, (name, value) in enumerate(pairs):
        if count >= limits.FORM_FIELDS:
            raise TooLarge(_TOO_MANY)
        steps = _path(name)
        _put(values, steps, _clean(value, limits.FORM_DEPTH - len(steps) + 1))


def _path(name: str) -> list[str]:
    """`fields[0][name]` as its steps; an empty step appends."""
    match = _NAME.fullmatch(name)
    steps = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])] if match else [name]
    if len(steps) > limits.FORM_DEPTH:
        raise Malformed(f"names are nested at most {limits.FORM_DEPTH} deep")
    return steps


def _clean(value: Any, depth: int) -> Value:
    """A value of JSON as a form would have it: texts, lists and what is nested."""
    if depth == 0:
        raise Malformed(f"values are nested at most {limits.FORM_DEPTH} deep")
    if isinstance(value, Mapping):
        inner: dict[str, Value] = {}
        for name, one in _flat(value):
            _put(inner, [str(name)], _clean(one, depth - 1))
        return inner
    if isinstance(value, list | tuple):
        return [_clean(one, depth - 1) for one in value if one is not None]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, UploadFile):
        return value
    text = str(value)
    if "\0" in text:
        raise Malformed("texts hold no NUL")
    return text


def _put(values: dict[str, Value], steps: list[str], value: Value) -> None:
    name, rest = steps[0], steps[1:]
    there = values.get(name)
    if not rest:
        values[name] = value if there is None else [*_listed(there), *_listed(value)]
    elif rest[0] == "":
        values[name] = _appended(_listed(there) if there is not None else [], rest[1:], value)
    else:
        inner = there if isinstance(there, dict) else {}
        _put(inner, rest, value)
        values[name] = inner


def _appended(found: list[Value], rest: list[str], value: Value) -> list[Value]:
    """`options[]=a` appends; `fields[][name]=a` begins a new one where the last has a name."""
    if not rest:
        return [*found, *_listed(value)]
    last = found[-1] if found else None
    if not isinstance(last, dict) or rest[0] in last:
        last = {}
        found = [*found, last]
    _put(last, rest, value)
    return found


def _listed(found: Value) -> list[Value]:
    if isinstance(found, list):
        return found
    if isinstance(found, dict) and found and all(map(_INDEX.fullmatch, found)):
        return [found[index] for index in sorted(found, key=int)]
    return [found]
