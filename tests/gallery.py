"""Every page of an instance with some life in it, served on this machine, for a browser to look at.

A page that is added is named in `PAGES`: axe looks at it, and `make screenshots` takes its picture.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import uvicorn
from PIL import Image

import scenery
from federation import clock
from federation.models import Actor, Peer
from fedigroups import announcements, audit, worker
from fedigroups.accounts import mailing, people
from fedigroups.accounts.models import Account
from fedigroups.accounts.people import Wish
from fedigroups.app import make_app
from fedigroups.cli.stage import free_port
from fedigroups.groups import founding, inviting, joining, lookup, membership, speaking
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Group, Member, Post, Thread
from fedigroups.groups.polls import Asked
from fedigroups.groups.speaking import Text
from fedigroups.instance import Instance, assemble
from fedigroups.media import uploads
from fedigroups.media.uploads import Words
from fedigroups.moderation import mail as modmail
from fedigroups.moderation import reporting
from fedigroups.moderation.reporting import Complaint
from fedigroups.personal import drafts, keeping, stances
from fedigroups.settings import load
from fedigroups.web.writing import Writing
from network import Network

PASSWORD = "correct horse battery"
PAGES = {
    "home": ("/", ""),
    "directory": ("/groups", ""),
    "directory-nothing": ("/groups?q=zebra", ""),
    "group": ("/groups/welders", ""),
    "group-empty": ("/groups/bakers", ""),
    "group-member": ("/groups/welders", "tom"),
    "group-host": ("/groups/welders", "olga"),
    "group-stranger": ("/groups/bakers", "tom"),
    "join": ("/groups/welders/join?handle=ann", ""),
    "thread": ("/groups/welders/threads/{thread}", ""),
    "thread-member": ("/groups/welders/threads/{thread}", "tom"),
    "thread-empty": ("/groups/welders/threads/{lonely}", "tom"),
    "person": ("/@tom", ""),
    "person-elsewhere": ("/@ann@m.example", "tom"),
    "search": ("/search?q=sheet", ""),
    "search-nothing": ("/search?q=zebra", "tom"),
    "poll": ("/groups/welders/threads/{asked}", "tom"),
    "poll-visitor": ("/groups/welders/threads/{asked}", ""),
    "compose-poll": ("/groups/welders/new", "olga"),
    "about": ("/about", ""),
    "help": ("/help", ""),
    "privacy": ("/about/privacy", ""),
    "blocked": ("/about/blocked", ""),
    "sign-in": ("/login", ""),
    "sign-up": ("/signup", ""),
    "invited": ("/groups/welders/invited?code={code}", ""),
    "invited-signed-in": ("/groups/welders/invited?code={code}", "eva"),
    "forgot": ("/forgot", ""),
    "not-found": ("/nowhere", ""),
    "feed": ("/feed", "tom"),
    "feed-empty": ("/feed", "eva"),
    "new": ("/new", "olga"),
    "new-nowhere": ("/new", "eva"),
    "compose": ("/groups/welders/new", "tom"),
    "reply": ("/posts/{post}/reply", "tom"),
    "edit": ("/posts/{own}/edit", "tom"),
    "delete": ("/posts/{own}/delete", "tom"),
    "history": ("/posts/{own}/history", "tom"),
    "post": ("/posts/{post}", "tom"),
    "saved": ("/saved", "tom"),
    "saved-nothing": ("/saved", "eva"),
    "notifications": ("/notifications", "tom"),
    "notifications-nothing": ("/notifications", "eva"),
    "follow": ("/follow", "tom"),
    "ledger": ("/groups/welders/ledger", ""),
    "moderation": ("/groups/welders/moderation", "olga"),
    "settings-mail": ("/settings/mail", "tom"),
    "unsubscribe": ("/unsubscribe/{stop}", ""),
    "mail": ("/groups/welders/mail", "tom"),
    "mail-desk": ("/groups/welders/moderation/mail?with={writer}", "olga"),
    "mail-nothing": ("/groups/bakers/moderation/mail", "olga"),
    "rules": ("/groups/welders/settings/rules", "olga"),
    "report": ("/posts/{post}/report", "tom"),
    "tag": ("/tags/welding", ""),
    "answer": ("/answer?post={post}", ""),
    "settings": ("/settings", "tom"),
    "settings-profile": ("/settings/profile", "tom"),
    "settings-decisions": ("/settings/decisions", "tom"),
    "settings-preferences": ("/settings/preferences", "tom"),
    "settings-blocks": ("/settings/blocks", "tom"),
    "settings-second": ("/settings/second", "tom"),
    "settings-passkeys": ("/settings/passkeys", "tom"),
    "settings-sessions": ("/settings/sessions", "tom"),
    "settings-import": ("/settings/import", "tom"),
    "settings-move": ("/settings/move", "tom"),
    "settings-aliases": ("/settings/aliases", "tom"),
    "settings-close": ("/settings/close", "tom"),
    "hosting": ("/hosting", "olga"),
    "hosting-new": ("/groups/new", "olga"),
    "hosting-requests": ("/groups/welders/requests", "olga"),
    "hosting-requests-nothing": ("/groups/bakers/requests", "olga"),
    "hosting-members": ("/groups/welders/members", "olga"),
    "hosting-member": ("/groups/welders/members/{member}", "olga"),
    "hosting-pins": ("/groups/welders/pins", "olga"),
    "hosting-pins-nothing": ("/groups/bakers/pins", "olga"),
    "hosting-invitations": ("/groups/welders/invitations", "olga"),
    "hosting-health": ("/groups/welders/health", "olga"),
    "hosting-settings": ("/groups/welders/settings", "olga"),
    "hosting-pictures": ("/groups/welders/settings/pictures", "olga"),
    "hosting-servers": ("/groups/welders/settings/servers", "olga"),
    "hosting-handing-over": ("/groups/welders/settings/handing-over", "olga"),
    "admin": ("/admin", "olga"),
    "admin-people": ("/admin/people", "olga"),
    "admin-people-nobody": ("/admin/people?state=suspended", "olga"),
    "admin-person": ("/admin/people/{account}", "olga"),
    "admin-groups": ("/admin/groups", "olga"),
    "admin-group": ("/admin/groups/{group}", "olga"),
    "admin-servers": ("/admin/servers", "olga"),
    "admin-server": ("/admin/servers/spam.example", "olga"),
    "admin-sign-ups": ("/admin/sign-ups", "olga"),
    "admin-import": ("/admin/servers/import", "olga"),
    "admin-reports": ("/admin/reports", "olga"),
    "admin-queue": ("/admin/queue", "olga"),
    "admin-log": ("/admin/log", "olga"),
    "admin-works": ("/admin/works", "olga"),
    "admin-announcements": ("/admin/announcements", "olga"),
    "admin-texts": ("/admin/texts", "olga"),
    "admin-look": ("/admin/look", "olga"),
}
"""By name: the address, and who is signed in."""

TALK = (
    ("ann@m.example", "Ann Lee", "TIG, if you have the time. At 1 mm the heat is everything.", 0),
    ("bob@l.example", "Bob", "Short MIG tacks, moved about, work as well. Let each one cool.", 1),
    ("tom@", "Tom", "With 0.6 mm wire?", 2),
    ("bob@l.example", "Bob", "0.6, and the lowest setting that still sparks evenly.", 3),
    ("vic@h.example", "Víctor Núñez", "¿Y con pulso? A mí me cambió la vida.", 1),
    ("ann@m.example", "Ann Lee", "A copper bar behind the joint takes the heat away.", 0),
)


@dataclass(frozen=True)
class Gallery:
    """Where it is, and what stands in the addresses of its pages."""

    origin: str
    instance: Instance
    ids: dict[str, Any]

    def url(self, name: str) -> str:
        return self.origin + PAGES[name][0].format(**self.ids)


@asynccontextmanager
async def opened(url: str, folder: str, **settings: str) -> AsyncIterator[Gallery]:
    """The instance, until it is left again."""
    port = free_port()
    origin = f"http://localhost:{port}"
    chosen = {
        "FEDIGROUPS_ORIGIN": origin,
        "FEDIGROUPS_DATABASE_URL": url,
        "FEDIGROUPS_DATA_DIR": folder,
        "FEDIGROUPS_SECRET": "5e" * 32,
        "FEDIGROUPS_SIGNUP": "open",
        "FEDIGROUPS_CONFIRM_EMAIL": "off",
        "FEDIGROUPS_RATE_LIMITS": "off",
        "FEDIGROUPS_INSTANCE_NAME": "Example groups",
    }
    instance = assemble(load(chosen | settings), transport=Network())
    config = uvicorn.Config(
        make_app(instance), host="127.0.0.1", port=port, log_config=None, lifespan="off"
    )
    server = uvicorn.Server(config)
    async with worker.running(instance, work=False):
        with instance.store.context():
            ids = await furnish(instance)
            async with serving(server):
                yield Gallery(origin, instance, ids)


@asynccontextmanager
async def serving(server: uvicorn.Server) -> AsyncIterator[None]:
    config = server.config
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield
    finally:
        await server.shutdown()


async def furnish(instance: Instance) -> dict[str, Any]:
    """People, groups and talk; what stands in the addresses of the pages."""
    wire = instance.wire
    olga, tom, _eva = [await settle(instance, name) for name in ("olga", "tom", "eva")]
    about = "For everybody who joins metal."
    group = await founded(instance, olga.actor, "welders", "Welders", about)
    await founded(instance, olga.actor, "bakers", "Bakers", "Bread, and what goes wrong with it.")
    await joining.join(wire, tom.actor, group.actor)
    root = await speaking.write(
        wire, tom.actor, group, Text(QUESTION, title="MIG or TIG for thin sheet?")
    )
    thread = await Thread.get(id=root.thread_id)
    said = [root]
    for handle, name, words, below in TALK:
        parent = said[below] if below else root
        if handle == "tom@":
            said.append(await speaking.answer(wire, tom.actor, parent, Text(words)))
            continue
        person = await remote(handle, name)
        said.append(
            await scenery.post(
                thread, person, parent, content=f"<p>{words}</p>", published_at=clock.now_ms()
            )
        )
    own = await speaking.write(
        wire,
        tom.actor,
        group,
        Text("The rack in the *second* hall is free.", title="Where to store rods?"),
    )
    await speaking.edit(wire, tom.actor, own, Text("The rack in the **third** hall is free."))
    picture = await uploads.accept(
        instance.media, olga.actor, seam(), Words("A row of even blue ripples on a thin seam")
    )
    shown = await speaking.write(
        wire,
        olga.actor,
        group,
        Text("First time that it came out even.", title="My best seam so far", media=(picture.id,)),
    )
    await speaking.like(wire, olga.actor, root)
    await speaking.answer(wire, olga.actor, root, Text("@tom: come by on Thursday, and try both."))
    await keeping.bookmark(tom.actor_id, said[1].id)
    await stances.judge(tom.actor_id, (await remote("eve@evil.example", "Eve")).id, "blocked", True)
    await Peer.create(host="spam.example", blocked=True, first_seen_at=clock.now_ms())
    cared_for = await looked_after(instance, group, olga, tom)
    await Thread.filter(id=shown.thread_id).update(pinned_at=clock.now_ms())
    await reported(instance, tom.actor, said[2])
    known = {"thread": thread.id, "post": said[1].id, "own": own.id, "lonely": shown.thread_id}
    stop = mailing.token(instance.mailer.seal, tom.id, "digest")
    _made, code = await inviting.make(group, olga.actor, uses=300, note="The old forum")
    polled = await asked(instance, olga.actor, group)
    return known | cared_for | {"asked": polled, "stop": stop, "code": code}


async def asked(instance: Instance, olga: Actor, group: Group) -> int:
    """The thread of a poll; and a draft of another."""
    draft = Writing(title="When shall we meet?", poll="Tuesday\nThursday", poll_hours=72)
    await drafts.keep(olga.id, f"group:{group.id}", draft.as_draft())
    poll = Asked(("MIG", "TIG", "A stick and patience"), 86_400)
    text = Text("One answer each.", title="What do you weld with?", poll=poll)
    return (await speaking.write(instance.wire, olga, group, text)).thread_id


async def reported(instance: Instance, tom: Actor, post: Post) -> None:
    """Something to look into, for the staff."""
    await post.fetch_related("author", "thread__group__actor")
    about = Complaint(person=post.author, posts=[post], text="He sells rods.", for_staff=True)
    await reporting.report(instance.wire, tom, about)


async def looked_after(
    instance: Instance, group: Group, olga: Account, tom: Account
) -> dict[str, int]:
    """Olga runs the server, too; somebody asks to join her group, and something is announced."""
    await Account.filter(id=olga.id).update(role="admin")
    cleo = await remote("cleo@m.example", "Cleo")
    await Actor.filter(id=cleo.id).update(
        inbox=f"{cleo.uri}/inbox", summary="<p>I weld ships, and want to weld thinner.</p>"
    )
    follow = {"id": f"{cleo.uri}#follow", "type": "Follow", "actor": cleo.uri}
    await membership._move(group, cleo, "asked", follow=follow)
    tommy = await remote("tom@spam.example", "Tom")  # whoever has that name, too, is hinted at
    await membership._move(group, tommy, "banned", reason="Spam")
    await modmail.write(group, tom.actor, "May I bring a friend on Thursday?")
    hosted = await lookup.hosting(group.id)
    said = "Gladly, if they bring gloves."
    await modmail.answer(instance.wire, hosted, olga.actor, tom.actor, said)
    await modmail.write(group, tom.actor, "They do. Thank you!")
    await announcements.make("On *Friday* at ten this server is away for an hour: it moves.")
    await audit.by(olga.actor, "peer block", host="spam.example", note="Spam")
    toms = await Member.get(group_id=group.id, actor_id=tom.actor_id)
    return {"member": toms.id, "account": tom.id, "group": group.id, "writer": tom.actor_id}


QUESTION = """I have a plate of **1 mm** steel, and whatever I do, it warps.

- MIG is what I have at home
- TIG I could use at the club

What would you do?"""


async def founded(instance: Instance, owner: Actor, name: str, title: str, about: str) -> Group:
    profile = Profile(
        title=title, description=about, summary=ABOUT, rules=RULES, topics="handwork clubs"
    )
    hosted = await founding.found(instance.wire, name, owner, profile)
    return await Group.get(id=hosted.group.id).select_related("actor")


ABOUT = "Questions, pictures of seams, and where to get **rods**. Beginners are welcome."
RULES = "Be kind: everybody began with ugly seams.\nNo selling.\nPictures have a description."


async def settle(instance: Instance, name: str) -> Account:
    account = await people.add(
        instance.wire,
        Wish(name=name, email=f"{name}@mail.example", password=PASSWORD),
        confirmed=True,
        approved=True,
    )
    await Actor.filter(id=account.actor_id).update(name=name.title())
    account.actor = await Actor.get(id=account.actor_id)
    return account


async def remote(handle: str, name: str) -> Actor:
    username, _, host = handle.partition("@")
    known = await Actor.get_or_none(username=username, host=host)
    return known or await scenery.person(handle, name=name)


def seam() -> bytes:
    """A picture of a seam, more or less."""
    picture = Image.new("RGB", (800, 450), (86, 92, 99))
    for step in range(0, 800, 14):
        for x in range(step, min(step + 9, 800)):
            for y in range(205, 245):
                picture.putpixel((x, y), (70, 110 + (x - step) * 9, 160))
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
