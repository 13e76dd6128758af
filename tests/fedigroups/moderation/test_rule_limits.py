"""Reports and rules that run by themselves are bounded: at each number, below and above it."""

from __future__ import annotations

import time

import pytest

import scenery
from federation import clock, limits, storage
from federation.documents import ObjectDoc, read_object
from federation.errors import Malformed
from fedigroups.moderation import automatic, filing, watching
from fedigroups.moderation.automatic import Candidate, Rule
from fedigroups.moderation.filing import Filed
from fedigroups.store import Store
from servers import GROUP, Server
from village import counted
from world import World

pytestmark = pytest.mark.anyio

LINK = '<p>My <a href="https://shop.example/rods">shop</a></p>'


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_group_has_so_many_rules_and_no_more(database: Store) -> None:
    assert limits.AUTOMATIC_RULES == 20
    welders, coopers = await scenery.group(), await scenery.group("coopers")
    for _ in range(20):
        await watching.add(welders, Rule("cooldown", 5))
    with pytest.raises(Malformed, match="20"):
        await watching.add(welders, Rule("cooldown", 5))
    await watching.add(coopers, Rule("cooldown", 5))
    await watching.remove(welders, (await watching.rules(welders))[0].id)
    await watching.add(welders, Rule("cooldown", 5))
    assert len(await watching.rules(welders)) == 20


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_one_reporter_is_heard_so_often_a_day(database: Store) -> None:
    assert limits.REPORTS_A_DAY == 100
    vic, bob = await scenery.person("vic@h.example"), await scenery.person("bob@l.example")

    async def report(reporter, number: int) -> bool:
        uri = f"https://h.example/{number}"
        async with storage.transaction():
            return bool(
                await filing.file(Filed(activity_uri=uri, reporter=reporter, objects=[uri]))
            )

    with clock.held(scenery.START):
        heard = [await report(vic, number) for number in range(101)]
        assert (heard[98], heard[99], heard[100], all(heard[:100])) == (True, True, False, True)
        assert await report(bob, 1_000)
    with clock.held(scenery.START + clock.DAY - 1):
        assert not await report(vic, 2_000)
    with clock.held(scenery.START + clock.DAY):
        assert await report(vic, 2_000)


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_of_a_long_report_so_many_posts_are_looked_at(world: World) -> None:
    assert limits.REPORT_OBJECTS == 50
    ours = await world.town()
    posts = [(await ours.write("tom", f"Rod {number}")).uri for number in range(3)]
    vic = Server.at(world.network, "h.example", "mastodon").member("vic")
    for place, uri in zip((49, 50, 51), posts, strict=True):
        others = [f"https://h.example/{number}" for number in range(place - 1)]
        await vic.send(vic.act("Flag", [*others, uri], to=GROUP))
        await world.settle()
    states = [state for kind, state, _ in await ours.outcomes() if kind == "Flag"]
    assert states == ["done", "done", "ignored"]


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_rules_look_at_the_newest_posts_of_an_author_and_no_further(database: Store) -> None:
    assert limits.EARLIER_POSTS == 50
    welders = await scenery.group()
    await watching.add(welders, Rule("links", 1, 30))
    now = clock.now_ms()
    for others, waits in ((48, True), (49, True), (50, False)):
        author = await scenery.person(f"u{others}@m.example")
        thread, _ = await scenery.thread(welders, author, content=LINK, received_at=now - 100)
        for number in range(others):
            await scenery.post(thread, author, received_at=now - 99 + number)
        why = await watching.reason(welders, author, _note(author.uri, LINK))
        assert bool(why) is waits, others


def _note(by: str, content: str) -> ObjectDoc:
    note = {"id": f"{by}/1", "type": "Note", "attributedTo": by, "content": content}
    return read_object(note)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_rule_has_so_many_words_and_a_word_so_many_signs(kind: str) -> None:
    assert (limits.RULE_WORDS, limits.RULE_WORD_CHARS) == (50, 200)
    for number, chars in ((49, 200), (50, 199), (50, 200)):
        automatic.check(Rule("words", words=("x" * chars,) * number))
    for number, chars in ((51, 1), (1, 201)):
        with pytest.raises(Malformed, match="at most"):
            automatic.check(Rule("words", words=("x" * chars,) * number))


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_pattern_has_so_many_steps(kind: str) -> None:
    assert limits.PATTERN_STEPS == automatic.compiled("a{996}").programsize == 1_000
    for pattern in ("a{995}", "a{996}"):
        automatic.check(Rule("patterns", words=(pattern,)))
    with pytest.raises(Malformed, match="repeats too much"):
        automatic.check(Rule("patterns", words=("a{997}",)))


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_patterns_look_at_so_much_of_a_post(database: Store) -> None:
    assert limits.PATTERN_TEXT_CHARS == 20_000
    welders, ann = await scenery.group(), await scenery.person("ann@m.example")
    await watching.add(welders, Rule("patterns", words=("sesame",)))
    for chars, waits in ((19_999, True), (20_000, True), (20_001, False)):
        content = "<p>" + "x " * ((chars - 6) // 2) + "x" * (chars % 2) + "sesame</p>"
        why = await watching.reason(welders, ann, _note(ann.uri, content))
        assert bool(why) is waits, chars


@pytest.mark.parametrize("kind", ["sqlite"])
def test_patterns_are_looked_for_so_long(kind: str) -> None:
    assert limits.PATTERN_SECONDS == 0.01
    rule = Rule("patterns", words=("buy",))
    for left, waits in ((60.0, True), (0.0, False), (-0.01, False)):
        post = Candidate(1, 1, said="buy", deadline=time.monotonic() + left)
        assert (automatic.judged([rule], post) is rule) is waits


LOOKING_BACK = (Rule("links", 2, 30), Rule("promotion", 1, 30), Rule("cooldown", 5))


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_a_dry_run_says_what_rules_would_have_said_in_so_many_queries_whatever_there_is(
    database: Store,
) -> None:
    welders, coopers = await scenery.group(), await scenery.group("coopers")
    for rule in LOOKING_BACK:
        await watching.add(welders, rule)
    people = [await scenery.person(f"u{number}@m.example") for number in range(3)]
    now, asked = clock.now_ms(), []
    for number in range(12):
        author = people[number % 3]
        place = welders if number % 4 else coopers
        at = now - (12 - number) * 4 * clock.MINUTE
        await scenery.thread(place, author, content=LINK, received_at=at)
        if number in {4, 11}:
            with counted() as said:
                looked_at, caught = await watching.dry_run(welders)
            asked.append(len(said))
    assert asked[0] == asked[1] <= 5
    assert (looked_at, len(caught)) == (9, 6)  # of each author the first is free
    for one in caught:  # each as it would have been judged when it came
        with clock.held(one.post.received_at):
            assert await watching.reason(welders, one.post.author, _note(one.post.author.uri, LINK))
    none, nothing = await watching.dry_run(await scenery.group("empty"), LOOKING_BACK)
    assert (none, nothing) == (0, [])


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_post_is_judged_in_as_many_queries_by_one_rule_as_by_all(database: Store) -> None:
    ann, asked = await scenery.person("ann@m.example"), []
    for number, rules in enumerate((LOOKING_BACK[:1], LOOKING_BACK * 6)):
        group = await scenery.group(f"g{number}")
        for rule in rules:
            await watching.add(group, rule)
        for _ in range(1 + 20 * number):
            await scenery.thread(group, ann)
        with counted() as said:
            await watching.reason(group, ann, _note(ann.uri, LINK))
        asked.append(len(said))
    assert asked == [2, 2]
