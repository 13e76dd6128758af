"""What the client API answers at each address, and the worst that there can be to answer with.

Each address of a GET is named here with what it answers; one that is not fails a test.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import drawn
import entities
import scenery
from clients import App, signed_in
from device import HOST, Device
from entities import Check, like, many, maybe, text
from federation import clock, ids
from federation.models import Actor, Peer
from fedigroups import announcements
from fedigroups.accounts.signup_models import SignUpBlock
from fedigroups.groups import founding
from fedigroups.groups.founding import Profile
from fedigroups.groups.models import Group, Post, Reaction, Revision, Tagged, Thread
from fedigroups.moderation.models import Report
from fedigroups.notify.models import Notification
from fedigroups.personal.models import (
    BlockedHost,
    Bookmark,
    FeaturedTag,
    FilterKeyword,
    FilterStatus,
    FollowedTag,
    Listed,
    Listing,
    ScheduledPost,
    Stance,
    WordFilter,
)
from world import Town

V1, V2 = "/api/v1", "/api/v2"
NASTY = '"><script>alert(1)</script>\u202e'
LONG = "x" * 5_000
WORST = {
    "tag": [
        *(None, 1, {}, {"type": "Hashtag", "name": NASTY}, {"type": "Hashtag", "name": "#tig"}),
        {"type": "Emoji", "name": ":fox:", "icon": {"url": "https://m.example/fox.png"}},
        {"type": "Emoji", "name": ":blob:", "icon": {"url": "javascript:alert(1)"}},
        {"type": "Mention", "href": "https://nobody.example/u/x", "name": "@x"},
    ],
    "attachment": [None, {"type": "PropertyValue", "name": NASTY, "value": LONG}],
    "image": {"url": "data:image/png;base64,AAAA"},
    "source": {"content": 4},
}
BARE = {"/health", "/pictures/{name}.png"}
"""Of these no answer is JSON."""
STRANGERS = ("vic@h.example", "eve@evil.example")
NOTHING = many(like({"there is nothing of the kind": text}))
"""A list that stays empty here."""

ANSWERS: dict[str, Check] = {
    f"{V1}/accounts/verify_credentials": entities.CREDENTIALS,
    f"{V1}/accounts?id[]={{ann}}&id[]={{group}}": many(entities.ACCOUNT),
    f"{V1}/accounts/lookup?acct=ann@m.example": entities.ACCOUNT,
    f"{V1}/accounts/search?q=ann": many(entities.ACCOUNT),
    f"{V1}/accounts/relationships?id[]={{ann}}&id[]={{group}}": many(entities.RELATIONSHIP),
    f"{V1}/accounts/familiar_followers?id[]={{group}}": many(
        like({"id": entities.id, "accounts": many(entities.ACCOUNT)})
    ),
    f"{V1}/accounts/{{ann}}": entities.ACCOUNT,
    f"{V1}/accounts/{{ann}}/statuses": many(entities.STATUS_SEEN),
    f"{V1}/accounts/{{group}}/followers": many(entities.ACCOUNT),
    f"{V1}/accounts/{{tom}}/following": many(entities.ACCOUNT),
    f"{V1}/accounts/{{group}}/lists": many(entities.LIST),
    f"{V1}/accounts/{{tom}}/featured_tags": many(entities.FEATURED_TAG),
    f"{V1}/accounts/{{ann}}/endorsements": NOTHING,
    f"{V1}/accounts/{{ann}}/identity_proofs": NOTHING,
    f"{V1}/instance": entities.OLD_INSTANCE,
    f"{V2}/instance": entities.INSTANCE,
    f"{V1}/instance/rules": NOTHING,  # each group has its own
    f"{V1}/instance/peers": NOTHING,
    f"{V1}/instance/activity": many(
        like(dict.fromkeys(("week", "statuses", "logins", "registrations"), text))
    ),
    f"{V1}/instance/languages": many(like({"code": text, "name": text})),
    f"{V1}/instance/extended_description": like(
        {"updated_at": maybe(entities.moment), "content": text}
    ),
    f"{V1}/instance/translation_languages": like({}),
    f"{V1}/endorsements": NOTHING,
    f"{V1}/domain_blocks": many(text),
    f"{V1}/mutes": many(entities.ACCOUNT),
    f"{V1}/blocks": many(entities.ACCOUNT),
    f"{V1}/follow_requests": NOTHING,  # a person is not followed
    f"{V1}/statuses?id[]={{root}}&id[]={{poll}}": many(entities.STATUS_SEEN),
    f"{V1}/statuses/{{root}}": entities.STATUS_SEEN,
    f"{V1}/statuses/{{root}}/context": entities.CONTEXT,
    f"{V1}/statuses/{{root}}/favourited_by": many(entities.ACCOUNT),
    f"{V1}/statuses/{{root}}/reblogged_by": many(entities.ACCOUNT),
    f"{V1}/statuses/{{root}}/history": many(entities.EDIT),
    f"{V1}/statuses/{{root}}/card": like({}),
    f"{V1}/statuses/{{root}}/quotes": NOTHING,
    f"{V1}/statuses/{{own}}/source": entities.SOURCE,
    f"{V1}/scheduled_statuses": many(entities.SCHEDULED),
    f"{V1}/scheduled_statuses/{{scheduled}}": entities.SCHEDULED,
    f"{V1}/media/{{upload}}": entities.MEDIA,
    f"{V1}/timelines/home": many(entities.STATUS_SEEN),
    f"{V1}/timelines/public": many(entities.STATUS_SEEN),
    f"{V1}/timelines/tag/tig": many(entities.STATUS_SEEN),
    f"{V1}/timelines/list/{{list}}": many(entities.STATUS_SEEN),
    f"{V1}/notifications": many(entities.NOTIFICATION),
    f"{V1}/notifications/{{notice}}": entities.NOTIFICATION,
    f"{V1}/notifications/unread_count": entities.COUNT,
    f"{V1}/notifications/policy": like({}),
    f"{V1}/notifications/requests": NOTHING,
    f"{V1}/notifications/requests/merged": like({"merged": entities.flag}),
    f"{V2}/notifications": entities.GROUPED,
    f"{V2}/notifications/unread_count": entities.COUNT,
    f"{V2}/notifications/policy": entities.POLICY,
    f"{V2}/notifications/ungrouped-{{notice}}": entities.GROUPED,
    f"{V2}/notifications/ungrouped-{{notice}}/accounts": many(entities.ACCOUNT),
    f"{V1}/push/subscription": entities.PUSH,
    f"{V2}/search?q=ann": entities.SEARCH,
    f"{V1}/directory": many(entities.ACCOUNT),
    f"{V1}/suggestions": many(entities.ACCOUNT),
    f"{V2}/suggestions": many(
        like({"source": text, "sources": many(text), "account": entities.ACCOUNT})
    ),
    f"{V1}/markers?timeline[]=home": like({"home": entities.MARKER}),
    f"{V1}/preferences": entities.PREFERENCES,
    f"{V1}/bookmarks": many(entities.STATUS_SEEN),
    f"{V1}/favourites": many(entities.STATUS_SEEN),
    f"{V1}/followed_tags": many(entities.TAG),
    f"{V1}/tags/tig": entities.TAG,
    f"{V1}/lists": many(entities.LIST),
    f"{V1}/lists/{{list}}": entities.LIST,
    f"{V1}/lists/{{list}}/accounts": many(entities.ACCOUNT),
    f"{V1}/featured_tags": many(entities.FEATURED_TAG),
    f"{V1}/featured_tags/suggestions": many(entities.TAG),
    f"{V1}/filters": many(entities.OLD_FILTER),
    f"{V1}/filters/{{keyword}}": entities.OLD_FILTER,
    f"{V2}/filters": many(entities.FILTER),
    f"{V2}/filters/{{filter}}": entities.FILTER,
    f"{V2}/filters/{{filter}}/keywords": many(entities.KEYWORD),
    f"{V2}/filters/{{filter}}/statuses": many(entities.FILTER_STATUS),
    f"{V2}/filters/keywords/{{keyword}}": entities.KEYWORD,
    f"{V2}/filters/statuses/{{filtered}}": entities.FILTER_STATUS,
    f"{V1}/admin/accounts": many(entities.ADMIN_ACCOUNT),
    f"{V2}/admin/accounts": many(entities.ADMIN_ACCOUNT),
    f"{V1}/admin/accounts/{{ann}}": entities.ADMIN_ACCOUNT,
    **{f"{V1}/admin/trends/{what}": NOTHING for what in ("statuses", "tags", "links")},
    f"{V1}/admin/domain_blocks": many(entities.SERVER_BLOCK),
    f"{V1}/admin/domain_blocks/{{server_block}}": entities.SERVER_BLOCK,
    f"{V1}/admin/email_domain_blocks": many(entities.MAIL_BLOCK),
    f"{V1}/admin/email_domain_blocks/{{mail_block}}": entities.MAIL_BLOCK,
    f"{V1}/admin/ip_blocks": many(entities.NETWORK_BLOCK),
    f"{V1}/admin/ip_blocks/{{network_block}}": entities.NETWORK_BLOCK,
    f"{V1}/admin/canonical_email_blocks": many(entities.MAILBOX_BLOCK),
    f"{V1}/admin/canonical_email_blocks/{{mailbox_block}}": entities.MAILBOX_BLOCK,
    f"{V1}/admin/reports": many(entities.ADMIN_REPORT),
    f"{V1}/admin/reports/{{report}}": entities.ADMIN_REPORT,
    f"{V1}/polls/{{poll}}": entities.POLL,
    f"{V1}/custom_emojis": NOTHING,
    f"{V1}/trends": NOTHING,
    **{f"{V1}/trends/{what}": NOTHING for what in ("statuses", "tags", "links")},
    f"{V1}/announcements": many(entities.ANNOUNCEMENT),
    f"{V1}/conversations": NOTHING,
}


KEPT_OUT = {
    "server_block": (
        "domain_blocks",
        {"domain": "bad.example", "severity": "suspend", "private_comment": NASTY},
    ),
    "mail_block": ("email_domain_blocks", {"domain": "xn--e1afmkfd.example"}),
    "mailbox_block": ("canonical_email_blocks", {"email": "a@m.example"}),
    "network_block": (
        "ip_blocks",
        {"ip": "2001:db8::/32", "severity": "sign_up_requires_approval", "comment": NASTY},
    ),
}
"""What the staff blocks: where, and how it is said."""


async def the_worst(town: Town) -> tuple[Actor, Post]:
    """Ann and what she wrote, as a server sends it that wants to break apps."""

    async def work() -> tuple[Actor, Post]:
        ann = await scenery.person("ann@m.example")
        worst = {"name": NASTY + LONG, "summary": "", "page_url": "x:y", "icon_url": "data:,"}
        await Actor.filter(id=ann.id).update(document=json.dumps(WORST), published_at=0, **worst)
        group = await Group.get(name="welders", hosted=True)
        _, root = await scenery.thread(group, ann)
        said = {"title": NASTY, "warning": NASTY, "page_url": "javascript:alert(1)"}
        counted = {"likes_count": -1, "boosts_count": -2, "updated_at": 1, "language": ""}
        document = json.dumps(WORST)
        await Post.filter(id=root.id).update(document=document, content="", **said, **counted)
        return ann, root

    found: tuple[Actor, Post] = await town.run(work)
    return found


async def filled(town: Town, tom: App) -> dict[str, Any]:
    """The ids of one thing of each kind that Tom's app may ask for."""
    ann, root = await the_worst(town)
    group = await tom.account("welders")
    vic, eve = [await town.run(partial(scenery.person, name)) for name in STRANGERS]
    there = f"{V1}/statuses/{root.id}"
    for act in ("bookmark", "favourite", "reblog"):
        await tom.post(f"{there}/{act}")
    olga = await town.person("olga")
    await town.run(partial(founding.found, town.wire, "bakers", olga, Profile(title=NASTY)))
    own = await tom.post(f"{V1}/statuses", status="@welders #tig #mig?")
    await town.reply("olga", own["uri"], f"{NASTY} @tom@groups.example")
    async with signed_in(town, "olga") as olgas:
        options = {"options": [NASTY, "TIG"], "expires_in": 3_600}
        poll = await olgas.post(f"{V1}/statuses", status="@welders Which?", poll=options)
    await tom.post(f"{V1}/polls/{poll['id']}/votes", choices=[1])
    later = {"status": NASTY + "@welders", "scheduled_at": "2099-01-01T00:00:00Z"}
    made = await tom.post(f"{V1}/lists", title=NASTY)
    await tom.post(f"{V1}/lists/{made['id']}/accounts", account_ids=[group["id"]])
    words = [{"keyword": NASTY}]
    filter = await tom.post(
        f"{V2}/filters", title=NASTY, context=["home"], keywords_attributes=words
    )
    filtered = await tom.post(f"{V2}/filters/{filter['id']}/statuses", status_id=str(root.id))
    await tom.post(f"{V1}/tags/tig/follow")
    await tom.post(f"{V1}/tags/mig/feature")
    await tom.post(f"{V1}/accounts/{vic.id}/mute")
    await tom.post(f"{V1}/accounts/{eve.id}/block")
    await tom.post(f"{V1}/domain_blocks", domain="bad.example")
    await town.run(partial(announcements.make, f"[{NASTY}](javascript:x)"))
    await tom.post(f"{V1}/markers", home={"last_read_id": "1"})
    device = {"endpoint": f"https://{HOST}/to/tom", "keys": Device().keys}
    await tom.post(f"{V1}/push/subscription", subscription=device)
    upload = await tom.ask("POST", f"{V1}/media", files={"file": ("a.png", drawn.png())})
    complaint = {"account_id": str(ann.id), "status_ids": [str(root.id)], "comment": NASTY}
    report = await tom.post(f"{V1}/reports", **complaint, staff=True)
    (notice, *_) = await tom.get(f"{V1}/notifications")
    kept_out = {
        key: (await tom.post(f"{V1}/admin/{path}", **said))["id"]
        for key, (path, said) in KEPT_OUT.items()
    }
    return {
        "ann": ann.id,
        "group": group["id"],
        "tom": own["account"]["id"],
        "root": root.id,
        "own": own["id"],
        "poll": poll["id"],
        "upload": upload["id"],
        "list": made["id"],
        "scheduled": (await tom.post(f"{V1}/statuses", **later))["id"],
        "filter": filter["id"],
        "keyword": filter["keywords"][0]["id"],
        "filtered": filtered["id"],
        "report": report["id"],
        "notice": notice["id"],
        **kept_out,
    }


async def more_of_all(known: dict[str, Any], many_: int) -> None:
    """As many more of each thing that lists which Tom's app may ask for have in them."""
    tom = await Actor.get(id=int(known["tom"]))
    for _ in range(many_):
        name = f"ann{ids.new()}"
        author = await scenery.person(f"{name}@m.example")
        said = await _more_said(known, tom, author, name)
        await _more_kept(known, tom, said, name)
        await _more_for_staff(author, said, name)


async def _more_said(known: dict[str, Any], tom: Actor, author: Actor, name: str) -> Post:
    """What somebody new in the group says, with what others think of it; that they started."""
    group, root = await Group.get(name="welders", hosted=True), await Post.get(id=known["root"])
    thread = await Thread.get(id=root.thread_id)
    tags = [{"type": "Hashtag", "name": "#tig"}, {"type": "Mention", "href": author.uri}]
    document, now = json.dumps({"tag": tags}), clock.now_ms()
    ann = await Actor.get(id=known["ann"])
    await Actor.filter(id=author.id).update(moved_to=ann.uri)
    await scenery.join(group, author)
    _, said = await scenery.thread(group, author, document=document)
    answer = await scenery.post(thread, author, root, document=document)
    await scenery.thread(group, ann, name)
    await Tagged.create(id=ids.new(), post=said, name="tig")
    await Tagged.create(id=ids.new(), post_id=int(known["own"]), name=f"own{name}")
    await Revision.create(id=ids.new(), post=root, content=name, written_at=now)
    for post, by, kind in (
        *((root, author, "like"), (root, author, "boost")),
        *((said, tom, "like"), (answer, tom, "boost")),
    ):
        slot = "vote" if kind == "like" else kind
        values = {"actor_uri": by.uri, "slot": slot, "kind": kind, "created_at": now}
        await Reaction.create(id=ids.new(), post=post, **values)
    told = {"actor": tom, "kind": "mention", "sender": author, "created_at": now}
    await Notification.create(id=ids.new(), post_id=answer.id, **told)
    return said


async def _more_kept(known: dict[str, Any], tom: Actor, said: Post, name: str) -> None:
    """What Tom keeps for himself, and the groups that he is in or could be in."""
    mine, now = {"actor": tom}, clock.now_ms()
    group = await Group.get(name="welders", hosted=True)
    joined = await scenery.group(f"in{name}", threads_count=1)
    await scenery.join(joined, tom)
    await scenery.group(f"out{name}", threads_count=1)
    await Bookmark.create(id=ids.new(), post_id=said.id, **mine)
    for stance in ("muted", "blocked"):
        disliked = await scenery.person(f"{stance}{name}@m.example")
        await Stance.create(id=ids.new(), target=disliked, **mine, **{stance: True})
    await BlockedHost.create(id=ids.new(), host=f"{name}.example", **mine)
    await FollowedTag.create(id=ids.new(), name=name, **mine)
    await FeaturedTag.create(id=ids.new(), name=name, **mine)
    filter = await WordFilter.create(id=ids.new(), title=name, context="home", **mine)
    for one in (filter.id, int(known["filter"])):
        await FilterKeyword.create(id=ids.new(), word_filter_id=one, keyword=name)
        await FilterStatus.create(id=ids.new(), word_filter_id=one, post_id=said.id)
    made = await Listing.create(id=ids.new(), title=name, **mine)
    for listing, target in ((made.id, group.actor_id), (int(known["list"]), joined.actor_id)):
        await Listed.create(id=ids.new(), listing_id=listing, target_id=target)
    due = {"text": name, "params": "{}", "due_at": now + clock.DAY, "created_at": now}
    await ScheduledPost.create(id=ids.new(), group_id=group.id, **due, **mine)


async def _more_for_staff(author: Actor, said: Post, name: str) -> None:
    """A report, blocks of each kind, and an announcement."""
    now = clock.now_ms()
    complaint = {"activity_uri": f"x:{name}", "reporter_id": author.id, "for_staff": True}
    about = {"person_id": author.id, "post_id": said.id}
    await Report.create(id=ids.new(), created_at=now, **complaint, **about)
    for kind in ("mail", "mailbox", "network"):
        await SignUpBlock.create(id=ids.new(), kind=kind, value=name, created_at=now)
    await Peer.create(host=f"{name}.example", blocked=True, first_seen_at=now)
    await announcements.make(name)
