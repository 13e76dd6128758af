"""This module declares every kind of decision: what it is about, what it needs, who hears of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Subject = Literal["post", "person", "group"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of decision.

    What goes `against` somebody has a reason in words, reaches them, and can be appealed against.
    """

    subject: Subject
    against: bool = False
    needs_rule: bool = False
    needs_text: bool = False
    unnamed: bool = False
    """The public ledger never says whom it concerned: what it was about was not public, or the
    reason is an accusation."""
    listed: bool = True
    """Whether the public ledger has it."""
    by_owner: bool = False
    """Only an owner of the group decides it."""

    @property
    def gives_reason(self) -> bool:
        """Whether it needs a text that somebody can read."""
        return self.against or self.needs_text


KINDS: dict[str, Kind] = {
    # of posts that wait
    "hold": Kind("post", unnamed=True, listed=False),
    "accept": Kind("post"),
    "refuse": Kind("post", against=True, needs_rule=True, unnamed=True),
    "ask": Kind("post", against=True, unnamed=True),
    "turn_away": Kind("person", against=True, unnamed=True),
    # of posts that were shown
    "remove": Kind("post", against=True),
    "restore": Kind("post"),
    "lock": Kind("post", against=True),
    "unlock": Kind("post"),
    "pin": Kind("post"),
    "unpin": Kind("post"),
    # of people
    "warn": Kind("person", against=True, unnamed=True),
    "mute": Kind("person", against=True, unnamed=True),
    "unmute": Kind("person", unnamed=True),
    "ban": Kind("person", against=True, unnamed=True),
    "unban": Kind("person", unnamed=True),
    "expel": Kind("person", against=True, unnamed=True),
    "refuse_join": Kind("person", against=True, unnamed=True),
    "appoint": Kind("person"),
    "dismiss": Kind("person", against=True),
    "transfer": Kind("person", by_owner=True),
    # of reports: about who reported
    "heed": Kind("person", needs_text=True, unnamed=True, listed=False),
    "set_aside": Kind("person", needs_text=True, unnamed=True, listed=False),
    # of appeals
    "uphold": Kind("person", needs_text=True, unnamed=True),
    "overturn": Kind("person", needs_text=True, unnamed=True),
}


def _check() -> None:
    for name, kind in KINDS.items():
        if kind.needs_rule and not kind.against:
            raise RuntimeError(f"{name} rests on a rule and goes against nobody")


_check()
