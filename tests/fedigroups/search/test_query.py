"""What a text is found by, and what a query says: the same for both databases."""

from __future__ import annotations

import pytest

from federation import limits
from fedigroups.search import query, terms
from fedigroups.search.query import Phrase
from stopwatch import is_quicker


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("MIG or TIG? 1.6 mm!", ["mig", "or", "tig", "1", "6", "mm"]),
        ("Crème Brûlée, Ångström, Füße", ["creme", "brulee", "angstrom", "fusse"]),
        ("snake_case don't", ["snake", "case", "don", "t"]),
        ("Электросварка Ёлка", ["электросварка", "елка"]),
        ("لحام", ["لحام"]),
        ("वेल्डिंग", ["वेल्डिंग"]),
        ("용접", ["용접"]),
        ("9e\u20dd9é_x\u20dd", ["9e\u20dd9e", "x\u20dd"]),
        ("溶接工のTIG", ["溶接", "接工", "工の", "の", "tig"]),
        ("\ue000a1 \U0001f525 ' \" \\ : * ( )", ["a1"]),
        ("x" * 1_000, ["x" * limits.SEARCH_TERM_CHARS]),
        ("a " * (limits.SEARCH_TERMS + 1), ["a"] * limits.SEARCH_TERMS),
    ],
)
def test_a_text_is_found_by_its_words_without_accents_and_capitals(
    text: str, found: list[str]
) -> None:
    assert terms.of(text) == found


def test_what_is_written_for_either_database_holds_no_sign_of_its_syntax() -> None:
    said = terms.of("it's \\ \"so\" & | ! <-> : * ( ) 'x':1 NEAR AND\0")
    for written in (terms.text_of(said), *said):
        assert written.replace(" ", "").isalnum()
    assert terms.vector_of(["a", "b", "a"]) == "'a':1,3 'b':2"


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("thin Sheet", [Phrase(("thin",), True), Phrase(("sheet",), True)], []),
        ("rod", [Phrase(("rod",))], []),
        ('"thin sheet" -rust', [Phrase(("thin", "sheet"))], [Phrase(("rust",), True)]),
        ('"never closed', [Phrase(("never", "closed"))], []),
        ("溶接", [Phrase(("溶接",))], []),
        ("溶", [Phrase(("溶",), True)], []),
        ("#Thin_Sheet", [Phrase((terms.mark("t", "thin_sheet"),))], []),
        ("has:image", [Phrase((terms.mark("h", "image"),))], []),
        ("-has:link", [], [Phrase((terms.mark("h", "link"),))]),
        ("has:cheese", [Phrase(("has", "cheese"), True)], []),
        ("before:yesterday", [Phrase(("before", "yesterday"), True)], []),
        ('- "" * : -"', [], []),
    ],
)  # fmt: skip
def test_a_query_is_words_phrases_and_conditions(
    text: str, wanted: list[Phrase], unwanted: list[Phrase]
) -> None:
    asked = query.read(text)
    assert (asked.wanted, asked.unwanted) == (wanted, unwanted)


def test_days_are_those_of_utc_and_the_day_after_is_not_that_day() -> None:
    day = 86_400_000
    asked = query.read("after:2026-11-01 before:2026-11-03")
    assert (asked.before - asked.after) == day
    assert query.read("during:2026-11-02") == asked
    for none in ("after:9999-12-31", "before:2026-02-30", "before:0001-01-01x"):
        assert query.read(none).wanted


def test_what_is_too_long_is_cut_where_the_limits_say() -> None:
    assert len(query.read("a " * 100).wanted) == limits.SEARCH_PARTS
    assert query.read("x" * 10_000).wanted[0].terms == ("x" * limits.SEARCH_TERM_CHARS,)


def test_few_signs_that_unfold_to_many_words_are_read_no_further_than_is_kept() -> None:
    blessings = "\ufdfa" * limits.CONTENT_CHARS  # each is four words
    assert len(terms.of(blessings)) == limits.SEARCH_TERMS
    assert is_quicker(0.3, lambda: terms.of(blessings))
