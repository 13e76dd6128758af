"""One file for each verb: what a decision changes here, and what other servers are told of it."""

from __future__ import annotations

from fedigroups.moderation.effects import (
    accept,
    appoint,
    ask,
    ban,
    expel,
    heed,
    hold,
    lock,
    mute,
    pin,
    refuse,
    remove,
    restore,
    settle,
    turn_away,
    warn,
)
from fedigroups.moderation.effects.done import Effect
from fedigroups.moderation.kinds import KINDS

_EFFECTS: dict[str, Effect] = {
    "hold": hold.hold,
    "accept": accept.accept,
    "refuse": refuse.refuse,
    "ask": ask.ask,
    "turn_away": turn_away.turn_away,
    "remove": remove.remove,
    "restore": restore.restore,
    "lock": lock.lock,
    "unlock": lock.unlock,
    "pin": pin.pin,
    "unpin": pin.unpin,
    "warn": warn.warn,
    "mute": mute.mute,
    "unmute": mute.unmute,
    "ban": ban.ban,
    "unban": ban.unban,
    "expel": expel.expel,
    "refuse_join": expel.refuse_join,
    "appoint": appoint.appoint,
    "dismiss": appoint.dismiss,
    "transfer": appoint.transfer,
    "heed": heed.heed,
    "set_aside": heed.set_aside,
    "uphold": settle.uphold,
    "overturn": settle.overturn,
}


def of(kind: str) -> Effect:
    """What a kind of decision does."""
    return _EFFECTS[kind]


if unknown := _EFFECTS.keys() ^ KINDS.keys():
    raise RuntimeError(f"kinds of decisions without an effect, or the other way round: {unknown}")
