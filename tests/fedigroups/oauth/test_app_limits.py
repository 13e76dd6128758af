"""The numbers that bound apps, their codes and their tokens: at each, below and above it."""

from __future__ import annotations

import pytest

import scenery
from federation import clock, ids, limits
from federation.errors import Malformed
from fedigroups.accounts.app_models import App, Token
from fedigroups.accounts.models import Account
from fedigroups.api.answers import ApiError
from fedigroups.api.body import Body
from fedigroups.oauth import apps, authorise, codes, tokens
from fedigroups.oauth.apps import OUT_OF_BAND
from fedigroups.oauth.codes import Consent
from fedigroups.store import Store

pytestmark = pytest.mark.anyio

NOW = clock.now_ms()
WEEK = 7 * clock.DAY


async def olga() -> Account:
    """Olga's account, which she lets apps use."""
    actor = await scenery.person("olga@groups.example")
    return await Account.create(
        id=ids.new(), actor_id=actor.id, confirmed_at=NOW, approved_at=NOW, created_at=NOW
    )


async def register(name: str = "Trial", addresses: int = 1) -> App:
    """An app with so many addresses."""
    uris = [f"https://elk.example/{number}" for number in range(addresses)]
    return (await apps.register(name, uris, ["read"], "", plain=False)).app


async def test_the_name_of_an_app_is_cut(database: Store) -> None:
    most = limits.APP_NAME_CHARS
    assert most == 100
    names = [(await register("x" * chars)).name for chars in (most - 1, most, most + 1)]
    assert names == ["x" * 99, "x" * 100, "x" * 99 + "…"]


async def test_an_app_has_so_many_addresses_and_one_at_least(database: Store) -> None:
    most = limits.APP_REDIRECTS
    assert most == 20
    for number in (1, most - 1, most):
        assert len(apps.redirects(await register(addresses=number))) == number
    for number in (0, most + 1):
        with pytest.raises(Malformed, match="1 to 20"):
            await register(addresses=number)


@pytest.mark.parametrize("later", [0, 1])
async def test_an_app_that_nobody_uses_is_forgotten_after_a_week(
    database: Store, later: int
) -> None:
    assert limits.APP_UNUSED_SECONDS * clock.SECOND == WEEK
    account = await olga()
    with clock.held(NOW):
        await register("unused")
        await tokens.issue(await register("without anybody"), ["read"])
        await tokens.issue(await register("used"), ["read"], account.id)
    with clock.held(NOW + WEEK + later):
        await tokens.retire()
        await apps.retire()
    names = await App.all().order_by("id").values_list("name", flat=True)
    assert names == (["used"] if later else ["unused", "without anybody", "used"])
    assert await Token.all().count() == (1 if later else 2)


@pytest.mark.parametrize("later", [-1, 0, 1])
async def test_a_code_becomes_a_token_within_ten_minutes(database: Store, later: int) -> None:
    assert limits.CODE_SECONDS == 600
    app, account = await register(), await olga()
    with clock.held(NOW):
        code = await codes.issue(Consent(app, OUT_OF_BAND, ("read",)), account)
    with clock.held(NOW + 600 * clock.SECOND + later):
        if later < 0:
            await codes.redeem(app, code, OUT_OF_BAND, "", proven=True)
        else:
            with pytest.raises(ApiError):
                await codes.redeem(app, code, OUT_OF_BAND, "", proven=True)
    assert await Token.all().count() == (1 if later < 0 else 0)


async def test_the_token_of_an_account_that_was_not_used_the_longest_makes_room(
    database: Store,
) -> None:
    assert limits.TOKENS_PER_ACCOUNT == 200
    await makes_room(200, (await olga()).id)


async def test_of_the_tokens_that_an_app_has_for_itself_the_longest_unused_makes_room(
    database: Store,
) -> None:
    assert limits.TOKENS_PER_APP == 50
    await makes_room(50, None)


async def makes_room(most: int, account_id: int | None) -> None:
    """See that so many tokens stay, and that one more ends the one that was not used longest."""
    app = await register()
    await Token.bulk_create(
        Token(
            id=n,
            app_id=app.id,
            account_id=account_id,
            digest=str(n),
            scopes="read",
            used_at=NOW + n,
            created_at=NOW,
        )
        for n in range(1, most)
    )
    with clock.held(NOW + most):
        await tokens.issue(app, ["read"], account_id)
        assert await Token.all().count() == most
        assert await Token.exists(id=1), "there was room"
        await Token.filter(id=1).update(used_at=NOW + most)
        await tokens.issue(app, ["read"], account_id)
    assert await Token.all().count() == most
    assert await Token.filter(id__in=[1, 2]).values_list("id", flat=True) == [1]


async def test_what_an_app_has_sent_back_is_cut(database: Store) -> None:
    most, app = limits.STATE_CHARS, await register()
    assert most == 2_000
    query = {"response_type": "code", "redirect_uri": "https://elk.example/0", "scope": "read"}
    for chars, kept in ((most - 1, most - 1), (most, most), (most + 1, most)):
        said = query | {"client_id": app.client_id, "state": "x" * chars}
        assert len((await authorise.read(Body(said))).state) == kept
