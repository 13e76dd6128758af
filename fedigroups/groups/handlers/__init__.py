"""One file for each verb; `register_all` says which handler answers which activity type.

A new activity type is a new file here and a line below.
"""

from __future__ import annotations

from fedigroups.groups.handlers import (
    accept,
    announce,
    block,
    create,
    delete,
    flag,
    follow,
    govern,
    leave,
    listing,
    lock,
    move,
    reject,
    take_back,
    undo,
    update,
    vote,
)
from inbox.registry import Apply, Gather, Outcome, Received, Registry, ignored


def register_all(registry: Registry) -> None:
    """Let the inbox dispatch every activity type that group life knows."""
    _first_hand(registry, "Follow", follow.on_follow, follow.gather_follow)
    _first_hand(registry, "Join", follow.on_follow, follow.gather_follow)
    _first_hand(registry, "Leave", leave.on_leave)
    _first_hand(registry, "Accept", accept.on_accept)
    _first_hand(registry, "Reject", reject.on_reject)
    registry.register("Create", create.on_create, create.gather_create)
    registry.register("Update", update.on_update, update.gather_update)
    registry.register("Delete", delete.on_delete, delete.gather_delete)
    _first_hand(registry, "Announce", announce.on_announce, announce.gather_announce)
    registry.register("Undo", undo.on_undo, take_back.gather_undo, by_name=True)
    registry.register("Lock", lock.on_lock, govern.gather_announced, by_name=True)
    registry.register("Add", listing.on_add, govern.gather_announced, by_name=True)
    registry.register("Remove", listing.on_remove, govern.gather_announced, by_name=True)
    _first_hand(registry, "Block", block.on_block)
    _first_hand(registry, "Move", move.on_move, move.gather_move)
    registry.register("Flag", flag.on_flag, by_name=True)
    for kind in vote.KINDS:
        registry.register(kind, vote.on_vote, by_name=True)


def _first_hand(registry: Registry, kind: str, apply: Apply, gather: Gather | None = None) -> None:
    """Register a verb that is believed of its own actor alone, and of no group that reports it.

    Else any Group elsewhere could make people join, leave or ban one another here.
    """

    async def gathered(received: Received) -> object:
        return await gather(received) if gather and received.announcer is None else None

    async def applied(received: Received) -> Outcome:
        if received.announcer is not None:
            return ignored(f"{received.announcer.handle} does not speak for {received.actor.uri}")
        return await apply(received)

    registry.register(kind, applied, gathered, by_name=True)
