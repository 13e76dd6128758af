"""This module knows how hashtags are compared: lower case, without their sign."""

from __future__ import annotations

import re

_NAME = re.compile(r"#?(\w{1,100})")


def name_of(text: str) -> str:
    """The name in `#TIG` as it is compared: `tig`; "" for what is no hashtag."""
    match = _NAME.fullmatch(text)
    return match[1].lower() if match else ""
