"""This module knows what every table's class begins with: `Model`, as tortoise-orm has it.

It looks for comments that describe columns in the source of each class, which takes a fifth of a
second of every start, and finds none: ours stand in docstrings. `_no_comments` is private to
tortoise-orm ~= 1.1.9; tests/federation/test_table.py watches it.
"""

from __future__ import annotations

from typing import Any

from tortoise import models


class _Unread(models.ModelMeta):
    __slots__ = ()

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> _Unread:
        return super().__new__(cls, name, bases, attrs | {"_no_comments": True})  # type: ignore[return-value]


class Model(models.Model, metaclass=_Unread):
    """A table, by its columns."""

    class Meta:
        abstract = True
