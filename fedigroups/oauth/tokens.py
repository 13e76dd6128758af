"""This module issues tokens and takes them back; of each only a digest is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from federation import clock, ids, limits, storage
from fedigroups.accounts import secrets
from fedigroups.accounts.app_models import App, Token
from fedigroups.accounts.models import Account


@dataclass(frozen=True, slots=True)
class Issued:
    """A token as its app is told it, this once; times are in milliseconds."""

    id: int
    secret: str
    scopes: Sequence[str]
    created_at: int

    def document(self) -> dict[str, str | int]:
        """What the token endpoint answers (RFC 6749 section 5.1)."""
        return {
            "access_token": self.secret,
            "token_type": "Bearer",
            "scope": " ".join(self.scopes),
            "created_at": self.created_at // 1_000,
        }


async def issue(
    app: App, scopes: Sequence[str], account_id: int | None = None, acting_id: int | None = None
) -> Issued:
    """A new token; where there would be too many, the one that was not used the longest ends."""
    secret, now = secrets.new(), clock.now_ms()
    token = await Token.create(
        id=ids.new(),
        app_id=app.id,
        account_id=account_id,
        acting_id=acting_id,
        digest=secrets.digest(secret),
        scopes=" ".join(scopes),
        used_at=now,
        created_at=now,
    )
    if account_id is None:
        await _make_room("app_id = ? AND account_id IS NULL", app.id, limits.TOKENS_PER_APP)
    else:
        await _make_room("account_id = ?", account_id, limits.TOKENS_PER_ACCOUNT)
    return Issued(token.id, secret, scopes, now)


async def _make_room(whose: str, owner_id: int, most: int) -> None:
    await storage.execute(
        f"DELETE FROM oauth_token WHERE {whose} AND id NOT IN (SELECT id FROM oauth_token"  # noqa: S608
        f" WHERE {whose} ORDER BY used_at DESC, id DESC LIMIT ?)",
        owner_id,
        owner_id,
        most,
    )


async def of(account: Account) -> Sequence[Token]:
    """With what apps act for somebody, with app and acting group, the newest use first."""
    found = Token.filter(account_id=account.id).select_related("app", "acting")
    return await found.order_by("-used_at", "-id")


async def show_out(account: Account, token_id: int) -> bool:
    """Take back one token of this account; whether there was one."""
    return await Token.filter(id=token_id, account_id=account.id).delete() == 1


async def revoke(app: App, shown: str) -> bool:
    """Take back a token of this app, if it is there; False when it is another app's."""
    token = await Token.get_or_none(digest=secrets.digest(shown))
    if token is not None and token.app_id != app.id:
        return False
    if token is not None:
        await token.delete()
    return True


async def retire() -> None:
    """Forget apps' own tokens that were not used for as long as an app may be unused."""
    await storage.execute(
        "DELETE FROM oauth_token WHERE account_id IS NULL AND used_at < ?",
        clock.now_ms() - limits.APP_UNUSED_SECONDS * clock.SECOND,
    )
