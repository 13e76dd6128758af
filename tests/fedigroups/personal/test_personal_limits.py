"""What one person keeps for themselves is bounded: at each number, below and above it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

import scenery
from federation import limits
from federation.errors import Malformed
from fedigroups.api.body import Body
from fedigroups.mastodon.reading import windows
from fedigroups.personal import drafts, hashtags, listings, stances, word_filters
from fedigroups.personal.drafts import Written
from fedigroups.personal.word_filters import Keyword, Rule
from fedigroups.store import Store

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["sqlite"])]

RULE = Rule("No ads", ("home",), "hide", 0)
Once = Callable[[int], Awaitable[object]]


async def until_full(most: int, once: Once) -> None:
    """See that it is taken so many times, and not once more."""
    for number in range(most):
        await once(number)
    with pytest.raises(Malformed, match=str(most)):
        await once(most)


async def test_one_person_has_so_many_lists_filters_and_hashtags(database: Store) -> None:
    assert (limits.LISTINGS, limits.FILTERS, limits.FOLLOWED_TAGS) == (50, 100, 200)
    olga = (await scenery.person("olga@groups.example")).id
    await until_full(50, lambda n: listings.make(olga, f"{n}", "list", exclusive=False))
    await until_full(100, lambda _: word_filters.make(olga, RULE, []))
    await until_full(200, lambda n: hashtags.follow(olga, f"tag{n}"))
    tom = (await scenery.person("tom@groups.example")).id
    await hashtags.follow(tom, "welding")
    await listings.make(tom, "Mine", "list", exclusive=False)


async def test_a_list_and_a_filter_hold_so_much(database: Store) -> None:
    assert (limits.LISTED, limits.FILTER_KEYWORDS, limits.FILTER_STATUSES) == (500, 100, 100)
    olga = (await scenery.person("olga@groups.example")).id
    people = [(await scenery.person(f"u{n}@m.example")).id for n in range(501)]
    made = await listings.make(olga, "All", "list", exclusive=False)
    await listings.add(made["id"], people[:499])
    await listings.add(made["id"], people[499:500])
    with pytest.raises(Malformed, match="500"):
        await listings.add(made["id"], people[500:])
    kept = await word_filters.make(olga, RULE, [])
    await until_full(100, lambda n: word_filters.add_keyword(kept, Keyword(f"word{n}")))
    await until_full(100, lambda n: word_filters.add_post(kept, n + 1))


async def test_of_more_drafts_the_oldest_are_forgotten(database: Store) -> None:
    assert limits.DRAFTS == 50
    olga = (await scenery.person("olga@groups.example")).id
    for number in range(51):
        assert await drafts.find(olga, "0") is not None or number == 0
        await drafts.keep(olga, str(number), Written("", f"{number}", "", ""))
    assert [await drafts.find(olga, place) is None for place in ("0", "1", "50")] == [
        *(True, False, False),
    ]


async def test_a_note_about_somebody_has_so_many_characters(database: Store) -> None:
    most = limits.NOTE_CHARS
    assert most == 2_000
    olga, tom = [(await scenery.person(f"{n}@groups.example")).id for n in ("olga", "tom")]
    for chars in (most - 1, most):
        await stances.note(olga, tom, "x" * chars)
    with pytest.raises(Malformed, match=str(most)):
        await stances.note(olga, tom, "x" * (most + 1))


def test_a_page_has_so_many_entries_whatever_is_asked_for(kind: str) -> None:
    assert limits.PAGE_ENTRIES == 80
    asked = [windows.asked(Body({"limit": str(n)})).limit for n in (79, 80, 81, 10**9)]
    assert asked == [79, 80, 80, 80]
