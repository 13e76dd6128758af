"""Language tags."""

from __future__ import annotations

import pytest

from fedigroups.content import languages


@pytest.mark.parametrize("tag", ["en", "pt-BR", "sr-Latn", "es-419", "zh-Hant-TW", "gsw"])
def test_well_formed_tags_are_taken(tag: str) -> None:
    assert languages.tag_or(tag) == tag


@pytest.mark.parametrize("tag", ["", "e", "english", "en_US", 'en" onx="', "en-", "x" * 40, "en\n"])
def test_other_tags_are_not(tag: str) -> None:
    assert languages.tag_or(tag, "en") == "en"


def test_a_language_is_called_what_it_calls_itself() -> None:
    names = [languages.name_of(tag) for tag in ("de", "DE-at", "pt-BR", "tlh")]

    assert names == ["Deutsch", "Deutsch", "Português (Brasil)", "tlh"]


def test_every_tag_that_has_a_name_is_well_formed() -> None:
    assert all(languages.is_tag(tag) for tag in languages.NAMES)
