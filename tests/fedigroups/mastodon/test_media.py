"""Pictures as apps upload them: from the file to the post."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

import drawn
from federation import limits
from fedigroups.accounts.people import person_named
from fedigroups.groups import founding
from fedigroups.groups.founding import Profile
from fedigroups.media import uploads
from guests import App, House

pytestmark = pytest.mark.anyio


@pytest.fixture
async def app(house: House) -> AsyncIterator[App]:
    """Olga's app, which may write."""
    async with house.guest() as guest, house.program() as program:
        await guest.sign_in()
        await program.register()
        issued = await program.exchange(await house.code(guest, program))
        program.client.headers["Authorization"] = f"Bearer {issued.json()['access_token']}"
        yield program


async def sent(
    app: App, content: bytes, name: str = "a.jpg", path: str = "/api/v2/media", **words: str
) -> httpx.Response:
    files = {"file": (name, content, "image/jpeg")}
    return await app.client.post(path, files=files, data=words)


async def test_a_picture_is_uploaded_described_shown_and_taken_back(app: App) -> None:
    made = await sent(app, drawn.photo(1_200, 800), description="A weld", focus="-0.5,0.25")
    assert made.status_code == 200, made.text
    entity = made.json()
    assert entity["type"] == "image"
    assert entity["description"] == "A weld"
    assert entity["meta"] == {
        "original": {"width": 1_200, "height": 800, "size": "1200x800", "aspect": 1.5},
        "small": {"width": 587, "height": 391, "size": "587x391", "aspect": 587 / 391},
        "focus": {"x": -0.5, "y": 0.25},
    }
    assert len(entity["blurhash"]) == 28
    assert {entity[name] for name in ("remote_url", "preview_remote_url", "text_url")} == {None}
    for url, type_ in ((entity["url"], "jpeg"), (entity["preview_url"], "webp")):
        answer = await app.client.get(url)
        assert (answer.status_code, answer.headers["content-type"]) == (200, f"image/{type_}")

    path = f"/api/v1/media/{entity['id']}"
    changed = (await app.client.put(path, data={"description": "Two welds"})).json()
    assert (changed["description"], changed["meta"]["focus"]["x"]) == ("Two welds", -0.5)
    assert (await app.client.get(path)).json() == changed
    assert (await app.client.delete(path)).status_code == 200
    assert (await app.client.get(path)).status_code == 404


async def test_a_picture_goes_into_a_post_and_stays_there_when_it_is_edited(
    house: House, app: App
) -> None:
    olga = await person_named(house.instance.wire, "olga")
    await founding.found(house.instance.wire, "welders", olga, Profile(title="Welders"))
    first, second = [(await sent(app, drawn.photo(900, 600))).json() for _ in range(2)]
    said = {"status": "@welders Look.", "media_ids[]": [first["id"], second["id"]]}
    made = (await app.client.post("/api/v1/statuses", data=said)).json()
    shown = made["media_attachments"]
    assert [one["url"] for one in shown] == [first["url"], second["url"]]
    assert shown[0]["meta"]["original"]["size"] == "900x600"
    assert shown[0]["blurhash"] == first["blurhash"]
    again = await app.client.post("/api/v1/statuses", data=said)
    assert (again.status_code, "another post" in again.json()["error"]) == (422, True)

    said = {"status": "@welders Again.", "media_ids[]": [shown[1]["id"]]}
    edited = (await app.client.put(f"/api/v1/statuses/{made['id']}", data=said)).json()
    assert [one["url"] for one in edited["media_attachments"]] == [second["url"]]
    bad = await app.client.post("/api/v1/statuses", data={"status": "@welders", "media_ids": "x"})
    assert bad.status_code == 422


async def test_older_apps_upload_at_the_older_address(app: App) -> None:
    made = await sent(app, drawn.png(), path="/api/v1/media")
    assert (made.status_code, made.json()["description"]) == (200, None)


# H174
@pytest.mark.parametrize("name", ["../../x.png", "/etc/cron.d/x", "x" * 5_000, "a\0b", "é.svg"])
async def test_how_a_file_is_called_is_of_no_matter(app: App, name: str) -> None:
    made = await sent(app, drawn.png(), name=name)
    assert made.status_code in {200, 422}
    if made.status_code == 200:
        assert made.json()["url"].startswith("https://groups.example/media/")


async def test_what_is_refused_is_said_in_json(app: App) -> None:
    refused = await sent(app, drawn.SVG)
    assert (refused.status_code, "no JPEG, PNG" in refused.json()["error"]) == (422, True)
    assert (await sent(app, drawn.png(), focus="NaN,1")).status_code == 422
    assert (await sent(app, drawn.png(), description="x" * 2_000)).status_code == 422
    assert (await app.client.post("/api/v2/media", data={"description": "x"})).status_code == 422
    large = await sent(app, drawn.png() + b"\0" * limits.UPLOAD_BYTES)
    assert (large.status_code, "error" in large.json()) == (413, True)
    for number in ("1", "x", "9" * 30, "-1"):
        assert (await app.client.get(f"/api/v1/media/{number}")).status_code == 404


async def test_nobody_uploads_without_leave_to(house: House, app: App) -> None:
    del app.client.headers["Authorization"]
    assert (await sent(app, drawn.png())).status_code == 401
    async with house.guest() as guest, house.program() as reader:
        await guest.sign_in()
        await reader.register()
        issued = await reader.exchange(await house.code(guest, reader, scope="read"))
        reader.client.headers["Authorization"] = f"Bearer {issued.json()['access_token']}"
        assert (await sent(reader, drawn.png())).status_code == 403


async def test_somebody_elses_picture_is_not_there(house: House, app: App) -> None:
    await house.settle("tom")
    tom = await person_named(house.instance.wire, "tom")
    his = await uploads.accept(house.instance.media, tom, drawn.png())
    path = f"/api/v1/media/{his.id}"
    assert (await app.client.get(path)).status_code == 404
    assert (await app.client.put(path, data={"description": "mine"})).status_code == 404
    assert (await app.client.delete(path)).status_code == 404
