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
    leave,
    move,
    reject,
    undo,
    update,
    vote,
)
from inbox.registry import Registry


def register_all(registry: Registry) -> None:
    """Let the inbox dispatch every activity type that group life knows."""
    registry.register("Follow", follow.on_follow, follow.gather_follow)
    registry.register("Join", follow.on_follow, follow.gather_follow)
    registry.register("Leave", leave.on_leave)
    registry.register("Accept", accept.on_accept)
    registry.register("Reject", reject.on_reject)
    registry.register("Create", create.on_create, create.gather_create)
    registry.register("Update", update.on_update, update.gather_update)
    registry.register("Delete", delete.on_delete, delete.gather_delete)
    registry.register("Announce", announce.on_announce, announce.gather_announce)
    registry.register("Undo", undo.on_undo)
    registry.register("Block", block.on_block)
    registry.register("Move", move.on_move, move.gather_move)
    registry.register("Flag", flag.on_flag)
    for kind in vote.KINDS:
        registry.register(kind, vote.on_vote)
