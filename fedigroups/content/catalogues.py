"""This module reads the catalogs of translated texts, for pages and for what is sent to people."""

from __future__ import annotations

import gettext
import io
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).resolve().parents[1] / "web" / "locale"


def noted(text: str) -> str:
    """The text itself: marked for the catalogs where it stands, said elsewhere."""
    return text


@lru_cache(maxsize=64)
def read(language: str) -> gettext.NullTranslations:
    """The texts of a language, English where there is no catalog of it.

    Raises an error of Babel's when the file cannot be read.
    """
    path = FOLDER / f"{language}.po"
    if not language.isalpha() or not path.is_file():
        return gettext.NullTranslations()
    written = io.BytesIO()
    with path.open("rb") as file:
        write_mo(written, read_po(file, locale=language, abort_invalid=True))
    written.seek(0)
    return gettext.GNUTranslations(written)


def saying(tag: str) -> Callable[[str], str]:
    """What says a noted text in the language of a tag such as `it` or `pt-BR`."""
    return read(tag.partition("-")[0].lower()).gettext
