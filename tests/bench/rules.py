"""Benchmark of a group's rules that run by themselves: twenty of them, and one post."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from home import group, home, settings
from trial import Goal, Measured, Size, Trial, cpu, race

import scenery
from federation import clock, limits
from federation.documents import ObjectDoc, read_object
from federation.models import Actor
from fedigroups.groups.models import Group
from fedigroups.moderation import watching
from fedigroups.moderation.automatic import Rule
from village import counted

LOOKING_BACK = ("newcomers", "links", "promotion", "everywhere", "cooldown")
WORDS = tuple(f"word{number}" for number in range(limits.RULE_WORDS))
PATTERNS = (r"t\.me/\w+", r"(buy|sell)\s+(now|today)\b")
LINK = "<a href='https://x{}.example/'>there</a>"


async def rules_post(size: Size) -> Trial:
    """Why a long post waits, asked of twenty rules, of which none catches it.

    Its author has as many posts before it as rules look back at. The goal is 2 ms of CPU, and as
    many queries as one rule takes; the floor is a group with no rules.
    """
    repeat = size.of(200, 5)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        instance = await stack.enter_async_context(home(settings(folder)))
        strict, author = await group(instance), await scenery.person("ann@m.example")
        free, one = await scenery.group("free"), await scenery.group("one")
        await _fill(strict, author)
        for rule in _twenty():
            await watching.add(strict, rule)
        await watching.add(one, Rule("promotion", 5, 30))
        said = _long(author)
        queries = [await _queries(where, author, said) for where in (strict, one)]

        def asked(where: Group) -> Measured:
            async def ask() -> None:
                for _ in range(repeat):
                    if why := await watching.reason(where, author, said):
                        raise RuntimeError(why)

            return cpu(repeat, ask, 1e3)

        trial = Trial("rules_post", "ms CPU", Goal(at_most=1.0, limit=2.0))
        await race(trial, size, asked(strict), asked(free))
        trial.held = queries[0] == queries[1]
        trial.note = f"{queries[0]} queries, {queries[1]} for one rule; ratio: of 2 ms"
        return trial


def _twenty() -> list[Rule]:
    kinds = [Rule(kind, 10_000 if kind != "cooldown" else 1, 30) for kind in LOOKING_BACK]
    plain = [Rule("words", words=WORDS)] * 3 + [Rule("patterns", words=PATTERNS)] * 2
    found = kinds * 3 + plain
    if len(found) != limits.AUTOMATIC_RULES:
        raise RuntimeError(f"{len(found)} rules are not all that a group may have")
    return found


async def _fill(where: Group, author: Actor) -> None:
    """What the author wrote before; each fourth of it leads somewhere else."""
    before = clock.now_ms() - clock.DAY
    text = "<p>" + "rods and masks " * 50
    for number in range(limits.EARLIER_POSTS):
        link = LINK.format(number) if number % 4 == 0 else ""
        at = before - number * clock.HOUR
        await scenery.thread(where, author, content=f"{text}{link}</p>", received_at=at)


def _long(author: Actor) -> ObjectDoc:
    content = f"<p>{'rods and masks ' * 300}{LINK.format('')}</p>"
    note = {"id": f"{author.uri}/1", "type": "Note", "attributedTo": author.uri}
    return read_object(note | {"content": content})


async def _queries(where: Group, author: Actor, said: ObjectDoc) -> int:
    with counted() as asked:
        await watching.reason(where, author, said)
    return len(asked)
