"""This module gives out authorization codes and turns each into a token once.

A code that comes a second time was stolen, before or now: what it was turned into ends (RFC 6749
section 4.1.2). PKCE is S256 alone (RFC 7636); who gave a challenge must answer it, and who gave
none may not answer one, for then the code was meant for somebody else.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass

from federation import clock, ids, limits, storage
from fedigroups.accounts import secrets
from fedigroups.accounts.app_models import App, Code, Token
from fedigroups.accounts.models import Account
from fedigroups.api.answers import ApiError
from fedigroups.oauth import tokens
from fedigroups.oauth.tokens import Issued

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True, slots=True)
class Consent:
    """What somebody allowed an app, and where their browser is sent back to."""

    app: App
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str = ""
    acting_id: int | None = None


async def issue(consent: Consent, account: Account) -> str:
    """The code for what was allowed."""
    secret = secrets.new()
    await Code.create(
        id=ids.new(),
        app_id=consent.app.id,
        account_id=account.id,
        acting_id=consent.acting_id,
        digest=secrets.digest(secret),
        redirect_uri=consent.redirect_uri,
        scopes=" ".join(consent.scopes),
        challenge=consent.challenge,
        expires_at=clock.now_ms() + limits.CODE_SECONDS * clock.SECOND,
    )
    return secret


async def redeem(app: App, shown: str, redirect_uri: str, verifier: str, *, proven: bool) -> Issued:
    """The token for a code. Raises `ApiError` (`invalid_grant`) for whatever is not as it was.

    `proven` says that the app showed its secret; without it, a PKCE verifier must do.
    """
    code = await Code.get_or_none(digest=secrets.digest(shown)).select_related("account__actor")
    if code is None or code.app_id != app.id:
        raise _refused("there is no such code for this app, or its time is up")
    if code.token_id:
        await Token.filter(id=code.token_id).delete()
        raise _refused("this code was used before; what it was exchanged for is revoked")
    _check(code, redirect_uri, verifier, proven=proven)
    if not code.account.admitted or code.account.actor.state != "live":
        raise _refused("this account may not be used at the moment")
    return await _exchanged(app, code)


def _check(code: Code, redirect_uri: str, verifier: str, *, proven: bool) -> None:
    if code.expires_at <= clock.now_ms():
        raise _refused("there is no such code for this app, or its time is up")
    if code.redirect_uri != redirect_uri:
        raise _refused("redirect_uri is not the one that the code was asked for with")
    if bool(code.challenge) != bool(verifier):
        raise _refused("code_verifier must be there if, and only if, code_challenge was")
    if code.challenge and not secrets.same(challenge_of(verifier), code.challenge):
        raise _refused("code_verifier does not match code_challenge")
    if not code.challenge and not proven:
        raise ApiError(
            401, "invalid_client", error_description="client_secret is needed without PKCE"
        )


async def _exchanged(app: App, code: Code) -> Issued:
    """The token; of two who come with the code at once, the second ends what the first got."""
    async with storage.transaction():
        issued = await tokens.issue(app, code.scopes.split(), code.account_id, code.acting_id)
        won = await Code.filter(id=code.id, token_id=0).update(token_id=issued.id)
        if not won:
            used = await Code.get_or_none(id=code.id)
            await Token.filter(id__in=[issued.id, used.token_id if used else 0]).delete()
    if not won:
        raise _refused("this code was used before; what it was exchanged for is revoked")
    return issued


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier; empty, which matches none, for what is no verifier."""
    if not _VERIFIER.fullmatch(verifier):
        return ""
    hashed = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()


async def retire() -> None:
    """Forget codes whose time has been up for so long that no second use of one is awaited."""
    await storage.execute("DELETE FROM oauth_code WHERE expires_at < ?", clock.now_ms() - clock.DAY)


def _refused(why: str) -> ApiError:
    return ApiError(400, "invalid_grant", error_description=why)
