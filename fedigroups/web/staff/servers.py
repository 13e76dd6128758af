"""The pages of other servers: what is known of them, which are blocked, and lists of blocks."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

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
    """`/admin/servers?q=`: the blocked ones, or those whose name has the words in it."""
    problems, typed = {}, {"host": "", "note": ""}
    if request.method == "POST":
        sent = await forms.read(request)
        typed = {name: sent.text(name) for name in typed}
        peers = receptions.of(request).wire.peers
        try:
            if sent.text("act") == "unblock":
                await peers.unblock(typed["host"])
                await noted_down(session, "peer unblock", host=typed["host"])
                return visitors.seen("/admin/servers?done=unblock")
            await peers.block(typed["host"], typed["note"].strip())
            await noted_down(session, "peer block", **typed)
            return visitors.seen("/admin/servers?done=block")
        except Malformed as error:
            problems = {"host": refusals.said(error)}
    query = request.query_params.get("q", "").strip().lower()[:200]
    found = Peer.filter(host__contains=query) if query else Peer.filter(blocked=True)
    return page(
        request,
        session,
        "servers",
        _("Servers"),
        found=await found.order_by("host").limit(SHOWN),
        asked=query,
        typed=typed,
        problems=problems,
    )


async def export(_request: Request, _session: Session) -> Response:
    """`/admin/servers/blocks.csv`: what Mastodon and others can import."""
    unsaid = dict.fromkeys(await _blocked(), "")  # notes are for staff, and stay here
    headers = {
        "Content-Disposition": 'attachment; filename="blocks.csv"',
        "Cache-Control": "private, no-store",
    }
    return Response(blocklist.write(unsaid), headers=headers, media_type="text/csv")


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
                blocked = await _block(request, read)
                await noted_down(session, "peer import", hosts=" ".join(blocked))
                goes_on = len(blocked) == AT_ONCE
                if not goes_on:
                    return visitors.seen("/admin/servers?done=import")
        except Malformed as error:
            problems = {"list": refusals.said(error)}
    known = await _blocked()
    return page(
        request,
        session,
        "import",
        _("Import a list of blocks"),
        problems=problems,
        text=text,
        goes_on=goes_on,
        all=len(read.blocks),
        new=sorted(set(read.blocks) - known),
        known=len(set(read.blocks) & known),
        left_out=list(read.left_out),
    )


def _leave_out_ours(peers: Peers, read: Blocklist) -> None:
    """A list that names this server would have it block itself."""
    for host in filter(peers.is_ours, [*read.blocks]):
        del read.blocks[host]
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


async def _blocked() -> set[str]:
    return {peer.host for peer in await Peer.filter(blocked=True)}


async def _block(request: Request, read: Blocklist) -> list[str]:
    """Block some of them; those that are blocked already keep their notes."""
    known, peers = await _blocked(), receptions.of(request).wire.peers
    new = [host for host in read.blocks if host not in known][:AT_ONCE]
    for host in new:
        await peers.block(host, read.blocks[host])
    return new
