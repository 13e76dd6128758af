"""WebFinger, host-meta, NodeInfo: what other servers ask before they ask anything else."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from federation import storage
from federation.models import Actor
from federation.vocabulary import ACTIVITY_JSON
from fedigroups import __version__
from fedigroups.groups.models import Group, Post
from fedigroups.web.wellknown import _counts
from servers import GROUP
from village import counted
from world import Town, World

pytestmark = pytest.mark.anyio

ORIGIN = "https://groups.example"
SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"


@pytest.fixture
async def town(world: World) -> Town:
    return await world.town()


async def read(town: Town, path: str) -> httpx.Response:
    response = await town.network.handle_async_request(httpx.Request("GET", ORIGIN + path))
    await response.aread()
    return response


async def finger(town: Town, resource: str) -> httpx.Response:
    return await read(town, f"/.well-known/webfinger?resource={quote(resource, safe='')}")


def linked(answer: httpx.Response) -> str:
    """What the answer's self link leads to."""
    links: list[dict[str, Any]] = answer.json()["links"]
    (found,) = [link for link in links if link["rel"] == "self"]
    assert found["type"] == ACTIVITY_JSON
    return str(found["href"])


@pytest.mark.parametrize(
    ("resource", "uri", "subject"),
    [
        ("acct:welders@groups.example", GROUP, "welders"),
        ("acct:@welders@groups.example", GROUP, "welders"),
        ("acct:Welders@GROUPS.example", GROUP, "welders"),
        ("welders@groups.example", GROUP, "welders"),
        (GROUP, GROUP, "welders"),
        ("acct:olga@groups.example", f"{ORIGIN}/users/olga", "olga"),
        (f"{ORIGIN}/users/olga", f"{ORIGIN}/users/olga", "olga"),
        (f"{ORIGIN}/@olga", f"{ORIGIN}/users/olga", "olga"),
        ("acct:groups.example@groups.example", f"{ORIGIN}/actor", "groups.example"),
        (f"{ORIGIN}/actor", f"{ORIGIN}/actor", "groups.example"),
        ("acct:moderation@groups.example", f"{ORIGIN}/moderation", "moderation"),
    ],
)
async def test_whoever_lives_here_is_found_by_handle_and_by_url(
    town: Town, resource: str, uri: str, subject: str
) -> None:
    answer = await finger(town, resource)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/jrd+json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert linked(answer) == uri
    assert answer.json()["subject"] == f"acct:{subject}@groups.example"


@pytest.mark.parametrize(
    "resource",
    [
        "acct:nobody@groups.example",
        "acct:welders@h.example",
        f"{ORIGIN}/groups/bakers",
        f"{ORIGIN}/users/welders2",
        "https://h.example/users/vic",
    ],
)
async def test_nobody_is_404_with_a_reason_and_no_empty_answer(town: Town, resource: str) -> None:
    answer = await finger(town, resource)
    assert answer.status_code == 404
    assert answer.json()["title"] == "Not Found"
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("resource", ["", "x" * 3_000, "acct:", "mailto:olga@groups.example"])
async def test_what_is_no_handle_is_not_found_or_refused_and_never_an_error(
    town: Town, resource: str
) -> None:
    assert (await finger(town, resource)).status_code in {400, 404}


async def test_a_question_without_a_resource_says_how_to_ask(town: Town) -> None:
    answer = await read(town, "/.well-known/webfinger")
    assert answer.status_code == 400
    assert "?resource=acct:name@groups.example" in answer.json()["detail"]


async def test_whoever_left_is_not_found_any_more(town: Town) -> None:
    async def go() -> None:
        await Actor.filter(username="tom").update(state="gone")

    await town.run(go)
    assert (await finger(town, "acct:tom@groups.example")).status_code == 404


async def test_host_meta_leads_to_webfinger_in_both_forms(town: Town) -> None:
    template = f"{ORIGIN}/.well-known/webfinger?resource={{uri}}"
    xml = await read(town, "/.well-known/host-meta")
    assert xml.headers["content-type"].startswith("application/xrd+xml")
    assert template in xml.text
    found = (await read(town, "/.well-known/host-meta.json")).json()
    assert found["links"][0]["template"] == template


async def test_nodeinfo_names_both_versions_and_the_instance_actor(town: Town) -> None:
    links = (await read(town, "/.well-known/nodeinfo")).json()["links"]
    by_rel = {link["rel"]: link["href"] for link in links}
    assert by_rel["https://www.w3.org/ns/activitystreams#Application"] == f"{ORIGIN}/actor"
    for version in ("2.0", "2.1"):
        href = by_rel[f"{SCHEMA}{version}"]
        document = (await read(town, href.removeprefix(ORIGIN))).json()
        assert document["version"] == version


def check_schema(document: dict[str, Any], version: str) -> None:
    """The parts of the NodeInfo schema that are required, with their types."""
    required = {"version", "software", "protocols", "services", "openRegistrations", "usage"}
    assert required | {"metadata"} == set(document)
    software = {"name", "version"} | ({"repository"} if version == "2.1" else set())
    assert {"name", "version"} <= set(document["software"]) <= software | {"homepage"}
    assert document["software"]["name"] == document["software"]["name"].lower()
    assert document["protocols"] == ["activitypub"]
    assert document["services"] == {"inbound": [], "outbound": []}
    assert isinstance(document["openRegistrations"], bool)
    users = document["usage"]["users"]
    assert {"total", "activeMonth", "activeHalfyear"} == set(users)
    numbers = [*users.values(), document["usage"]["localPosts"]]
    numbers.append(document["usage"]["localComments"])
    assert all(isinstance(number, int) and number >= 0 for number in numbers)


@pytest.mark.parametrize("version", ["2.0", "2.1"])
@pytest.mark.parametrize("suffix", ["", ".json"])
async def test_nodeinfo_is_as_its_schema_has_it(town: Town, version: str, suffix: str) -> None:
    answer = await read(town, f"/nodeinfo/{version}{suffix}")
    assert answer.headers["content-type"] == (f'application/json; profile="{SCHEMA}{version}#"')
    document = answer.json()
    check_schema(document, version)
    assert document["software"]["version"] == __version__


async def usage(town: Town) -> tuple[int, int, int, int, int]:
    """People, those of the month and the half-year, threads, answers."""
    counted = (await read(town, "/nodeinfo/2.1")).json()["usage"]
    users = counted["users"]
    return (
        users["total"],
        users["activeMonth"],
        users["activeHalfyear"],
        counted["localPosts"],
        counted["localComments"],
    )


async def test_nodeinfo_counts_people_here_and_what_they_wrote(world: World, town: Town) -> None:
    assert await usage(town) == (2, 0, 0, 0, 0)
    post = await town.write("olga", "Hello.")
    await town.reply("olga", post.uri, "Anybody?")
    toms = await town.write("tom", "Oops.")
    for change in ({"visibility": "members"}, {"state": "deleted"}):
        await town.run(lambda change=change: Post.filter(id=toms.id).update(**change))
        assert await usage(town) == (2, 1, 1, 1, 1), "what strangers may not read is not counted"


async def test_nodeinfo_costs_one_query_whatever_there_is(town: Town) -> None:

    with town.instance.store.context(), counted() as said:
        counts = await _counts()
    assert len(said) == 1
    assert (counts.groups, counts.users) == (1, 2)
    await town.change(state="closed")
    with town.instance.store.context():
        assert (await _counts()).groups == 0
        assert await Group.all().count() == 1
        assert await storage.rows("SELECT 1 AS one")


async def test_another_version_of_nodeinfo_is_not_found(town: Town) -> None:
    for version in ("1.0", "3.0", "x"):
        assert (await read(town, f"/nodeinfo/{version}")).status_code == 404


async def test_security_txt_says_whom_to_write_to_and_until_when(town: Town) -> None:
    answer = await read(town, "/.well-known/security.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = dict(line.split(": ", 1) for line in answer.text.splitlines() if ": " in line)
    assert lines["Contact"] == f"{ORIGIN}/about"
    assert lines["Expires"].endswith("Z")


async def test_a_password_manager_is_sent_where_people_are_told_how(town: Town) -> None:
    answer = await read(town, "/.well-known/change-password")
    assert (answer.status_code, answer.headers["location"]) == (302, "/settings/password")
