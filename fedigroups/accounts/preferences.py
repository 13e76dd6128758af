"""This module knows what people may choose for themselves, and what they may not."""

from __future__ import annotations

from collections.abc import Sequence

from federation.errors import Malformed
from fedigroups.accounts.models import Account
from fedigroups.content import languages

VISIBILITIES = {
    "public": "Public: for everybody",
    "unlisted": "Unlisted: for everybody, and not pushed forward",
    "private": "Private: for followers and members only",
}
MAIL_ABOUT = {
    "sign_in": "Somebody signs in to my account with a browser that was not here before",
    "sign_up": "Somebody asks for an account (for admins)",
}


async def choose(
    account: Account,
    *,
    visibility: str,
    language: str,
    mail_about: Sequence[str],
    default_group_id: int | None = None,
) -> None:
    """Keep what somebody chose. Raises `Malformed` for what cannot be chosen."""
    if visibility not in VISIBILITIES:
        raise Malformed(f"visibility must be one of {', '.join(VISIBILITIES)}")
    if len(language) > 16 or (language and not languages.is_tag(language)):
        raise Malformed("a language is a tag such as en or pt-BR")
    if unknown := set(mail_about) - set(MAIL_ABOUT):
        raise Malformed(f"there is no mail about {unknown.pop()!r}")
    account.visibility, account.language = visibility, language
    account.mail_about = " ".join(one for one in MAIL_ABOUT if one in mail_about)
    if default_group_id is not None:
        account.default_group_id = default_group_id
    kept = ("visibility", "language", "mail_about", "default_group_id")
    await account.save(update_fields=kept)
