"""What apps say comes in each form that they have for it, and with a slash at the end."""

from __future__ import annotations

from typing import Any

import pytest

import entities
from clients import App, signed_in
from entities import check
from world import World

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", ["sqlite"])]

Said = list[tuple[str, str]]

ENCODINGS = ("urlencoded", "multipart", "JSON", "query")


def encoded(said: Said, encoding: str) -> dict[str, Any]:
    """Pairs as such an app sends them: names of several values end in `[]`."""
    match encoding:
        case "urlencoded":
            return {"data": {name: [v for n, v in said if n == name] for name, _ in said}}
        case "multipart":
            return {"files": [(name, (None, value)) for name, value in said]}
        case "query":
            return {"params": said}
    several = {name[:-2]: [v for n, v in said if n == name] for name, _ in said if name[-1] == "]"}
    return {"json": {name: value for name, value in said if name[-1] != "]"} | several}


async def send(app: App, path: str, said: Said, encoding: str) -> Any:
    return await app.ask("POST", path, 200, **encoded(said, encoding))


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_a_poll_is_made_voted_in_and_reported(world: World, encoding: str) -> None:
    town = await world.town()
    async with signed_in(town, "tom") as tom, signed_in(town, "olga") as olga:
        options = [("poll[options][]", word) for word in ("MIG", "TIG", "Stick")]
        more = [("poll[expires_in]", "3600"), ("poll[multiple]", "true")]
        asked = [("status", "@welders Which?"), *options, *more]
        if encoding == "JSON":
            poll = {"options": ["MIG", "TIG", "Stick"], "expires_in": 3600, "multiple": True}
            made = await tom.post("/api/v1/statuses/", status="@welders Which?", poll=poll)
        else:
            made = await send(tom, "/api/v1/statuses/", asked, encoding)
        check(made, entities.STATUS_SEEN)
        chosen = [("choices[]", "0"), ("choices[]", "2")]
        there = f"/api/v1/polls/{made['poll']['id']}/votes/"
        voted = check(await send(olga, there, chosen, encoding), entities.POLL)
        assert (voted["own_votes"], voted["multiple"]) == ([0, 2], True)
        complaint = [
            *(("account_id", made["account"]["id"]), ("status_ids[]", made["id"])),
            *(("comment", "It sells."), ("forward", "false"), ("rule_ids[]", "1")),
        ]
        report = await send(olga, "/api/v1/reports/", complaint, encoding)
        check(report, entities.REPORT)
    assert (report["status_ids"], report["rule_ids"]) == ([made["id"]], ["1"])
    assert (report["comment"], report["category"]) == ("It sells.", "violation")
