"""This module says why something was refused in the language of the page.

The rules below the pages refuse in English: with a template and the values in it. What pages can
meet of it is known here by its template. What is not known is shown as it came.
"""

from __future__ import annotations

from datetime import datetime

from federation import clock
from federation.errors import FederationError
from federation.sentences import Sentence
from fedigroups.web import refused_anybody, refused_hosts, words
from fedigroups.web.translation import gettext as _

KNOWN = refused_anybody.SAID | refused_hosts.SAID
"""By the template of a rule, the text of pages with the same values."""


def said(error: Exception) -> str:
    """What the error says, to whoever reads the page."""
    return of_text(error.sentence if isinstance(error, FederationError) else str(error))


def of_text(text: str) -> str:
    """The same, of the words of a refusal; of one in a sentence around it, the refusal alone."""
    sentence = Sentence(text)
    refusal = sentence.values.get("refusal")
    if isinstance(refusal, str) and refusal:
        return of_text(refusal)
    if known := KNOWN.get(sentence.template):
        return _(known, **{name: _told(value) for name, value in sentence.values.items()})
    return _(text) if text else ""


def _told(value: object) -> object:
    """A value as pages say it: numbers and times after the custom of the language."""
    if isinstance(value, datetime):
        return words.exact(clock.ms_of(value.isoformat()))
    return words.number(value) if isinstance(value, int) else value
