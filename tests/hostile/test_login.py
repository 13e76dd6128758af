"""Hostile input at the door: passwords, sessions, forms and links in mails (H190 to H204)."""

from __future__ import annotations

import asyncio
import io
import re
import time
from collections.abc import Awaitable, Callable
from typing import Literal

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters
from starlette.types import Message, Receive, Scope, Send

from federation import clock, limits
from federation.models import Actor
from fedigroups import logging
from fedigroups.accounts import browsers, passwords, people, tickets
from fedigroups.accounts.app_models import Token
from fedigroups.accounts.attempts import Place
from fedigroups.accounts.entry_models import Session, Ticket
from fedigroups.accounts.mail_models import Mail
from fedigroups.accounts.models import Account
from fedigroups.web import presented
from guests import PASSWORD, Guest, House, hidden, sign_in_of
from watchdog import Watch

pytestmark = pytest.mark.anyio

STRANGER = "192.88.100.7"
ELSEWHERE = ["//evil.example", "/\\evil.example", "https://evil.example"]


@pytest.fixture
def hard_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed as on a real instance; name it before the house, which has one."""
    hasher = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)
    monkeypatch.setattr(passwords, "_hasher", hasher)
    monkeypatch.setattr(passwords, "_DUMMY", hasher.hash("nobody's"))


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[Parameters]:
    """With how much work each password was compared, in order."""
    work: list[Parameters] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            work.append(extract_parameters(str(hash)))
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_hasher", Counting(1, 64, 1))
    return work


WAYS = {
    "/login": {"name": "{who}"},
    "/login?": {"name": "{who}@mail.example"},
    "/forgot": {"email": "{who}@mail.example"},
    "/signup": {"email": "{who}@mail.example", "name": "new{n}"},
    "/settings/email": {"email": "{who}@mail.example", "current": PASSWORD},
    "/oauth/token": {"grant_type": "password", "username": "{who}"},
    "/api/v1/accounts": {"email": "{who}@mail.example", "username": "new{n}", "agreement": "1"},
}
"""Each way in, and round about it, for somebody who is there and for nobody."""
OF_APPS = ("/oauth/", "/api/")


async def before(house: House, guest: Guest, path: str) -> tuple[dict[str, str], dict[str, str]]:
    """The fields and headers that a request to such a way has, beside what it is about."""
    if path.startswith(OF_APPS):
        async with house.program() as app:
            await app.register(scopes="read write")
            granted = await app.token_for(grant_type="client_credentials", scope="write")
        own = {"client_id": app.id, "client_secret": app.secret}
        return own, {"Authorization": f"Bearer {granted.json()['access_token']}"}
    if path.startswith("/settings"):
        await house.settle("tom")
        await guest.sign_in("tom")
    return hidden(await guest.get(path)), {}


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("path", WAYS)
async def test_nobody_learns_who_has_an_account(
    open_house: Callable[..., Awaitable[House]],
    path: str,
    verified: list[Parameters],
    watchdog: Watch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # H190, H191: what is answered is alike, and what it costs until then: hashes and statements
    monkeypatch.setattr(presented, "FRESH_SECONDS", 3600.0)  # which request looks is chance
    at_home = {"ORIGIN": "http://127.0.0.1", "PASSWORD_GRANT": "on", "CONFIRM_EMAIL": "on"}
    house = await open_house(**at_home if path == "/oauth/token" else {})
    costs = []

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body"):
                costs.append((watchdog.requests[-1].said.total(), [*verified]))
                verified.clear()
            await send(message)

        await house.app(scope, receive, sent)

    answers = []
    async with House(house.instance, watched).guest() as guest:
        form, headers = await before(house, guest, path)
        with clock.held(clock.now_ms()):
            for number, who in enumerate(("olka", "olga") * 2):
                said = {name: one.format(who=who, n=number) for name, one in WAYS[path].items()}
                form |= {"password": "wrong password"} | said
                answer = await guest.post(path, form, **headers)
                text = re.sub(rf'{who}|"access_token":"[^"]+"', "", answer.text)
                answer.headers.pop("x-ratelimit-remaining", "")
                answer.headers.pop("x-ratelimit-reset", "")
                answers.append((answer.status_code, answer.headers, text))
    assert answers[0] == answers[1]
    assert costs[-2] == costs[-1]
    assert answers[0][0] in {200, 400 if path == "/oauth/token" else 401}
    told = await house.letters("olga@mail.example")
    assert len(told) == (2 if path in LETTERS else 0)
    assert not [one for one in told if ("token=" in one.text) != (path == "/forgot")]
    assert (await house.letters("olka@mail.example") == []) == (path not in LETTERS[1:])


LETTERS = ("/forgot", "/signup", "/settings/email", "/api/v1/accounts")


async def test_an_address_that_tries_too_often_is_told_to_come_back(house: House) -> None:
    # H192
    async with house.guest(STRANGER) as guest:
        form = hidden(await guest.get("/login")) | {"password": "wrong"}
        statuses = []
        for number in range(limits.SIGN_INS_PER_ADDRESS + 2):
            forged, name = f"192.88.99.{number}", f"name{number}"
            sent = form | {"name": name}
            answer = await guest.post("/login", sent, **{"X-Forwarded-For": forged})
            statuses.append(answer.status_code)
        assert statuses[0] == 401
        assert statuses[-2:] == [429, 429]
        assert int(answer.headers["retry-after"]) > 0
    async with house.guest("192.88.100.8") as other:
        assert (await other.sign_in()).status_code == 303


async def test_whoever_guesses_from_one_place_is_shut_out_there_and_the_owner_is_not(
    house: House,
) -> None:
    # H192
    async with house.guest(STRANGER) as eve, house.guest("192.88.100.8") as owner:
        statuses = [(await eve.sign_in(password=f"guess {n}")).status_code for n in range(12)]
        assert statuses == [401] * limits.SIGN_INS_PER_PLACE + [429] * 2
        assert (await eve.sign_in()).status_code == 429, "the right one, too, is refused there"
        for address in ("olga@mail.example", "nobody@mail.example"):  # whose it is, is not told
            assert (await eve.sign_in(address, "guess")).status_code == 401
        assert (await owner.sign_in()).status_code == 303


async def test_an_account_that_is_beset_from_everywhere_opens_where_its_owner_is_known(
    house: House,
) -> None:
    # H192, H193
    await house.settle("tom")
    async with house.guest("192.88.101.1") as known, house.guest("192.88.101.2") as toms:
        await known.sign_in()
        await known.post("/logout", hidden(await known.get("/settings")))
        await toms.sign_in("tom")
        await toms.post("/logout", hidden(await toms.get("/settings")))
        with clock.held(clock.now_ms()):
            for number in range(limits.SIGN_INS_PER_ACCOUNT):
                for typed in ("olga", "olga@mail.example"):
                    house_attempts(house).failed(typed, Place(f"192.88.102.{number}"))
            async with house.guest("192.88.101.3") as guest:
                refused = await guest.sign_in()
                refused_too = await guest.sign_in("Olga@Mail.example")
                assert (refused.status_code, refused_too.status_code) == (429, 429)
                assert (await toms.sign_in()).status_code == 429, "known, but not to this account"
                assert (await known.sign_in()).status_code == 303
                await guest.fill("/forgot", email="olga@mail.example")
                link = await house.link("olga@mail.example")
                await guest.fill(link, password="another battery")
                assert (await guest.sign_in(password="another battery")).status_code == 303


async def test_a_browser_that_is_known_may_not_guess_without_end(house: House) -> None:
    # H192
    async with house.guest("192.88.101.1") as guest:
        await guest.sign_in()
        await guest.post("/logout", hidden(await guest.get("/settings")))
        for _ in range(limits.SIGN_INS_PER_PLACE):
            assert (await guest.sign_in(password="wrong password")).status_code == 401
        assert (await guest.sign_in()).status_code == 429


@pytest.mark.parametrize("mark", ["x", "x.", ".x", "", ".", "x" * 5_000, "ж.ж"])
async def test_what_a_browser_makes_up_is_no_mark(mark: str) -> None:
    # H192
    key = b"k" * 32
    assert browsers.known(key, "7", mark) == ""
    given = browsers.mark(key, "7")
    assert browsers.known(key, "7", given) == given.partition(".")[0]
    assert browsers.known(key, "8", given) == browsers.known(b"o" * 32, "7", given) == ""


NAMES = (
    "admin",
    "api",
    "..",
    "OLGA",
    "olga",
    "аnn",
    "ann\u200b",
    "ann@x",
    "ann\r\nx",
    "x" * 64,
    "",
)


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_nobody_signs_up_with_a_name_that_means_something(house: House) -> None:
    # H154, by the form and by an app
    async with house.guest() as guest, house.program() as app:
        await app.register(scopes="read write")
        granted = await app.token_for(grant_type="client_credentials", scope="write")
        bearer = {"Authorization": f"Bearer {granted.json()['access_token']}"}
        for name in NAMES:
            sent = {"email": "new@mail.example", "password": PASSWORD}
            answer = await guest.fill("/signup", name=name, **sent)
            assert answer.status_code == 422, name
            more = {"username": name, "agreement": "true", "locale": "en"}
            asked = await app.client.post("/api/v1/accounts", data=sent | more, headers=bearer)
            assert asked.status_code == 422, name
    assert await Account.all().count() == 1


async def test_of_two_who_want_one_name_at_once_one_gets_it(house: House) -> None:
    # H189: and the other is told so, in whatever case they typed it
    async with house.guest() as one, house.guest() as other:
        forms = [hidden(await guest.get("/signup")) for guest in (one, other)]
        sent = [
            guest.post("/signup", form | {"name": "zoe", "email": email, "password": PASSWORD})
            for guest, form, email in zip(
                (one, other), forms, ("z1@mail.example", "z2@mail.example"), strict=True
            )
        ]
        answers = await asyncio.gather(*sent)
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    assert await Account.filter(actor__username="zoe").count() == 1


async def test_a_log_has_nothing_that_opens_an_account(house: House) -> None:
    # H215, H234: passwords, cookies, tokens, codes, links, addresses, at the most talkative level
    stream = io.StringIO()
    logging.configure("json", "debug", stream)
    async with house.guest(STRANGER) as guest, house.program(STRANGER) as app:
        await guest.sign_in(password="wrong but near")
        await guest.sign_in()
        await app.register()
        code = await house.code(guest, app)
        app.token = (await app.exchange(code)).json()["access_token"]
        await app.get("/api/v1/accounts/verify_credentials")
        await app.get("/api/v1/nowhere", "a guessed token")
        await guest.get(f"/settings?access_token={app.token}")
        await guest.fill("/forgot", email="olga@mail.example")
        link = (await house.link("olga@mail.example")).partition("token=")[2]
        await guest.get(f"/reset?token={link}")
        await house.instance.mailer.drain()
        secrets = [PASSWORD, "wrong but near", guest.cookie(), app.secret, code, app.token, link]
    said = stream.getvalue()
    for secret in (*secrets, "a guessed token", "olga@mail.example"):
        assert secret
        assert secret not in said, said


def house_attempts(house: House):  # type: ignore[no-untyped-def]
    """What the instance counts of attempts."""
    inner = house.app
    while not hasattr(inner, "state"):
        inner = inner.app  # type: ignore[attr-defined]
    return inner.state.reception.attempts


async def test_a_password_of_a_megabyte_is_not_hashed(hard_work: None, house: House) -> None:
    # H194
    async with house.guest() as guest:
        form = hidden(await guest.get("/login")) | {"name": "olga"}
        answer = await guest.post("/login", form | {"password": "x" * 1_000_000})
        assert answer.status_code == 413
        costs = []
        for _ in range(3):
            start = time.process_time()
            answer = await guest.post("/login", form | {"password": "x" * 100_000})
            assert answer.status_code == 401
            costs.append(time.process_time() - start)
        assert min(costs) < 0.05, "a hash costs several times that"


async def test_others_are_served_while_a_hundred_sign_in(hard_work: None, house: House) -> None:
    # H194
    async with house.guest() as guest:
        form = hidden(await guest.get("/login")) | {"name": "nobody", "password": "wrong"}
        crowd = [asyncio.create_task(guest.post("/login", form)) for _ in range(100)]
        await asyncio.sleep(0.3)
        start = time.perf_counter()
        assert (await guest.get("/about")).status_code == 200
        waited = time.perf_counter() - start
        statuses = {answer.status_code for answer in await asyncio.gather(*crowd)}
    assert waited < 3.0, "hashed in the loop, a hundred would take ten seconds and more"
    assert statuses == {401, 429}, "who cannot be served soon is told to come back"


async def test_all_of_a_long_password_counts() -> None:
    # H195
    long = "x" * 72
    stored = await passwords.hashed(f"{long}one")
    assert not await passwords.is_right(stored, f"{long}two")
    assert not await passwords.is_right(await passwords.hashed("nul\0 and more"), "nul\0 and less")


async def test_a_new_password_ends_all_that_the_old_one_opened(house: House) -> None:
    # H197
    async with house.guest() as thief, house.program() as app, house.guest() as owner:
        await thief.sign_in()
        await app.register()
        code = await house.code(thief, app)
        app.token = (await app.exchange(code)).json()["access_token"]
        waiting = await house.code(thief, app)
        await thief.fill("/settings/email", email="thief@mail.example", current=PASSWORD)
        await owner.fill("/forgot", email="olga@mail.example")
        changed = await owner.fill(
            await house.link("olga@mail.example"), password="another battery"
        )
        assert changed.status_code == 200
        assert (await thief.get("/settings")).status_code == 303
        answer = await app.get("/api/v1/accounts/verify_credentials")
        assert answer.status_code == 401
        assert (await app.exchange(waiting)).status_code == 400
        assert (await thief.get(await house.link("thief@mail.example"))).status_code == 410
        assert (await Session.all().count(), await Token.all().count()) == (0, 0)
        assert (await owner.sign_in(password="another battery")).status_code == 303


async def test_links_in_letters_are_ours_whatever_host_was_asked(house: House) -> None:
    # H198
    async with house.guest() as guest:
        await guest.fill("/login")
        form = hidden(await guest.get("/forgot")) | {"email": "olga@mail.example"}
        forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
        await guest.post("/forgot", form, **forged)
    assert "evil" not in (await house.letters("olga@mail.example"))[-1].text


async def test_a_link_in_a_letter_opens_once_soon_and_for_one_account(house: House) -> None:
    # H199
    await house.settle("tom")
    async with house.guest() as guest:
        await guest.fill("/forgot", email="olga@mail.example")
        path = await house.link("olga@mail.example")
        secret = path.partition("token=")[2]
        assert secret not in [one.digest for one in await Ticket.all()]
        assert (await guest.get(path.replace("reset", "confirm"))).status_code == 410
        later = clock.now_ms() + (limits.RESET_SECONDS + 1) * clock.SECOND
        with clock.held(later):
            assert (await guest.get(path)).status_code == 410
        form = hidden(await guest.get(path)) | {"password": "another battery"}
        first, second = await asyncio.gather(guest.post("/reset", form), guest.post("/reset", form))
        assert sorted([first.status_code, second.status_code]) in ([200, 410], [200, 422])
        assert (await guest.post("/reset", form)).status_code == 410
        assert (await guest.post("/reset", form | {"token": "guessed"})).status_code == 410
        assert (await guest.sign_in("tom")).status_code == 303, "nobody else's changed"


@pytest.mark.parametrize(
    "wrong",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"token": "other"},
        {"token": ""},
        {"type": "text/plain"},
    ],
)
async def test_a_form_of_another_site_does_nothing(house: House, wrong: dict[str, str]) -> None:
    # H200
    async with house.guest() as guest:
        await guest.sign_in()
        form = hidden(await guest.get("/settings/password"))
        form |= {"current": PASSWORD, "password": "another battery"}
        form["form_token"] = wrong.get("token", form["form_token"])
        headers = {name: value for name, value in wrong.items() if name not in {"token", "type"}}
        if "type" in wrong:
            headers["Content-Type"] = wrong["type"]
        answer = await guest.post("/settings/password", form, **headers)
        assert answer.status_code == 403
        assert (await guest.get("/settings")).status_code == 200
    assert await passwords.is_right((await Account.get()).password_hash, PASSWORD)


async def test_a_form_that_was_made_for_somebody_else_does_nothing(house: House) -> None:
    # H200
    async with house.guest() as guest, house.guest() as eve:
        await guest.sign_in()
        theirs = hidden(await eve.get("/login"))
        answer = await guest.post("/settings/sessions", theirs | {"everywhere": "1"})
        assert answer.status_code == 403
        assert (await guest.get("/settings")).status_code == 200


@pytest.mark.parametrize("path", ["/logout", "/oauth/token", "/oauth/revoke", "/api/v1/apps"])
async def test_nothing_is_changed_by_a_link(house: House, path: str) -> None:
    # H200
    async with house.guest() as guest:
        await guest.sign_in()
        for query in ("", "?_method=POST", "?_method=DELETE"):
            assert (await guest.get(path + query)).status_code == 405
        assert (await guest.get("/settings")).status_code == 200


@pytest.mark.parametrize(
    "email",
    [
        "a@b.example\r\nBcc: x@y.example",
        "a%b@c.example",
        '"a,b"@c.example',
        "x" * 65 + "@mail.example",
        "a@" + "b." * 200 + "example",
        "a@b.example\0",
        "a@@b.example",
        "a@[127.0.0.1]",
        "a b@c.example",
        "a@localhost",
        "",
    ],
)
async def test_what_is_no_address_is_refused_and_nothing_is_sent(house: House, email: str) -> None:
    # H201
    async with house.guest() as guest:
        for path in ("/signup", "/forgot"):
            answer = await guest.fill(path, name="new", email=email, password=PASSWORD)
            assert answer.status_code in {400, 422}, answer.text
    assert await Mail.all().count() == 0
    assert await Account.all().count() == 1


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "https://evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil",
        " //evil.example",
    ],
)
async def test_after_signing_in_one_stays_here(house: House, path: str) -> None:
    # H202
    async with house.guest() as guest:
        shown = await guest.client.get("/login", params={"next": path})
        answer = await guest.post(
            "/login", hidden(shown) | {"next": path, "name": "olga", "password": PASSWORD}
        )
        assert answer.headers["location"] == "/feed"
        shown = await guest.client.get("/login", params={"next": path})
        assert shown.headers["location"] == "/feed"


@pytest.mark.parametrize("path", ELSEWHERE)
async def test_making_an_account_leads_nowhere_but_to_our_own_pages(
    house: House, path: str
) -> None:
    # H202
    async with house.guest() as guest:
        for page in ("/signup", "/confirm"):
            olga = await people.account_named("olga")
            token = await tickets.issue(olga.id, "confirm", olga.email)
            asked = {"next": path, "token": token}
            shown = await guest.client.get(page, params=asked)
            assert hidden(shown)["next"] == "/feed"
            wish = {"name": "tom", "email": "tom@mail.example", "password": PASSWORD}
            answer = await guest.post(page, hidden(shown) | wish | {"next": path})
            assert (answer.status_code, "evil" in answer.text) == (200, False)
    assert "evil" not in (await house.letters("tom@mail.example"))[0].text


async def test_whoever_is_in_at_once_goes_on_to_no_other_site(
    open_house: Callable[..., Awaitable[House]],
) -> None:
    # H202
    ours = "http://localhost:8000"
    house = await open_house(ORIGIN=ours, CONFIRM_EMAIL="off")
    async with house.guest() as guest:
        guest.client.base_url = ours
        wish = {"name": "tom", "email": "tom@mail.example", "password": PASSWORD}
        form = hidden(await guest.get("/signup")) | wish | {"next": "//evil.example"}
        answer = await guest.post("/signup", form, Origin=ours)
    assert (answer.status_code, answer.headers["location"]) == (303, "/feed")


@pytest.mark.parametrize(
    "path",
    ["/oauth/authorize?client_id=1", "/groups/welders/join?handle=a", "/groups/welders/invited?"],
)
@pytest.mark.parametrize(("page", "to"), [("/signup", "tom"), ("/forgot", "olga")])
async def test_a_letter_leads_on_to_nothing_but_a_group(
    house: House, path: str, page: str, to: str
) -> None:
    # H202: whoever asks for it chooses who reads it
    async with house.guest() as eve:
        form = hidden(await eve.client.get(page, params={"next": path}))
        wish = {"name": to, "email": f"{to}@mail.example", "password": PASSWORD}
        assert form["next"] == path
        assert (await eve.post(page, form | wish)).status_code == 200
    assert "next=" not in (await house.letters(f"{to}@mail.example"))[0].text


@pytest.mark.parametrize("path", ELSEWHERE)
async def test_a_new_password_leads_nowhere_but_to_our_own_pages(house: House, path: str) -> None:
    # H202
    olga = await people.account_named("olga")
    async with house.guest() as guest:
        shown = await guest.client.get("/forgot", params={"next": path})
        assert hidden(shown)["next"] == "/feed"
        token = await tickets.issue(olga.id, "reset")
        shown = await guest.client.get("/reset", params={"next": path, "token": token})
        assert hidden(shown)["next"] == "/feed"
        sent = hidden(shown) | {"password": "another battery", "next": path}
        answer = await guest.post("/reset", sent)
        assert (answer.status_code, "evil" in answer.text) == (200, False)
        stale = await guest.client.get("/reset", params={"next": path, "token": token})
        assert (stale.status_code, "evil" in stale.text) == (410, False)


@pytest.mark.parametrize("path", ELSEWHERE)
async def test_the_second_step_leads_nowhere_but_to_our_own_pages(house: House, path: str) -> None:
    # H202
    async with house.guest() as guest:
        over = await guest.client.get("/login/second", params={"next": path})
        assert over.headers["location"] == "/login"
        headers = {"Accept": "text/html"}
        back = await guest.client.get("/login/passkey", params={"next": path}, headers=headers)
        assert back.headers["location"] == "/login"


@pytest.mark.parametrize("path", ELSEWHERE)
async def test_the_head_of_a_page_leads_on_to_no_other_site(house: House, path: str) -> None:
    # H202
    async with house.guest() as guest:
        for page in ("/login", "/signup", "/forgot", "/reset", "/confirm"):
            shown = await guest.client.get(page, params={"next": path})
            assert (sign_in_of(shown), page) == ("/login", page)


async def test_a_form_of_another_site_does_not_say_where_signing_in_leads(house: House) -> None:
    # H202
    async with house.guest() as guest:
        sent = await guest.post("/follow", {}, Referer="https://evil.example/settings/close")
        assert sent.headers["location"] == "/login"
        failed = await guest.post("/login", {}, Referer="https://evil.example/groups/welders")
        assert (failed.status_code, sign_in_of(failed)) == (403, "/login")


@pytest.mark.parametrize("state", ["suspended", "gone"])
async def test_whoever_is_shown_out_is_out_at_once(house: House, state: str) -> None:
    # H204
    async with house.guest() as guest, house.program() as app:
        await guest.sign_in()
        await app.register()
        app.token = (await app.exchange(await house.code(guest, app))).json()["access_token"]
        waiting = await house.code(guest, app)
        assert (await app.get("/api/v1/accounts/verify_credentials")).status_code == 200
        await Actor.filter(username="olga").update(state=state)
        assert (await app.get("/api/v1/accounts/verify_credentials")).status_code == 403
        assert (await app.exchange(waiting)).json()["error"] == "invalid_grant"
        assert (await guest.get("/settings")).status_code == 303
        assert (await guest.sign_in()).status_code in {401, 403}
