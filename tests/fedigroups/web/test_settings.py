"""What somebody decides about an account of their own."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest

import drawn
from federation.models import Actor
from fedigroups.accounts.app_models import Token
from fedigroups.accounts.models import Account
from fedigroups.groups import founding, lookup
from fedigroups.groups.founding import Profile
from guests import PASSWORD, House, hidden, sign_in_of

pytestmark = pytest.mark.anyio

PAGES = (
    *(
        "",
        "/profile",
        "/preferences",
        "/email",
        "/password",
        "/second",
        "/sessions",
        "/apps",
        "/export",
        "/import",
        "/move",
        "/aliases",
    ),
    "/close",
)


@pytest.mark.parametrize("page", PAGES)
async def test_settings_are_for_whoever_is_signed_in_and_nobody_keeps_them(
    house: House, page: str
) -> None:
    async with house.guest() as guest:
        assert (await guest.get(f"/settings{page}")).status_code == 303
        await guest.sign_in()
        shown = await guest.get(f"/settings{page}")
    assert shown.status_code == 200
    assert shown.headers["cache-control"] == "private, no-store"
    assert re.findall(r"<script[^>]*>(?!</script>)", shown.text) == []
    assert "style=" not in shown.text
    assert 'name="robots" content="noindex"' in shown.text


WRONG: list[tuple[str, dict[str, str], str, str]] = [
    ("email", {"email": "o@m.example", "current": "wrong one"}, "current", 'value="o@m.example"'),
    ("email", {"email": "a & b", "current": PASSWORD}, "email", 'value="a &amp; b"'),
    ("password", {"password": "short", "current": PASSWORD}, "password", ""),
    ("second", {"current": "wrong one", "step": "propose"}, "current", ""),
    ("passkeys", {"name": "A & B", "current": "wrong one"}, "current", 'value="A &amp; B"'),
    ("preferences", {"visibility": "private", "language": "a b"}, "language", '"private" selected'),
    ("aliases", {"account": "a & b", "act": "add"}, "account", 'value="a &amp; b"'),
    ("move", {"account": "a & b", "current": "wrong one"}, "current", 'value="a &amp; b"'),
    ("move", {"account": "a & b", "current": PASSWORD}, "account", 'value="a &amp; b"'),
    ("close", {"name": "a & b", "current": PASSWORD}, "name", 'value="a &amp; b"'),
    ("import", {"format": "blocks"}, "file", 'value="blocks" selected'),
]
"""What is refused: on which page, what was typed, beside which field it is said, what is kept."""


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_forms_of_settings_keep_what_was_typed_and_say_beside_the_field_what_is_wrong(
    house: House,
) -> None:
    async with house.guest() as guest:
        await guest.sign_in()
        for page, typed, field, kept in WRONG:
            shown = await guest.fill(f"/settings/{page}", **typed)
            assert shown.status_code == 422, (page, shown.status_code)
            assert f'id="{field}-problem" role="alert"' in shown.text, (page, field)
            assert kept in shown.text, page
            assert " autofocus" in shown.text, page  # it may be far down


async def test_a_new_password_needs_the_old_one_and_signs_out_all_others(house: House) -> None:
    async with house.guest() as guest, house.guest() as other:
        await guest.sign_in()
        await other.sign_in()
        refused = await guest.fill(
            "/settings/password", current="wrong one", password="new battery"
        )
        assert (refused.status_code, "not your password" in refused.text) == (422, True)
        short = await guest.fill("/settings/password", current=PASSWORD, password="short")
        assert (short.status_code, "10 to 1,000" in short.text) == (422, True)
        await guest.fill("/settings/password", current=PASSWORD, password="new battery")
        assert (await guest.get("/settings")).status_code == 200
        assert (await other.get("/settings")).status_code == 303
        assert (await other.sign_in()).status_code == 401
        assert (await other.sign_in(password="new battery")).status_code == 303
    assert "password was changed" in (await house.letters("olga@mail.example"))[-1].text


async def test_another_address_is_in_force_once_it_is_confirmed_and_the_old_one_is_told(
    house: House,
) -> None:
    async with house.guest() as guest, house.guest() as again:
        await guest.sign_in()
        await guest.fill("/settings/email", current="wrong one", email="new@mail.example")
        assert await house.letters("new@mail.example") == []
        await guest.fill("/settings/email", current=PASSWORD, email="new@mail.example")
        assert (await Account.get()).email == "olga@mail.example"
        await again.fill("/forgot", email="olga@mail.example")
        link = await house.link("olga@mail.example")
        assert (await again.get(link)).status_code == 200
        shown = await guest.get(await house.link("new@mail.example"))
        assert (await guest.post("/confirm", hidden(shown))).status_code == 200
        assert (await again.get(link)).status_code == 410
        assert (await again.sign_in("new@mail.example")).status_code == 303
    assert (await Account.get()).email == "new@mail.example"
    assert "address was changed" in (await house.letters("olga@mail.example"))[-1].text


async def test_an_address_of_somebody_else_is_not_taken_and_not_told_apart(house: House) -> None:
    await house.settle("tom")
    async with house.guest() as guest:
        await guest.sign_in()
        texts = {
            (await guest.fill("/settings/email", current=PASSWORD, email=address)).text
            for address in ("tom@mail.example", "nobody@mail.example")
        }
        assert len(texts) == 1
    assert "There is one already" in (await house.letters("tom@mail.example"))[-1].text


async def test_preferences_are_kept_and_apps_see_them(house: House) -> None:
    async with house.guest() as guest, house.program() as app:
        await guest.sign_in()
        await guest.fill("/settings/preferences", visibility="unlisted", language="pt-BR")
        for wrong in ({"visibility": "secret"}, {"language": "<b>"}, {"mail_about": "nothing"}):
            sent = {"visibility": "public", "language": "en"} | wrong
            assert (await guest.fill("/settings/preferences", **sent)).status_code == 422
        await app.register()
        app.token = (await app.exchange(await house.code(guest, app))).json()["access_token"]
        me = (await app.get("/api/v1/accounts/verify_credentials")).json()
    assert (me["source"]["privacy"], me["source"]["language"]) == ("unlisted", "pt-BR")
    assert (await Account.get()).mail_about == "sign_up"  # which admins alone are offered


async def test_whoever_closes_the_account_is_shown_the_page_of_a_stranger(house: House) -> None:
    await house.settle("tom")
    async with house.guest() as tom, house.guest() as ada:
        await tom.sign_in("tom")
        form = hidden(await tom.get("/settings/close"))
        sent = form | {"name": "tom", "current": PASSWORD}
        headers = {"Referer": "https://groups.example/settings/close"}
        closed = await tom.post("/settings/close", sent, **headers)
        assert "Your account is closed" in closed.text
        assert sign_in_of(closed) == "/login", "and nobody else is led to close theirs"
        await ada.sign_in()
        await ada.fill("/forgot", email="olga@mail.example")
        link = await house.link("olga@mail.example")
        changed = await ada.fill(link, password="another battery")
        assert sign_in_of(changed) == "/login"


async def test_languages_are_chosen_by_name_and_one_without_a_name_here_stays(house: House) -> None:
    await Account.all().update(language="zh-Hant-TW")
    await founding.found(
        house.instance.wire, "welders", await lookup.person("olga"), Profile(title="Welders")
    )
    async with house.guest() as guest:
        await guest.sign_in()
        for page in ("/settings/preferences", "/groups/welders/new"):
            shown = (await guest.get(page)).text
            assert '<option value="cy" lang="cy">Cymraeg</option>' in shown, page
            assert '<option value="zh-Hant-TW" selected>' in shown, page
        for tag, chosen in {"pt-BR": '"pt-br" lang="pt-br" selected', "": "None in part"}.items():
            await guest.fill("/settings/preferences", visibility="public", language=tag)
            shown = (await guest.get("/settings/preferences")).text
            assert chosen in shown
            assert "zh-Hant-TW" not in shown


async def test_a_profile_is_changed_here_as_apps_change_it_and_shown_as_text(house: House) -> None:
    async with house.guest() as guest, house.program() as app:
        await guest.sign_in()
        typed = {"name": "Olga <b>Berg", "note": "I **weld**.", "indexable": "1"}
        typed |= {
            "pair0": "Web",
            "value0": "https://o.example/",
            "pair2": "At",
            "value2": "<i>Ulm",
        }
        picture = {"icon": ("o.png", drawn.png(), "image/png")}
        sent = hidden(await guest.get("/settings/profile")) | typed
        kept = await guest.client.post("/settings/profile", data=sent, files=picture)
        assert (kept.status_code, kept.headers["location"]) == (303, "/settings/profile?kept")
        await app.register()
        app.token = (await app.exchange(await house.code(guest, app))).json()["access_token"]
        me = (await app.get("/api/v1/accounts/verify_credentials")).json()
        assert (me["display_name"], me["source"]["note"]) == ("Olga <b>Berg", "I **weld**.")
        assert [one["name"] for one in me["source"]["fields"]] == ["Web", "At"]
        assert (me["indexable"], me["discoverable"]) == (True, False)
        page = (await guest.get("/@olga")).text
        assert "<strong>weld</strong>" in page
        assert '<a href="https://o.example/" rel="me nofollow' in page
        assert "&lt;i&gt;Ulm" in page
        assert me["avatar"] in page
        assert "no_icon" in (await guest.get("/settings/profile")).text
        await guest.fill("/settings/profile", name="Olga", no_icon="1")
        assert me["avatar"] not in (await guest.get("/@olga")).text


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_what_is_wrong_in_a_profile_is_said_at_its_place_and_nothing_is_kept(
    house: House,
) -> None:
    wrong = {"note": "x" * 20_000, "pair0": "x" * 300, "icon_text": "x" * 1_600}
    async with house.guest() as guest:
        await guest.sign_in()
        for field, text in wrong.items():
            shown = await guest.fill("/settings/profile", name="Somebody", **{field: text})
            assert (shown.status_code, "at most" in shown.text) == (422, True), field
            assert text in shown.text, "what was typed is still there"
    assert (await Actor.get(username="olga")).name != "Somebody"


async def test_apps_are_shown_with_what_they_may_and_shown_out(house: House) -> None:
    async with house.guest() as guest, house.program() as app:
        await guest.sign_in()
        await app.register(name="Elk")
        code = await house.code(guest, app, scope="read write:statuses")
        app.token = (await app.exchange(code)).json()["access_token"]
        shown = await guest.get("/settings/apps")
        assert "Elk" in shown.text
        assert "change your statuses" in shown.text
        await guest.fill("/settings/apps", token=str((await Token.get()).id))
        assert (await app.get("/api/v1/accounts/verify_credentials")).status_code == 401


async def test_whoever_looks_after_the_instance_invites_and_nobody_else(house: House) -> None:
    await house.settle("rosa", role="moderator")
    async with house.guest() as guest, house.guest() as tom:
        await tom.sign_in()
        assert (await tom.get("/settings/invitations")).status_code == 403
        await guest.sign_in("rosa")
        made = await guest.fill("/settings/invitations", uses="2", days="3", note="Welders")
        link = made.text.partition("https://groups.example/signup?invite=")[2].partition("<")[0]
        assert (await tom.get(f"/signup?invite={link}")).status_code == 200
        refused = await guest.fill("/settings/invitations", uses="5000", days="3")
        assert refused.status_code == 422
        number = made.text.partition('name="withdraw" value="')[2].partition('"')[0]
        await guest.fill("/settings/invitations", withdraw=number)
        assert "Welders" not in (await guest.get("/settings/invitations")).text


async def test_an_export_holds_all_that_is_kept_but_no_secret(house: House) -> None:
    async with house.guest() as guest:
        await guest.sign_in()
        answer = await guest.fill("/settings/export")
        assert (await guest.get("/settings/export")).headers["content-type"].startswith("text/html")
    assert answer.headers["content-disposition"].startswith('attachment; filename="olga-')
    assert answer.headers["cache-control"] == "private, no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert json.loads(files["account.json"])["email"] == "olga@mail.example"
    assert json.loads(files["actor.json"])["id"] == "https://groups.example/users/olga"
    assert files["groups.csv"].startswith("Account address")
    assert "argon2" not in "".join(files.values())
    assert "PRIVATE" not in "".join(files.values())
