"""Hostile input at the OAuth server and to its tokens (H205 to H220)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from federation import clock, limits
from fedigroups.accounts.app_models import App as AppRow
from fedigroups.accounts.app_models import Code, Token
from fedigroups.accounts.entry_models import Passkey, Session
from guests import CHALLENGE, OOB, PASSWORD, VERIFIER, House, hidden

pytestmark = pytest.mark.anyio

ME = "/api/v1/accounts/verify_credentials"
CALLBACK = "https://elk.example/callback"
STRANGER = "192.88.100.7"
OpenHouse = Callable[..., Awaitable[House]]


@pytest.mark.parametrize(
    "uri",
    [
        f"{CALLBACK}/more",
        f"{CALLBACK}/../other",
        f"{CALLBACK}?x=1",
        f"{CALLBACK}#x",
        "https://elk.example/Callback",
        "https://sub.elk.example/callback",
        "https://elk.example.evil.example/callback",
        "https://elk.example:8443/callback",
        "https://elk.example@evil.example/callback",
        "http://elk.example/callback",
        "javascript:alert(1)//https://elk.example/callback",
        OOB,
        "",
    ],
)
async def test_an_answer_goes_nowhere_but_where_the_app_registered(house: House, uri: str) -> None:
    # H205
    async with house.guest() as guest, house.program() as app:
        await guest.sign_in()
        await app.register(uris=CALLBACK)
        for form in (None, "allow"):
            query = app.asking(uri=uri)
            if form is None:
                answer = await guest.client.get("/oauth/authorize", params=query)
            else:
                token = hidden(await guest.get("/settings"))["form_token"]
                sent = query | {"form_token": token, "decision": form}
                answer = await guest.post("/oauth/authorize", sent)
            assert answer.status_code == 400
            assert "location" not in answer.headers
    assert await Code.all().count() == 0


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "https://user:pass@elk.example/",
        "https://elk.example/#fragment",
        "http://elk.example/callback",
        "https:///nowhere",
        "/callback",
        "elk.example/callback",
        "https://elk.example\\.evil.example/",
        "https://élk.example/",
        "x" * 3_000 + "://a",
    ],
)
async def test_no_app_registers_an_address_that_could_harm(house: House, uri: str) -> None:
    # H205
    async with house.program() as app:
        answer = await app.client.post(
            "/api/v1/apps", json={"client_name": "Eve", "redirect_uris": uri}
        )
    assert answer.status_code == 422
    assert answer.json()["error"]
    assert await AppRow.all().count() == 0


@pytest.mark.parametrize(
    "uri", ["com.tapbots.Ivory.123:/request_token", "http://127.0.0.1:8080/cb", "toot://cb", OOB]
)
async def test_addresses_of_phones_and_of_ones_own_machine_are_taken(
    house: House, uri: str
) -> None:
    async with house.guest() as guest, house.program() as app:
        await guest.sign_in()
        await app.register(uris=uri)
        assert app.registered["redirect_uris"] == [uri]
        code = await house.code(guest, app, uri=uri)
        assert (await app.exchange(code, uri)).status_code == 200


async def test_a_code_is_good_once_and_its_second_use_ends_what_the_first_got(house: House) -> None:
    # H206
    async with house.guest() as guest, house.program() as app:
        await guest.sign_in()
        await app.register()
        code = await house.code(guest, app)
        app.token = (await app.exchange(code)).json()["access_token"]
        assert (await app.get(ME)).status_code == 200
        again = await app.exchange(code)
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
        assert (await app.get(ME)).status_code == 401


async def test_of_two_who_use_a_code_at_once_nobody_keeps_a_token(house: House) -> None:
    # H206
    async with house.guest() as guest, house.program() as app:
        await guest.sign_in()
        await app.register()
        code = await house.code(guest, app)
        answers = await asyncio.gather(*(app.exchange(code) for _ in range(5)))
    assert sorted(one.status_code for one in answers) in ([200, 400, 400, 400, 400], [400] * 5)
    assert await Token.all().count() == 0


async def test_a_code_is_for_one_app_and_one_address_and_ten_minutes(house: House) -> None:
    # H206
    async with house.guest() as guest, house.program() as app, house.program() as eve:
        await guest.sign_in()
        await app.register(uris=f"{OOB}\n{CALLBACK}")
        await eve.register()
        code = await house.code(guest, app)
        assert (await eve.exchange(code)).json()["error"] == "invalid_grant"
        assert (await app.exchange(code, CALLBACK)).json()["error"] == "invalid_grant"
        with clock.held(clock.now_ms() + limits.CODE_SECONDS * clock.SECOND):
            assert (await app.exchange(code)).json()["error"] == "invalid_grant"
        app.secret = "guessed"
        assert (await app.exchange(code)).status_code == 401
        app.secret = ""
        assert (await app.exchange(code)).status_code == 401, "neither secret nor PKCE"
    assert await Token.all().count() == 0


@pytest.mark.parametrize("verifier", ["", "w" * 50, CHALLENGE, "v" * 42, "v" * 129])
async def test_whoever_has_the_code_and_not_the_verifier_has_nothing(
    house: House, verifier: str
) -> None:
    # H208, H209
    async with house.guest() as guest, house.program() as app:
        await guest.sign_in()
        await app.register()
        code = await house.code(guest, app, code_challenge=CHALLENGE, code_challenge_method="S256")
        refused = await app.exchange(code, code_verifier=verifier)
        assert refused.json()["error"] == "invalid_grant"
        app.secret = ""
        right = await app.exchange(code, code_verifier=VERIFIER)
        assert right.status_code == 200, "with PKCE, the app needs no secret"


async def test_a_verifier_for_a_code_without_a_challenge_is_refused(house: House) -> None:
    # H209
    async with house.guest() as guest, house.program() as app:
        await guest.sign_in()
        await app.register()
        code = await house.code(guest, app)
        refused = await app.exchange(code, code_verifier=VERIFIER)
        assert refused.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "more",
    [
        {"code_challenge": VERIFIER, "code_challenge_method": "plain"},
        {"code_challenge": CHALLENGE},
        {"code_challenge": "", "code_challenge_method": "S256"},
        {"code_challenge_method": "S256"},
        {"code_challenge": "short", "code_challenge_method": "S256"},
        {"response_type": "token"},
        {"scope": "read admin:write"},
        {"scope": "read nonsense"},
        {"scope": "push"},
    ],
)
async def test_what_an_app_may_not_ask_it_is_told_when_somebody_follows_the_link_to_it(
    house: House, more: dict[str, str]
) -> None:
    # H202, H208, H210: apps are registered by anybody, so nobody is sent there unasked
    async with house.guest() as guest, house.program() as app:
        await app.register(scopes="read write", uris=CALLBACK)
        query = app.asking(uri=CALLBACK, state="mine") | more
        answer = await guest.client.get("/oauth/authorize", params=query)
    assert (answer.status_code, answer.headers.get("location")) == (400, None)
    assert re.search(rf'href="{CALLBACK}\?error=[^"]+&amp;state=mine"', answer.text)


async def test_what_admins_may_see_a_token_opens_for_admins_alone(house: House) -> None:
    # H210
    await house.settle("ann", role="moderator")
    for name, status in (("olga", 403), ("ann", 200)):
        async with house.guest() as guest, house.program() as app:
            await guest.sign_in(name)
            await app.register("read admin:read")
            code = await house.code(guest, app, scope="read admin:read")
            app.token = (await app.exchange(code)).json()["access_token"]
            answer = await app.get("/api/v1/admin/accounts")
            assert (answer.status_code, "error" in answer.json()) == (status, status == 403)


async def test_a_token_has_what_was_allowed_and_no_more(open_house: OpenHouse) -> None:
    # H210
    house = await open_house(ORIGIN="http://127.0.0.1", PASSWORD_GRANT="on", CONFIRM_EMAIL="on")
    async with house.program() as app:
        await app.register(scopes="read:accounts write")
        sent = {"grant_type": "password", "username": "olga", "password": PASSWORD}
        for wider in ("read", "read:accounts push", "follow"):
            refused = await app.token_for(**sent, scope=wider)
            assert refused.json()["error"] == "invalid_scope"
        allowed = await app.token_for(**sent, scope="write:statuses")
        assert allowed.json()["scope"] == "write:statuses"
        app.token = allowed.json()["access_token"]
        assert (await app.get(ME)).status_code == 403


async def test_a_token_of_an_app_alone_is_nobody(house: House) -> None:
    # H211
    async with house.program() as app:
        await app.register()
        answer = await app.token_for(grant_type="client_credentials", scope="read write")
        app.token = answer.json()["access_token"]
        refused = await app.get(ME)
        assert (refused.status_code, list(refused.json())) == (422, ["error"])
        assert (await app.get("/api/v1/apps/verify_credentials")).json()["name"] == "Trial"


async def test_a_token_that_writes_does_not_read(house: House) -> None:
    # H211
    async with house.guest() as guest, house.program() as app:
        await guest.sign_in()
        await app.register()
        for scope, status in (("write", 403), ("read:statuses", 403), ("profile", 200)):
            code = await house.code(guest, await app.register("read write profile"), scope=scope)
            app.token = (await app.exchange(code)).json()["access_token"]
            assert (await app.get(ME)).status_code == status, scope


async def test_nobody_ends_the_sessions_and_apps_of_another(house: House) -> None:
    # H212
    tom = await house.settle("tom")
    async with house.guest() as guest, house.guest() as eve, house.program() as app:
        await guest.sign_in()
        await eve.sign_in("tom")
        await app.register()
        app.token = (await app.exchange(await house.code(guest, app))).json()["access_token"]
        token = await Token.get()
        session = next(iter(await house_sessions(besides=tom.id)))
        await eve.fill("/settings/apps", token=str(token.id))
        await eve.fill("/settings/sessions", session=str(session))
        assert (await app.get(ME)).status_code == 200
        assert (await guest.get("/settings")).status_code == 200


async def house_sessions(besides: int) -> list[int]:
    """The sessions of everybody else."""
    return [one.id for one in await Session.exclude(account_id=besides)]


async def test_an_app_takes_back_its_own_tokens_alone(house: House) -> None:
    async with house.guest() as guest, house.program() as app, house.program() as eve:
        await guest.sign_in()
        await app.register()
        await eve.register()
        app.token = (await app.exchange(await house.code(guest, app))).json()["access_token"]
        theirs = {"token": app.token, "client_id": eve.id, "client_secret": eve.secret}
        refused = await eve.client.post("/oauth/revoke", data=theirs)
        assert (refused.status_code, refused.json()["error"]) == (403, "unauthorized_client")
        assert (await app.get(ME)).status_code == 200
        own = {"token": app.token, "client_id": app.id, "client_secret": app.secret}
        for _ in range(2):
            assert (await app.client.post("/oauth/revoke", json=own)).json() == {}
        assert (await app.get(ME)).status_code == 401


async def test_a_token_in_an_address_opens_nothing(house: House) -> None:
    # H215
    async with house.guest() as guest, house.program() as app:
        await guest.sign_in()
        await app.register()
        token = (await app.exchange(await house.code(guest, app))).json()["access_token"]
        answer = await app.client.get(ME, params={"access_token": token})
        assert answer.status_code == 401
        assert token not in answer.text
        assert token not in {one.digest for one in await Token.all()}, "it is not stored either"


async def test_a_cookie_opens_no_api_and_cors_lets_none_along(house: House) -> None:
    # H217
    async with house.guest() as guest:
        await guest.sign_in()
        answer = await guest.get(ME, Origin="https://elk.example")
        assert answer.status_code == 401
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        page = await guest.get("/settings", Origin="https://elk.example")
        assert "access-control-allow-origin" not in page.headers


async def test_registrations_are_counted(house: House) -> None:
    # H219
    async with house.program(STRANGER) as app:
        sent = {"client_name": "Eve", "redirect_uris": OOB}
        statuses = [
            (await app.client.post("/api/v1/apps", data=sent)).status_code
            for _ in range(limits.APPS_PER_ADDRESS + 2)
        ]
    assert statuses == [200] * limits.APPS_PER_ADDRESS + [429] * 2
    assert await AppRow.all().count() == limits.APPS_PER_ADDRESS


async def test_an_app_cannot_write_into_our_page(house: House) -> None:
    # H219
    async with house.guest() as guest, house.program() as app:
        await guest.sign_in()
        await app.register(name='<script>alert("1")</script>\u202eevil')
        shown = await guest.client.get("/oauth/authorize", params=app.asking())
        assert "<script>" not in shown.text
        assert "\u202e" not in shown.text
        sent = {"client_name": "Eve", "redirect_uris": OOB, "website": "javascript:alert(1)"}
        assert (await app.client.post("/api/v1/apps", data=sent)).status_code == 422


async def test_consent_lets_the_browser_go_to_the_app_and_nowhere_else(house: House) -> None:
    async with house.guest() as guest, house.program() as app:
        await guest.sign_in()
        uris = [CALLBACK, "toot://cb", "https://a.example;script-src%20*/"]
        await app.register(uris="\n".join(uris))
        for uri, target in zip(uris, ("https://elk.example", "toot:", "https:"), strict=True):
            shown = await guest.client.get("/oauth/authorize", params=app.asking(uri=uri))
            policy = shown.headers["content-security-policy"]
            assert f"form-action 'self' {target};" in policy
            assert policy.count("script-src") == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "//api/v1/apps/verify_credentials", 404),
        ("GET", "/API/v1/apps/verify_credentials", 404),
        ("GET", "/api/v1/apps/verify_credentials.", 429),
        ("HEAD", "/api/v1/apps/verify_credentials", 429),
        ("GET", "/api/v1/apps/verify_credentials/", 429),
        ("POST", "/api/v1/apps/verify_credentials", 429),
        ("GET", "/api/v1/nothing", 429),
    ],
)
async def test_a_share_that_is_used_up_is_used_up_by_any_name(
    house: House, method: str, path: str, status: int
) -> None:
    # H220
    async with house.program(STRANGER) as app:
        with clock.held(clock.now_ms()):
            for _ in range(limits.API_PER_ADDRESS):
                await app.client.get("/api/v1/nothing")
            answer = await app.client.request(method, path)
    assert answer.status_code == status


async def test_a_share_counts_tokens_that_open_nothing_by_their_address(house: House) -> None:
    # H220
    async with house.program(STRANGER) as app:
        with clock.held(clock.now_ms()):
            answers = [await app.get(ME, f"guess{n}") for n in range(limits.API_PER_ADDRESS + 1)]
    assert answers[0].headers["x-ratelimit-remaining"] == str(limits.API_PER_ADDRESS - 1)
    assert (answers[-2].status_code, answers[-1].status_code) == (401, 429)
    assert answers[-1].headers["x-ratelimit-remaining"] == "0"
    assert answers[-1].headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("state", ["confirmed_at", "approved_at", "second_factor_at", "passkey"])
async def test_a_password_grant_is_for_whoever_is_in_and_has_no_second_factor(
    open_house: OpenHouse, state: str
) -> None:
    house = await open_house(ORIGIN="http://127.0.0.1", PASSWORD_GRANT="on")
    account = await house.settle("tom")
    if state == "passkey":
        key = {"credential": b"", "public_key": b"", "name": "Phone", "created_at": 1}
        await Passkey.create(id=1, account_id=account.id, digest="x", **key)
    else:
        setattr(account, state, 1 if state == "second_factor_at" else 0)
        await account.save()
    async with house.program() as app:
        await app.register()
        answer = await grant(app, "tom")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_a_password_grant_is_refused_where_it_is_off(house: House) -> None:
    async with house.program() as app:
        await app.register()
        answer = await grant(app, "olga")
        known = (await app.client.get("/.well-known/oauth-authorization-server")).json()
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
    assert "password" not in known["grant_types_supported"]


async def grant(app: Any, name: str) -> Any:
    return await app.token_for(grant_type="password", username=name, password=PASSWORD)


async def test_nobody_is_let_in_without_the_button(house: House) -> None:
    async with house.guest() as guest, house.program() as app:
        await guest.sign_in()
        await app.register(uris=CALLBACK)
        asking = app.asking(uri=CALLBACK, state="mine")
        shown = await guest.client.get("/oauth/authorize", params=asking)
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]
        denied = await guest.post("/oauth/authorize", hidden(shown) | {"decision": "deny"})
        assert denied.headers["location"].startswith(f"{CALLBACK}?error=access_denied")
        assert denied.headers["referrer-policy"] == "no-referrer"
        forged = await guest.post("/oauth/authorize", asking | {"decision": "allow"})
        assert forged.status_code == 403
    assert await Code.all().count() == 0
