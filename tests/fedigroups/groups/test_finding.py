"""Finding posts: what is said is found at once, what is hidden, changed or gone is not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from federation import clock, limits, storage
from federation.models import Actor
from fedigroups.accounts.people import person_named
from fedigroups.groups import finding, indexing, speaking
from fedigroups.groups.finding import Found, Search
from fedigroups.groups.models import Member, Post
from fedigroups.groups.speaking import Text
from fedigroups.personal import hosts
from fedigroups.personal.models import Stance
from world import Town, World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def town(world: World) -> AsyncIterator[Town]:
    town = await world.town()
    with town.instance.store.context():
        yield town


async def found(text: str, reader: str = "", **more: int) -> list[str]:
    """The beginnings of the texts that somebody finds."""
    return await words(await find(text, reader, **more))


async def find(text: str, reader: str = "", **more: int) -> Found:
    actor = await Actor.get(username=reader) if reader else None
    return await finding.find(Search(text, actor.id if actor else 0, "groups.example"), **more)


async def words(some: Found) -> list[str]:
    posts = {post.id: post for post in await Post.filter(id__in=list(some.ids))}
    return [posts[id].content.removeprefix("<p>").split("</p>")[0] for id in some.ids]


SAID = (
    "Which rod for thin sheet?",
    "Sheet that is thin takes 1.6 mm. See https://m.example/rods",
    "Schweißgerät gesucht #Berlin",
    "Un café à Orléans",
    "東京で溶接を習う",
    "Электросварка и ржавчина",
)
FINDS = {
    "sheet": (1, 0),
    "SHEETS": (),
    "shee": (1, 0),
    "she": (),
    '"thin sheet"': (0,),
    "thin -rod": (1,),
    "thin -weld": (1, 0),
    "-thin": (),
    "SCHWEISSGERÄT": (2,),
    "schweissgerat": (2,),
    "cafe orleans": (3,),
    "溶接": (4,),
    "溶": (4,),
    "う": (4,),
    "接溶": (),
    "ржавч": (5,),
    "#berlin": (2,),
    "#berli": (),
    "berlin": (2,),
    "from:tom sheet": (1,),
    "from:@olga@groups.example sheet": (0,),
    "from:@tom@evil.example sheet": (),
    "sheet -from:tom": (0,),
    "in:welders sheet": (1, 0),
    "in:bakers sheet": (),
    "has:link": (1,),
    "has:image": (),
    "language:en sheet": (1, 0),
    "sheet after:2020-01-01": (1, 0),
    "sheet before:2020-01-01": (),
    "sheet during:2020-01-01": (),
}


async def test_posts_are_found_by_words_phrases_and_conditions_in_every_script(town: Town) -> None:
    for number, text in enumerate(SAID):
        await town.write(("olga", "tom")[number % 2], text)
    finds = {text: await find(text) for text in FINDS}
    ids_ = [post.id for post in await Post.all().order_by("id")]
    assert {text: tuple(ids_.index(id) for id in some.ids) for text, some in finds.items()} == FINDS
    assert await found("from:me sheet", "tom") == await found("from:tom sheet")


HOSTILE = (
    *('"', '""', '"a', "NEAR(", "NEAR(a b, 2)", "a AND", "AND", "OR OR", "NOT", "a NOT", "col:x"),
    *("terms:a", "^a", "a*", "*", "**", "a + b", "(a", "a)", "{a b}: c", "- -", "-", "' OR 1=1 --"),
    *("%", "_", "\\", "a\\", "'", "a:*", "a & b", "a | b", "!a", "a <-> b", "<2>", ":", "a:", ":a"),
    *("from:", "from:@", "from:'; DROP TABLE post; --", "in:!@", "#", "##", "before:", "has:"),
    *("\0", "a\0b", "\ud800", "\ue000a1", "x" * 10_000, "a " * 5_000, "\u0301", "🔥", "?", "$1 ?"),
)


async def test_no_query_and_no_text_has_a_syntax_that_breaks_anything(town: Town) -> None:
    # H182, H183
    whole = " ".join(HOSTILE).replace("\0", "").encode("utf-8", "ignore").decode()
    await town.write("olga", f"```\nrod {whole} end\n```")
    for text in HOSTILE:
        await find(text)
        await find(f"rod {text}")
    assert len((await find("rod end <2>")).ids) == 1


async def test_what_is_edited_removed_or_deleted_is_found_as_it_is_now(town: Town) -> None:
    post = await town.write("tom", "Which rod?", "Title")
    tom, olga = await person_named(town.wire, "tom"), await person_named(town.wire, "olga")
    with clock.held(clock.now_ms() + 2_000):
        await speaking.edit(town.wire, tom, await Post.get(id=post.id), Text("Which torch? #tig"))
    assert (await found("rod"), await found("torch"), await found("#tig title")) == (
        *([], ["Which torch? #tig"]),
        ["Which torch? #tig"],
    )
    other = await town.write("tom", "Which torch is best?")
    await speaking.remove(town.wire, olga, await Post.get(id=other.id), "spam")
    assert len(await found("torch")) == 1
    await speaking.delete(town.wire, tom, await Post.get(id=post.id))
    assert await found("torch") == []
    assert (await indexing.counts()).indexed == 1  # the removed one may come back


async def test_what_is_rolled_back_was_never_to_be_found(town: Town) -> None:
    async def broken_off() -> None:
        async with storage.transaction():
            await town.write("tom", "Which rod?")
            assert await found("rod") == ["Which rod?"]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await broken_off()
    assert (await indexing.counts()).indexed == 0


async def test_nobody_finds_what_they_would_not_meet(town: Town) -> None:
    post = await town.write("tom", "Which rod?")
    olga, tom = await Actor.get(username="olga"), await Actor.get(username="tom")
    everybody = ("", "olga", "tom", "mia")
    await Actor.create(**_person("mia"))

    async def who_finds() -> set[str]:
        return {who for who in everybody if await found("rod", who)}

    async def become(**columns: str) -> None:
        await Post.filter(id=post.id).update(**columns)

    assert await who_finds() == set(everybody)
    await become(visibility="members")
    assert await who_finds() == {"olga", "tom"}
    for state in ("held", "removed", "deleted", "unheard-of"):
        await become(state=state, visibility="public")
        assert await who_finds() == set(), state
    await become(state="live", visibility="unlisted")
    assert await who_finds() == set()
    await become(visibility="public")
    stance = await Stance.create(id=1, actor_id=olga.id, target_id=tom.id, blocked=True)
    assert await who_finds() == {"", "tom", "mia"}
    await stance.delete()
    await hosts.block(olga.id, tom.host)
    assert await who_finds() == {"", "tom", "mia"}
    await hosts.unblock(olga.id, tom.host)
    await Actor.filter(id=tom.id).update(indexable=False)
    assert await who_finds() == {"tom"}
    await Actor.filter(id=tom.id).update(indexable=True)
    await Actor.filter(username="welders").update(indexable=False)
    assert await who_finds() == {"olga", "tom"}
    await Member.filter(actor_id=tom.id).update(state="banned")
    assert await who_finds() == {"olga"}


def _person(name: str) -> dict[str, object]:
    uri = f"https://second.example/users/{name}"
    return {"id": 2, "uri": uri, "kind": "Person", "host": "second.example", "username": name}


async def test_a_page_goes_on_where_the_one_before_ended_whatever_comes(town: Town) -> None:
    for number in range(5):
        await town.write("tom", f"rod {number}")
    first = await find("rod", limit=2)
    await town.write("tom", "rod 9")
    second = await find("rod", limit=2, before=first.next)
    last = await find("rod", limit=2, before=second.next)
    assert [await words(one) for one in (first, second, last)] == [
        *(["rod 4", "rod 3"], ["rod 2", "rod 1"]),
        ["rod 0"],
    ]
    assert last.next == 0


async def test_a_page_looks_at_so_many_posts_and_the_next_one_goes_on(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "_FIRST", 1)
    monkeypatch.setattr(limits, "SEARCH_SCANNED", 2)
    for number in range(5):
        await town.write("tom", f"rod {number}")
    await Post.filter(content__not="<p>rod 0</p>").update(visibility="members")
    first = await find("rod")
    assert (first.ids, await words(await find("rod", before=first.next))) == ((), ["rod 0"])


async def test_of_the_names_in_a_search_so_many_are_looked_up(town: Town) -> None:
    await town.write("tom", "Which rod?")
    own = "from:tom " * limits.SEARCH_NAMES
    assert await found(f"{own} rod") == await found(f"{own} from:nobody rod") == ["Which rod?"]
    assert await found(f"{own[9:]} from:nobody rod") == []


async def test_every_post_is_entered_anew_in_parts_and_goes_on_where_it_was_left(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH", 2)
    for number in range(5):
        await town.write("tom", f"rod {number} #tig", "Titled")
    before = await found("rod #tig titled from:tom in:welders language:en")
    assert len(before) == 5
    await storage.execute("DELETE FROM searched")
    await indexing.start_over()

    def stop(_posts: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        await indexing.catch_up(stop)
    assert (await indexing.counts()).indexed == 2
    assert (await indexing.catch_up()).posts == 3
    assert await found("rod #tig titled from:tom in:welders language:en") == before
    assert (await indexing.catch_up()).posts == 0
