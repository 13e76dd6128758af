"""Filters: with keywords and single posts (v2), and one keyword each as older apps know them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from federation.storage import Row
from fedigroups import news
from fedigroups.api import body as bodies
from fedigroups.api.answers import json_answer
from fedigroups.api.body import Body
from fedigroups.mastodon.endpoints import asking
from fedigroups.mastodon.present import filters as present
from fedigroups.mastodon.reading import filters as reading
from fedigroups.mastodon.reading.filters import Filters
from fedigroups.oauth.access import Access, authorised
from fedigroups.personal import word_filters
from fedigroups.personal.word_filters import Keyword, Rule

Act = Callable[[Request], Awaitable[Response]]


def routes() -> list[BaseRoute]:
    """The addresses of filters."""
    there, old = "/api/v2/filters", "/api/v1/filters"
    one = f"{there}/{{id:int}}"
    return [
        Route(there, listed, methods=["GET"]),
        Route(there, _heard(make), methods=["POST"]),
        Route(one, single, methods=["GET"]),
        Route(one, _heard(change), methods=["PUT"]),
        Route(one, _heard(delete), methods=["DELETE"]),
        Route(f"{one}/keywords", keywords, methods=["GET"]),
        Route(f"{one}/keywords", _heard(add_keyword), methods=["POST"]),
        Route(f"{one}/statuses", statuses, methods=["GET"]),
        Route(f"{one}/statuses", _heard(add_status), methods=["POST"]),
        Route(f"{there}/keywords/{{id:int}}", _heard(keyword), methods=["GET", "PUT", "DELETE"]),
        Route(f"{there}/statuses/{{id:int}}", _heard(status), methods=["GET", "DELETE"]),
        Route(old, old_listed, methods=["GET"]),
        Route(old, _heard(old_make), methods=["POST"]),
        Route(f"{old}/{{id:int}}", _heard(old_one), methods=["GET", "PUT", "DELETE"]),
    ]


async def listed(request: Request) -> Response:
    """`GET /api/v2/filters`."""
    mine = await _mine(request)
    return json_answer([mine.shown(id) for id in mine.rows])


async def make(request: Request) -> Response:
    """`POST /api/v2/filters` with `keywords_attributes[]`."""
    access, said = await _access(request), await bodies.read(request)
    id = await word_filters.make(access.actor.id, _rule(said, None), _keywords(said))
    return json_answer((await reading.of(access.actor.id)).shown(id))


async def single(request: Request) -> Response:
    """`GET /api/v2/filters/:id`: 404 for somebody else's."""
    mine, row = await _own(request)
    return json_answer(mine.shown(row["id"]))


async def change(request: Request) -> Response:
    """`PUT /api/v2/filters/:id`."""
    access, (_, row) = await _access(request), await _own(request)
    said = await bodies.read(request)
    await word_filters.change(row["id"], _rule(said, row), _keywords(said))
    return json_answer((await reading.of(access.actor.id)).shown(row["id"]))


async def delete(request: Request) -> Response:
    """`DELETE /api/v2/filters/:id`."""
    _, row = await _own(request)
    await word_filters.delete(row["id"])
    return json_answer({})


async def keywords(request: Request) -> Response:
    """`GET /api/v2/filters/:id/keywords`."""
    mine, row = await _own(request)
    return json_answer([present.keyword(one) for one in mine.keywords(row["id"])])


async def add_keyword(request: Request) -> Response:
    """`POST /api/v2/filters/:id/keywords`."""
    _, row = await _own(request)
    said = await bodies.read(request)
    word = Keyword(said.text("keyword"), said.flag("whole_word"))
    id = await word_filters.add_keyword(row["id"], word)
    return json_answer(_keyword(id, word))


async def keyword(request: Request) -> Response:
    """`/api/v2/filters/keywords/:id`, to read, change or take away."""
    mine, id = await _mine(request), asking.number(request)
    found = _found([one for row in mine.rows for one in mine.keywords(row)], id)
    if request.method == "DELETE":
        await word_filters.delete_keyword(id)
        return json_answer({})
    if request.method == "PUT":
        said = await bodies.read(request)
        whole = said.flag("whole_word", bool(found["whole_word"]))
        word = Keyword(said.text("keyword", found["keyword"]), whole, id)
        await word_filters.change_keyword(word)
        return json_answer(_keyword(id, word))
    return json_answer(present.keyword(found))


async def statuses(request: Request) -> Response:
    """`GET /api/v2/filters/:id/statuses`."""
    mine, row = await _own(request)
    return json_answer([present.status(one) for one in mine.posts(row["id"])])


async def add_status(request: Request) -> Response:
    """`POST /api/v2/filters/:id/statuses`."""
    access, (_, row) = await _access(request), await _own(request)
    post_id = (await bodies.read(request)).number("status_id")
    await word_filters.add_post(row["id"], post_id)
    added = (await reading.of(access.actor.id)).posts(row["id"])
    return json_answer(present.status(next(one for one in added if one["post_id"] == post_id)))


async def status(request: Request) -> Response:
    """`/api/v2/filters/statuses/:id`, to read or take away."""
    mine, id = await _mine(request), asking.number(request)
    found = _found([one for row in mine.rows for one in mine.posts(row)], id)
    if request.method == "DELETE":
        await word_filters.delete_post(id)
        return json_answer({})
    return json_answer(present.status(found))


async def old_listed(request: Request) -> Response:
    """`GET /api/v1/filters`: every keyword as a filter of its own."""
    mine = await _mine(request)
    return json_answer(
        [present.old(row, one) for id, row in mine.rows.items() for one in mine.keywords(id)]
    )


async def old_make(request: Request) -> Response:
    """`POST /api/v1/filters`: a filter of one keyword."""
    access, said = await _access(request), await bodies.read(request)
    phrase = said.text("phrase")
    word = Keyword(phrase, said.flag("whole_word"))
    id = await word_filters.make(access.actor.id, _old_rule(said, phrase, None), [word])
    mine = await reading.of(access.actor.id)
    return json_answer(present.old(mine.rows[id], mine.keywords(id)[0]))


async def old_one(request: Request) -> Response:
    """`/api/v1/filters/:id`, the id being the keyword's, to read, change or take away."""
    mine, id = await _mine(request), asking.number(request)
    found = _found([one for row in mine.rows for one in mine.keywords(row)], id)
    row = mine.rows[found["word_filter_id"]]
    if request.method == "DELETE":
        await word_filters.delete_keyword(id)
        if len(mine.keywords(row["id"])) == 1 and not mine.posts(row["id"]):
            await word_filters.delete(row["id"])
        return json_answer({})
    if request.method == "PUT":
        said = await bodies.read(request)
        phrase = said.text("phrase", found["keyword"])
        word = Keyword(phrase, said.flag("whole_word", bool(found["whole_word"])), id)
        await word_filters.change(row["id"], _old_rule(said, row["title"], row), [word])
        mine = await _mine(request)
        found = _found(mine.keywords(row["id"]), id)
    return json_answer(present.old(mine.rows[row["id"]], found))


def _heard(act: Act) -> Act:
    """The endpoint, after whose change whoever made it hears of it in all their apps."""

    @wraps(act)
    async def endpoint(request: Request) -> Response:
        answer = await act(request)
        if request.method != "GET":
            news.say("filters", request.state.owner_id)
        return answer

    return endpoint


async def _access(request: Request) -> Access:
    scope = "read:filters" if request.method == "GET" else "write:filters"
    access = await authorised(request, scope)
    request.state.owner_id = access.actor.id
    return access


async def _mine(request: Request) -> Filters:
    return await reading.of((await _access(request)).actor.id)


async def _own(request: Request) -> tuple[Filters, Row]:
    mine = await _mine(request)
    row = mine.rows.get(asking.number(request))
    if row is None:
        raise asking.missing()
    return mine, row


def _found(rows: list[Row], id: int) -> Row:
    for row in rows:
        if row["id"] == id:
            return row
    raise asking.missing()


def _keyword(id: int, word: Keyword) -> dict[str, object]:
    return present.keyword({"id": id, "keyword": word.word, "whole_word": word.whole})


def _rule(said: Body, row: Row | None) -> Rule:
    """What is said of a filter; of one that is there, what is not said stays."""
    expires = row["expires_at"] if row else 0
    if "expires_in" in said:
        expires = word_filters.expiry(said.number("expires_in"))
    return Rule(
        said.text("title", row["title"] if row else ""),
        tuple(said.texts("context")) or tuple(row["context"].split() if row else ()),
        said.text("filter_action", row["action"] if row else "warn"),
        expires,
    )


def _old_rule(said: Body, title: str, row: Row | None) -> Rule:
    rule = _rule(said, row)
    if "irreversible" not in said:
        return Rule(title, rule.context, rule.action, rule.expires_at)
    action = "hide" if said.flag("irreversible") else "warn"
    return Rule(title, rule.context, action, rule.expires_at)


def _keywords(said: Body) -> list[Keyword]:
    return [
        Keyword(one.text("keyword"), one.flag("whole_word"), one.number("id"), one.flag("_destroy"))
        for one in said.parts("keywords_attributes")
    ]
