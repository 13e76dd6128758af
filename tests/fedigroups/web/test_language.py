"""In which language pages speak to whom."""

from __future__ import annotations

import pytest

import scenery
from fedigroups.store import Store
from fedigroups.web import translation
from guests import ORIGIN, House
from scenery import browser

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("it", "it"),
        ("it-CH, en;q=0.9", "it"),
        ("en;q=0.5, es;q=0.8", "es"),
        ("de, fr;q=0.9, es;q=0.1", "es"),
        ("it;q=0, en", "en"),
        ("it;q=nan", "en"),
        ("it;q=1e9, es;q=0.5", "es"),
        ("de", "en"),
        ("*", "en"),
        ("", "en"),
        ("," * 1_000 + "it", "en"),
    ],
)
def test_the_browser_says_which_language_it_prefers(asked: str, language: str) -> None:
    assert translation.negotiated(asked.encode()) == language


async def test_a_page_is_in_the_language_that_is_asked_for(database: Store) -> None:
    await scenery.group(members_count=1_234, active_at=scenery.ago(5))
    async with browser() as client:
        italian = await client.get("/groups/welders", headers={"Accept-Language": "it"})
        spanish = await client.get("/groups/welders", headers={"Accept-Language": "es"})
        english = await client.get("/groups/welders")
    assert '<html lang="it">' in italian.text
    assert "1.234 membri" in italian.text
    assert "5 minuti fa" in italian.text
    assert "hace 5 minutos" in spanish.text
    assert "1,234 members" in english.text
    assert italian.headers["vary"] == "Accept, Accept-Language"


async def test_a_choice_at_the_foot_of_the_page_is_kept_and_leads_back(house: House) -> None:
    async with house.guest() as guest:
        chosen = await guest.post("/language", {"to": "es"}, Referer=f"{ORIGIN}/groups?q=a")
        assert (chosen.status_code, chosen.headers["location"]) == (303, "/groups?q=a")
        assert '<html lang="es">' in (await guest.get("/groups", **{"Accept-Language": "it"})).text
        elsewhere = await guest.post("/language", {"to": "it"}, Referer="https://evil.example/x")
        assert elsewhere.headers["location"] == "/"
        nothing = await guest.post("/language", {"to": "xx"})
        assert "set-cookie" not in nothing.headers
        foreign = await guest.client.post(
            "/language", data={"to": "en"}, headers={"Origin": "https://evil.example"}
        )
        assert foreign.status_code == 403


async def test_what_is_kept_for_all_is_kept_for_each_language(house: House) -> None:
    async with house.guest() as guest:
        for language in ("it", "es", "it", "en"):
            shown = await guest.get("/about", **{"Accept-Language": language})
            assert f'<html lang="{language}">' in shown.text
        first = await guest.get("/groups", **{"Accept-Language": "it"})
        assert '<html lang="es">' in (await guest.get("/groups", **{"Accept-Language": "es"})).text
        again = await guest.get("/groups", **{"Accept-Language": "it"})
        assert first.headers["etag"] == again.headers["etag"]
