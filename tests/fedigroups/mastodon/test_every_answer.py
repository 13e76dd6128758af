"""Whatever an app may GET is such as the strictest decoders take it, of the worst that there is.

Each address of the client API is named in `answers.py` with what it answers; one that is not fails.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.routing import Route

from answers import ANSWERS, BARE, NOTHING, V1, V2, filled, more_of_all
from clients import SCOPES, signed_in
from entities import check
from fedigroups.accounts.models import Account
from fedigroups.mastodon import routes
from village import counted
from world import World

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["sqlite"])]


def addresses() -> set[str]:
    """Where the client API answers a GET; what stands in a place is `*`."""
    found = {
        one.path
        for one in routes.routes()
        if isinstance(one, Route) and "GET" in (one.methods or ())
    }
    return {re.sub(r"\{[^}]*\}", "*", path) for path in found - BARE}


def test_each_address_is_named_with_what_it_answers(kind: str) -> None:
    paths = {path.partition("?")[0] for path in ANSWERS}
    paths = {path.replace("ungrouped-", "").replace("/tag/tig", "/tag/*") for path in paths}
    paths = {path.replace("/tags/tig", "/tags/*") for path in paths}
    assert {re.sub(r"\{[^}]*\}", "*", path) for path in paths} == addresses()


async def test_every_answer_is_one_that_every_decoder_takes(world: World, kind: str) -> None:
    town = await world.town()
    await town.run(lambda: Account.filter(actor__username="tom").update(role="admin"))
    async with signed_in(town, "tom", scopes=(*SCOPES, "admin:read", "admin:write")) as tom:
        known = await filled(town, tom)
        lacking = set()
        for path, wanted in ANSWERS.items():
            shown = check(await tom.get(path.format(**known)), wanted)
            if shown == [] and wanted is not NOTHING:
                lacking.add(path)
    assert lacking == set()


OF_ONE = {
    *(f"{V1}/accounts/lookup?acct=ann@m.example", f"{V1}/accounts/{{ann}}"),
    *(f"{V1}/admin/reports/{{report}}", f"{V1}/filters/{{keyword}}", f"{V1}/polls/{{poll}}"),
    *(f"{V1}/statuses/{{root}}", f"{V1}/scheduled_statuses/{{scheduled}}"),
    *(f"{V1}/instance", f"{V2}/instance"),
    *(f"{V1}/instance/activity", f"{V1}/instance/languages"),
    *(path for path in ANSWERS if "id[]" in path or "ungrouped" in path),
}
"""What has lists in it that are as long as what is asked for."""


def length(answer: Any) -> int:
    """How long the lists of an answer are."""
    if isinstance(answer, dict):
        return sum(len(one) for one in answer.values() if isinstance(one, list))
    return len(answer)


async def test_a_list_takes_as_many_queries_however_long_it_is(world: World, kind: str) -> None:
    town = await world.town()
    await town.run(lambda: Account.filter(actor__username="tom").update(role="admin"))
    async with signed_in(town, "tom", scopes=(*SCOPES, "admin:read", "admin:write")) as tom:
        known = await filled(town, tom)
        await town.run(lambda: more_of_all(known, 2))
        paths = [path.format(**known) for path in ANSWERS]

        async def all_of_them() -> dict[str, tuple[int, int]]:
            found = {}
            for path in paths:
                await tom.get(path)  # what is looked up once is looked up
                with counted() as said:
                    long = length(await tom.get(path))
                found[path] = long, len(said)
            return found

        few = await town.run(all_of_them)
        await town.run(lambda: more_of_all(known, 5))
        many_ = await town.run(all_of_them)
    grown = {path for path in paths if many_[path][0] > few[path][0]}
    too_many = {path: (few[path], many_[path]) for path in grown if many_[path][1] > few[path][1]}
    assert too_many == {}
    assert max(queries for _, queries in many_.values()) <= 16
    stayed = {one for one, path in zip(ANSWERS, paths, strict=True) if path not in grown}
    assert {one for one in stayed if few[one.format(**known)][0]} == OF_ONE
