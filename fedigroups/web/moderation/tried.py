"""This module keeps what was typed into a form that was refused, for the page that follows."""

from __future__ import annotations

from dataclasses import dataclass

from federation.errors import Malformed
from fedigroups.api.body import Body
from fedigroups.web import refusals


@dataclass(frozen=True, slots=True)
class Tried:
    """A form of a page that has many: what it was about, what was typed into it, what is wrong."""

    about: str = ""
    kind: str = ""
    rule: str = ""
    canned: str = ""
    text: str = ""
    problem: str = ""

    def on(self, about: int, *kinds: str) -> Tried:
        """This, where it was one of these decisions about that; nothing otherwise."""
        return self if self.about == str(about) and self.kind in kinds else NOTHING


NOTHING = Tried()


def refused(sent: Body, error: Malformed) -> Tried:
    """What was sent from a desk, and why it was refused."""
    return Tried(
        about=sent.text("post") or sent.text("report") or sent.text("appeal"),
        kind=sent.text("decision"),
        rule=sent.text("rule"),
        canned=sent.text("canned"),
        text=sent.text("text"),
        problem=refusals.said(error),
    )
