"""This module knows which e-mail addresses are taken, and when two are the same."""

from __future__ import annotations

import re

from federation.errors import Malformed
from federation.limits import EMAIL_CHARS

_LOCAL = r"[A-Za-z0-9!#$&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@){_LOCAL}@{_LABEL}(?:\.{_LABEL})+", re.ASCII)


def check(text: str) -> str:
    """The address as it was typed, without blanks around it. Raises `Malformed`.

    Quoted names, `%` (which some mail servers take for a route) and anything with a control
    character in it are refused: nothing of that is an address that a person has.
    """
    address = text.strip()
    if len(address) > EMAIL_CHARS or not _ADDRESS.fullmatch(address):
        raise Malformed(
            "that cannot be an e-mail address; it has a name, @ and a host, for example "
            "olga@mail.example"
        )
    return address


def key(address: str) -> str:
    """The address as it is compared: hosts do not tell upper case from lower, nor do people."""
    return address.lower()
