"""This module knows how hashtags are compared: lower case, without their sign."""

from __future__ import annotations

import re

_CHARS = 100
_NAME = re.compile(rf"#?(\w{{1,{_CHARS}}})")


def name_of(text: str) -> str:
    """The name in `#TIG` as it is compared: `tig`; "" for what is no hashtag."""
    match = _NAME.fullmatch(text)
    return match[1].lower()[:_CHARS] if match else ""  # some letters are two in lower case
