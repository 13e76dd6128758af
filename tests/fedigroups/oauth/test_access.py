"""What a token opens, and as whom; how an app gets one."""

from __future__ import annotations

import re

import pytest

from federation import clock, limits
from federation.models import Actor
from fedigroups.accounts.app_models import App, Code, Token
from fedigroups.accounts.models import Account
from fedigroups.accounts.people import person_named
from fedigroups.groups import founding
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Group, Member
from fedigroups.oauth import access, apps, codes, expiry, scopes, tokens
from guests import PASSWORD, House, hidden

pytestmark = pytest.mark.anyio

ME = "/api/v1/accounts/verify_credentials"
CALLBACK = "https://elk.example/callback"


async def test_an_app_is_let_in_and_knows_who_it_acts_for(house: House) -> None:
    async with house.guest() as guest, house.program() as app:
        await app.register(uris=CALLBACK)
        query = app.asking(uri=CALLBACK, state="mine", scope="read write:statuses")
        sent_away = await guest.client.get("/oauth/authorize", params=query)
        assert sent_away.headers["location"].startswith("/login?next=")
        shown = await guest.get(sent_away.headers["location"])
        back = await guest.post("/login", hidden(shown) | {"name": "olga", "password": PASSWORD})
        consent = await guest.get(back.headers["location"])
        assert "change your statuses" in consent.text
        assert consent.headers["cross-origin-opener-policy"] == "unsafe-none"
        allowed = await guest.post("/oauth/authorize", hidden(consent) | {"decision": "allow"})
        location = allowed.headers["location"]
        assert location.startswith(f"{CALLBACK}?code=")
        assert location.endswith("&state=mine")
        code = location.partition("code=")[2].partition("&")[0]
        issued = (await app.exchange(code, CALLBACK)).json()
        assert issued["token_type"] == "Bearer"
        assert issued["scope"] == "read write:statuses"
        assert abs(issued["created_at"] - clock.now_ms() // 1_000) < 60
        me = (await app.get(ME, issued["access_token"])).json()
        assert (me["username"], me["acct"], me["group"]) == ("olga", "olga", False)
        assert re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\d{3}Z", me["created_at"])


async def test_an_app_may_want_the_password_again(house: House) -> None:
    async with house.guest() as guest, house.program() as app:
        await guest.sign_in()
        await app.register()
        query = app.asking(force_login="true")
        answer = await guest.client.get("/oauth/authorize", params=query)
        shown = await guest.get(answer.headers["location"])
        assert shown.status_code == 200, "the form, though somebody is signed in"
        back = await guest.post("/login", hidden(shown) | {"name": "olga", "password": PASSWORD})
        assert (await guest.get(back.headers["location"])).status_code == 200


async def found_welders(house: House) -> Group:
    olga = await person_named(house.instance.wire, "olga")
    hosted = await founding.found(house.instance.wire, "welders", olga, Profile(title="Welders"))
    return hosted.group


async def as_group(house: House, name: str, acting: str) -> tuple[int, str]:
    """What comes of it when somebody lets an app act as this actor."""
    async with house.guest() as guest, house.program() as app:
        await guest.sign_in(name)
        await app.register(uris=CALLBACK)
        shown = await guest.client.get("/oauth/authorize", params=app.asking(uri=CALLBACK))
        allowed = await guest.post(
            "/oauth/authorize", hidden(shown) | {"decision": "allow", "acting": acting}
        )
        if allowed.status_code != 303:
            return allowed.status_code, ""
        code = allowed.headers["location"].partition("code=")[2]
        return 303, (await app.exchange(code, CALLBACK)).json()["access_token"]


async def test_whoever_runs_a_group_lets_an_app_act_as_the_group(house: House) -> None:
    group = await found_welders(house)
    status, token = await as_group(house, "olga", str(group.actor_id))
    assert status == 303
    async with house.program() as app:
        me = (await app.get(ME, token)).json()
        assert (me["username"], me["group"], me["followers_count"]) == ("welders", True, 1)
        await Member.filter(group_id=group.id).update(role="member")
        refused = await app.get(ME, token)
        assert (refused.status_code, "do not run this group" in refused.text) == (403, True)
        await Member.filter(group_id=group.id).update(role="moderator")
        assert (await app.get(ME, token)).status_code == 200
        await Group.filter(id=group.id).update(state="closed")
        assert (await app.get(ME, token)).status_code == 403


async def test_nobody_acts_as_a_group_that_others_run_or_as_somebody_else(house: House) -> None:
    group = await found_welders(house)
    await house.settle("tom")
    olga = await Actor.get(username="olga")
    for acting in (group.actor_id, olga.id, 1):
        assert await as_group(house, "tom", str(acting)) == (403, "")
    assert await Token.all().count() == 0


async def test_an_account_that_waits_is_told_what_for_in_words_that_clients_know(
    house: House,
) -> None:
    account = await Account.get()
    made = await apps.register("Trial", [apps.OUT_OF_BAND], ["read"], "", plain=False)
    issued = await tokens.issue(made.app, ["read"], account.id)
    async with house.program() as app:
        for column, words in (("confirmed_at", "confirmed e-mail"), ("approved_at", "approval")):
            await Account.all().update(confirmed_at=1, approved_at=1)
            await Account.all().update(**{column: 0})
            answer = await app.get(ME, issued.secret)
            assert (answer.status_code, words in answer.json()["error"]) == (403, True)


async def test_an_app_signs_somebody_up_who_must_confirm_first(house: House) -> None:
    async with house.program() as app, house.guest() as guest:
        await app.register()
        answer = await app.token_for(grant_type="client_credentials", scope="write")
        app.token = answer.json()["access_token"]
        wish = {"username": "tom", "email": "tom@mail.example", "password": PASSWORD}
        bearer = {"Authorization": f"Bearer {app.token}"}
        refused = await app.client.post("/api/v1/accounts", json=wish, headers=bearer)
        assert (refused.status_code, "agreement" in refused.json()["details"]) == (422, True)
        wish["agreement"] = "true"
        taken = await app.client.post(
            "/api/v1/accounts", json=wish | {"username": "olga"}, headers=bearer
        )
        assert (taken.status_code, "taken" in taken.json()["error"]) == (422, True)
        made = await app.client.post("/api/v1/accounts", json=wish, headers=bearer)
        token = made.json()["access_token"]
        assert (await app.get(ME, token)).status_code == 403
        shown = await guest.get(await house.link("tom@mail.example"))
        await guest.post("/confirm", hidden(shown))
        assert (await app.get(ME, token)).status_code == 403, "write does not read"
        assert (await app.get("/api/v1/apps/verify_credentials", token)).status_code == 200


async def test_what_there_is_is_said_where_clients_look_for_it(house: House) -> None:
    async with house.program() as app:
        answer = await app.client.get("/.well-known/oauth-authorization-server")
    known = answer.json()
    assert known["issuer"] == "https://groups.example"
    assert known["code_challenge_methods_supported"] == ["S256"]
    assert known["token_endpoint"] == "https://groups.example/oauth/token"
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/api/v1/apps", "/oauth/token", "/oauth/revoke", ME])
async def test_a_client_in_a_browser_may_ask_from_anywhere(house: House, path: str) -> None:
    asked = {"Origin": "https://elk.example", "Access-Control-Request-Method": "POST"}
    async with house.program() as app:
        answer = await app.client.options(path, headers=asked)
        failed = await app.client.post(path, headers={"Origin": "https://elk.example"})
    assert answer.status_code == 204
    assert "Idempotency-Key" in answer.headers["access-control-allow-headers"]
    assert failed.status_code in {400, 401, 403, 405, 422}
    assert failed.json()["error"]
    assert failed.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["/api/v1/apps/", "/oauth/token/", "/oauth/revoke///"])
async def test_a_slash_at_the_end_changes_nothing(house: House, path: str) -> None:
    async with house.program() as app:
        answer = await app.client.post(path, data={"client_name": "x"})
    assert answer.status_code != 404
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("path", "status"),
    [(f"{ME}?a={'x' * 9_000}", 414), (f"{ME}?a=%00", 400), ("/api/v2/nothing", 404), (ME, 401)],
)
async def test_whatever_is_refused_is_json_that_any_site_may_read(
    house: House, path: str, status: int
) -> None:
    async with house.program() as app:
        answer = await app.client.get(path)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_what_breaks_is_json_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_joined", None)
    async with house.program() as app:
        answer = await app.get(ME, "something")
    assert (answer.status_code, list(answer.json())) == (500, ["error"])
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_an_app_authenticates_by_http_basic_too(house: House) -> None:
    async with house.program() as app:
        await app.register()
        sent = {"grant_type": "client_credentials", "scope": "read"}
        answer = await app.client.post("/oauth/token", data=sent, auth=(app.id, app.secret))
        assert answer.status_code == 200
        answer = await app.client.post("/oauth/token", data=sent, auth=(app.id, "wrong"))
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("asked", "held", "within"),
    [
        ("read:accounts", "read", True),
        ("write:follows", "follow", True),
        ("read:follows", "follow", True),
        ("write:statuses", "follow", False),
        ("read", "read:accounts", False),
        ("read", "write", False),
        ("follow", "read write", False),
        ("push", "read write follow", False),
        ("read:accounts", "profile", False),
    ],
)
async def test_a_scope_covers_what_is_finer_and_nothing_else(
    asked: str, held: str, within: bool
) -> None:
    assert scopes.is_within(scopes.parse(asked), scopes.parse(held)) is within


async def test_what_opens_nothing_any_more_is_forgotten_and_apps_in_use_stay(house: House) -> None:
    async with house.guest() as guest, house.program() as app, house.program() as unused:
        await guest.sign_in()
        await app.register()
        await unused.register()
        await unused.token_for(grant_type="client_credentials", scope="read")
        app.token = (await app.exchange(await house.code(guest, app))).json()["access_token"]
        await house.code(guest, app)
        with clock.held(clock.now_ms() + (limits.APP_UNUSED_SECONDS + 1) * clock.SECOND):
            await expiry.retire()
        assert [one.client_id for one in await App.all()] == [app.id]
        assert await Code.all().count() == 0
        assert (await app.get(ME)).status_code == 200
    assert codes.challenge_of("short") == ""
