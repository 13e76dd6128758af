"""The pages of other servers: what is known of them, which are blocked, and lists of blocks."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from tortoise.expressions import Q

from federation.errors import Malformed
from federation.models import Peer
from federation.peers import Peers
from fedigroups import blocklist
from fedigroups.accounts import reception as receptions
from fedigroups.accounts.entry_models import Session
from fedigroups.api.body import Body
from fedigroups.blocklist import Blocklist
from fedigroups.groups.models import Member
from fedigroups.web import errors, forms, refusals, versions, visitors
from fedigroups.web.authority import for_staff
from fedigroups.web.staff.frame import noted_down, page
from fedigroups.web.translation import gettext as _
from inbox import report as arrivals
from outbox import report as deliveries

SHOWN = 100
KINDS = frozenset({"block", "unblock", "limit", "unlimit", "allow", "disallow", "note"})
ENDED = 10
NOTE_CHARS = 2_000
LIST_BYTES = 2_000_000
AT_ONCE = 500
"""Servers of a list that one request blocks; the page then goes on with the rest."""


def routes() -> list[BaseRoute]:
    """The pages."""
    return [
        Route("/admin/servers", for_staff(servers), methods=["GET", "POST"]),
        Route("/admin/servers/blocks.csv", for_staff(export)),
        Route("/admin/servers/import", for_staff(take_list), methods=["GET", "POST"]),
        Route("/admin/servers/{host}", for_staff(server), methods=["GET", "POST"]),
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
    after = request.query_params.get("after", "")[:255]
    named = Q(blocked=True) | Q(limited=True) | Q(allowed=True)
    found = Peer.filter(Q(host__contains=query) if query else named, host__gt=after)
    rows = await found.order_by("host").limit(SHOWN + 1)
    later = urlencode({"q": query, "after": rows[SHOWN - 1].host}) if len(rows) > SHOWN else ""
    return page(
        request,
        session,
        "servers",
        _("Servers"),
        found=rows[:SHOWN],
        first=f"?{urlencode({'q': query})}" if after else "",
        later=f"?{later}" if later else "",
        asked=query,
        typed=typed,
        problems=problems,
        allowed_only=receptions.of(request).wire.config.allowed_only,
    )


async def server(request: Request, session: Session) -> Response:
    """`/admin/servers/{host}`: what is known of one, how it fares, and what may be done."""
    found = await Peer.get_or_none(host=request.path_params["host"].lower()[:255])
    if found is None:
        return errors.not_found(request)
    problems, typed = {}, found.note
    if request.method == "POST":
        sent = await forms.read(request)
        typed = sent.text("note").strip()
        try:
            versions.check(sent, _stands(found))
            kind = await _decide(receptions.of(request).wire.peers, found, sent.text("act"), typed)
            what = "queue retry" if kind == "retry" else f"peer {kind}"
            await noted_down(session, what, host=found.host, note=typed)
            return visitors.seen(f"/admin/servers/{found.host}?done={kind}")
        except Malformed as error:
            problems = {"note": refusals.said(error)}
    lanes = await deliveries.hosts(found.host)
    return page(
        request,
        session,
        "server",
        found.host,
        problems=problems,
        typed=typed,
        peer=found,
        lane=lanes[0] if lanes else None,
        ended=await deliveries.ended(found.host, ENDED),
        members=await Member.filter(
            actor__host=found.host, state="member", group__hosted=True
        ).count(),
        seen=versions.mark(_stands(found)),
        allowed_only=receptions.of(request).wire.config.allowed_only,
    )


def _stands(peer: Peer) -> dict[str, object]:
    """What whoever decides about it must have seen."""
    return {name: getattr(peer, name) for name in ("blocked", "limited", "allowed", "note")}


async def _decide(peers: Peers, peer: Peer, kind: str, note: str) -> str:
    """Do it, with what was noted; what was done. Raises `Malformed` for a note that is too long."""
    if kind == "retry":
        await deliveries.retry(peer.host)
        await arrivals.retry_host(peer.host)
        return kind
    if kind not in KINDS:
        raise Malformed("choose what to do")
    if len(note) > NOTE_CHARS:
        raise Malformed("a text has at most {most} characters", most=NOTE_CHARS)
    if kind != "note":
        await _act(peers, kind, peer.host, note)
    await peers.explain(peer.host, note)
    return kind


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
