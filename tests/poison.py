"""This module says everything hostile, in every place where a stranger says something."""

from __future__ import annotations

from typing import Any

from federation.models import Actor
from fedigroups.content import sanitise
from fedigroups.groups.models import Group, Post
from servers import Member
from trials import Scene
from vectors import vectors
from world import Town

BREAKOUT = (
    "\"'><img src=https://v{0}.evil.example/x onerror=\"pwned('v{0}')\"><b style=position:fixed>"
)
NAMES = (
    *(BREAKOUT.format(number) for number in (90, 91)),
    "\u202e\u2066" + "wide" * 200,
    "a" + "\u0301" * 400 + "\u200b\u200d" * 50,
    "</title></textarea><script>pwned('v92')</script>",
    "{{ 7*7 }} {% raw %} ${7*7} <!-- ]]> &lt;b&gt;",
)


def attachment(url: str) -> dict[str, Any]:
    return {"type": "Document", "mediaType": "image/png", "url": url, "name": "a picture"}


async def hostile_names(scene: Scene, name: str) -> Post:
    """A post by somebody, in a group, both with that name, and all else that is called like it."""
    den = Member(scene.evil, "den", "Group", {"name": name})
    two = Member(scene.evil, "two", "Person", {"name": name, "summary": name})
    await scene.ours.join("tom", den.uri)
    await scene.settle()
    await scene.send(two.follow(), two)
    await call_ours(scene.ours, name)
    page = two.page(
        name,
        "See.",
        summary=name,
        language={"identifier": name},
        attachment=[attachment("https://h.example/a.png") | {"name": name, "mediaType": name}],
    )
    await scene.send(two.create(page), two)
    post = await scene.ours.post(page["id"])
    assert post is not None
    answer = await scene.ours.reply("tom", post.uri, "Hm.")
    for words in ("Tom?", "Tom!"):  # the second says whom it answers
        await scene.ours.reply("olga", answer.uri, words)
    removed = await scene.ours.write("tom", "Soon gone.", "Gone")
    await scene.ours.reply("olga", removed.uri, "Why?")
    await scene.ours.run(lambda: Post.filter(id=removed.id).update(state="removed", reason=name))
    return post


async def call_ours(town: Town, name: str) -> None:
    async def work() -> None:
        await Group.filter(name="welders").update(title=name, description=name, rules=name)
        await Actor.filter(username="tom").update(name=name)

    await town.run(work)


async def say_it_all(scene: Scene) -> list[str]:
    """Everything hostile, said in every place where a stranger says something; all the pages."""
    post = await hostile_names(scene, NAMES[0])
    everything = sanitise.clean("".join(vectors().values()))
    await scene.ours.change(summary_html=everything)
    for html in vectors().values():
        answer = scene.vic.note("", reply_to=post.uri, group="", content=html)
        await scene.vic.send(scene.vic.create(answer))
    await scene.settle()

    async def bio() -> None:
        await Actor.filter(username="tom").update(
            summary=sanitise.clean("".join(vectors().values()))
        )

    await scene.ours.run(bio)
    for text in (
        *list(vectors().values())[:5],
        "[x](javascript:pwned(1)) ![a](https://evil.example/)",
    ):
        await scene.ours.reply("tom", post.uri, text)
    started = [await scene.ours.write("tom", html, NAMES[0]) for html in (*NAMES, "<b>x")]
    assert started
    thread = f"/groups/welders/threads/{post.thread_id}"
    pages = ["/", "/groups", "/groups/welders", "/groups/welders?sort=new", thread, "/@tom"]
    return [*pages, "/groups/den@evil.example", "/groups/welders/join?handle=" + "x" * 90]
