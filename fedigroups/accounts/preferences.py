"""This module knows what people may choose for themselves, and what they may not."""

from __future__ import annotations

VISIBILITIES = {
    "public": "Public: for everybody",
    "unlisted": "Unlisted: for everybody, and not pushed forward",
    "private": "Private: for followers and members only",
}
MAIL_ABOUT = {
    "sign_in": "Somebody signs in to my account",
    "sign_up": "Somebody asks for an account (admins)",
}
