"""The pages of other servers: what is known of them, which are blocked, and lists of blocks."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from tortoise.expressions import Q

from federation.errors import Malformed
from federation.models import Peer
from federation.peers import Peers
from fedigroups import blocklist
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.models import Session
from fedigroups.api.body import Body
from fedigroups.blocklist import Blocklist
from fedigroups.web import forms, refusals, visitors
from fedigroups.web.authority import for_staff
from fedigroups.web.staff.frame import noted_down, page
from fedigroups.web.translation import gettext as _

SHOWN = 100
LIST_BYTES = 2_000_000
AT_ONCE = 500
"""Servers of a list that one request blocks; the page then goes on with the rest."""


def routes() -> list[BaseRoute]:
    """The pages."""
    return [
        Route("/admin/servers", for_staff(servers), methods=["GET", "POST"]),
        Route("/admin/servers/blocks.csv", for_staff(export)),
        Route("/admin/servers/import", for_staff(take_list), methods=["GET", "POST"]),
    ]


async def servers(request: Request, session: Session) -> Response:
    """`/admin/servers?q=`: those that staff named, or whose name has the words in it."""
    problems, typed = {}, {"host": "", "note": ""}
    if request.method == "POST":
        sent = await forms.read(request)
        typed = {name: sent.text(name) for name in typed}
        peers = receptions.of(request).wire.peers
        try:
            kind = await _act(peers, sent.text("act"), typed["host"], typed["note"].strip())
            await noted_down(session, f"peer {kind}", **typed)
            return visitors.seen(f"/admin/servers?done={kind}")
        except Malformed as error:
            problems = {"host": refusals.said(error)}
    query = request.query_params.get("q", "").strip().lower()[:200]
    named = Q(blocked=True) | Q(limited=True) | Q(allowed=True)
    found = Peer.filter(Q(host__contains=query) if query else named)
    return page(
        request,
        session,
        "servers",
        _("Servers"),
        found=await found.order_by("host").limit(SHOWN),
        asked=query,
        typed=typed,
        problems=problems,
        allowed_only=receptions.of(request).wire.config.allowed_only,
    )


async def _act(peers: Peers, kind: str, host: str, note: str) -> str:
    """Do with a server what was chosen; what that was. Refuses as `Peers.block` does."""
    match kind:
        case "unblock":
            await peers.unblock(host)
        case "limit":
            await peers.limit(host, note)
        case "unlimit":
            await peers.unlimit(host)
        case "allow":
            await peers.allow(host)
        case "disallow":
            await peers.disallow(host)
        case _:
            await peers.block(host, note)
            return "block"
    return kind


async def export(_request: Request, _session: Session) -> Response:
    """`/admin/servers/blocks.csv`: what Mastodon and others can import."""
    blocks, limits = await _named()
    headers = {
        "Content-Disposition": 'attachment; filename="blocks.csv"',
        "Cache-Control": "private, no-store",
    }
    unsaid = [dict.fromkeys(hosts, "") for hosts in (blocks, limits - blocks)]  # notes stay here
    return Response(blocklist.write(*unsaid), headers=headers, media_type="text/csv")


async def take_list(request: Request, session: Session) -> Response:
    """`/admin/servers/import`: a list is shown before anybody is blocked by it.

    A long one is worked off in several requests. Whoever stops in between sends the list again:
    what is blocked already is passed over.
    """
    read, problems, text, goes_on = Blocklist(), {}, "", False
    if request.method == "POST":
        sent = await forms.read(request, most=LIST_BYTES, files=1)
        try:
            text = await _text(sent)
            read = blocklist.parse(text)
            _leave_out_ours(receptions.of(request).wire.peers, read)
            if sent.text("step") == "block":
                taken = await _take(request, read)
                await noted_down(session, "peer import", hosts=" ".join(taken))
                goes_on = len(taken) == AT_ONCE
                if not goes_on:
                    return visitors.seen("/admin/servers?done=import")
        except Malformed as error:
            problems = {"list": refusals.said(error)}
    blocks, limits = await _named()
    known = blocks | (limits & set(read.limits))
    listed = {*read.blocks, *read.limits}
    return page(
        request,
        session,
        "import",
        _("Import a list of blocks"),
        problems=problems,
        text=text,
        goes_on=goes_on,
        all=len(listed),
        new=sorted(set(read.blocks) - blocks),
        limited=sorted(set(read.limits) - known),
        known=len(listed & known),
        left_out=list(read.left_out),
    )


def _leave_out_ours(peers: Peers, read: Blocklist) -> None:
    """A list that names this server would have it block itself."""
    for hosts in (read.blocks, read.limits):
        for host in filter(peers.is_ours, [*hosts]):
            del hosts[host]
            read.left_out[host] = "is this server"


async def _text(sent: Body) -> str:
    file = sent.file("list")
    if file is None:
        return sent.text("text")
    content = await file.read()
    await file.close()
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Malformed("there is no server to block in that list") from error


async def _named() -> tuple[set[str], set[str]]:
    """Who is blocked, and who is limited."""
    named = await Peer.filter(Q(blocked=True) | Q(limited=True))
    return {one.host for one in named if one.blocked}, {one.host for one in named if one.limited}


async def _take(request: Request, read: Blocklist) -> list[str]:
    """Block or limit some of them; those that are so already keep their notes."""
    peers = receptions.of(request).wire.peers
    blocks, limits = await _named()
    new = [(peers.block, host, why) for host, why in read.blocks.items() if host not in blocks]
    new += [
        (peers.limit, host, why) for host, why in read.limits.items() if host not in blocks | limits
    ]
    for act, host, why in new[:AT_ONCE]:
        await act(host, why)
    return [host for _, host, _ in new[:AT_ONCE]]
