"""The main job as a story: people on two instances join a group on a third, and talk.

Each step says what happens, then waits until every instance shows what it should.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from fedigroups.cli.stage import Actor
from fedigroups.content.sanitise import plain
from fedigroups.groups.models import Member, Post

PATIENCE_SECONDS = 45.0
TELLING_CHARS = 15
"""So much of a text is looked for on a page: the rest may hold markup."""

Say = Callable[[str], None]
Between = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """A post as one instance has it."""

    thread_id: int
    text: str
    state: str
    likes: int


@dataclass(frozen=True, slots=True)
class Told:
    """What the story left behind: posts by their URIs."""

    question: str
    answer: str
    thanks: str
    meeting: str


class WrongError(Exception):
    """An instance shows something else than it should."""


class Story:
    """`home` hosts the group; people live on all three. `between` runs before each wait."""

    def __init__(
        self, home: Actor, second: Actor, third: Actor, say: Say, between: Between = lambda: None
    ) -> None:
        self.home, self.second, self.third = home, second, third
        self.all = (home, second, third)
        self.say = say
        self.between = between
        self.group = f"@welders@{home.host}"

    def tell(self) -> Told:
        """The whole story. Raises `WrongError` at the first thing that is not as it should be."""
        self._people()
        self._join()
        question = self._ask()
        answer = self._answer(question)
        thanks = self._thank(answer)
        self._edit(question)
        self._vote(question)
        self._delete(thanks)
        return Told(question, answer, thanks, self._leave())

    def goes_on(self, told: Told, restored: Callable[[], None]) -> None:
        """What came of it holds after `restored` brought the first instance back from a backup.

        What was said since that backup is lost there and known elsewhere: no id of it is given
        out again. Raises `WrongError`.
        """
        lost = self._write("Lost and found", "Who has my gloves?")
        self._until("Rosa's instance shows what comes after the backup", self._reads_rosa(lost))
        restored()
        self._show("the edited question", told.question, "Which rod for 1 mm sheet, indoors?")
        self._show("the answer", told.answer, "1.6 mm, and turn the current down.")
        self._liked(told.question)
        self._gone(told.thanks)
        if [self._standing(self.home, name) for name in ("tom", "rosa")] != ["left", "member"]:
            raise WrongError("the members are not those of before")
        new = self._write("Found", "Here they are.")
        self._until("Rosa's instance shows what Olga writes now", self._reads_rosa(new))
        if lost == new or not {told.meeting, lost} <= set(self._seen(self.third)):
            raise WrongError("something that Rosa's instance knew was written over")

    def _people(self) -> None:
        self.say("Olga founds the group Welders on the first instance.")
        self.home.run("user", "create", "olga", "--display", "Olga Berg", "--admin")
        self.second.run("user", "create", "tom", "--display", "Tom Reed")
        self.third.run("user", "create", "rosa", "--display", "Rosa Diaz")
        self.home.run(
            "group", "create", "welders", "--owner", "olga", "--title", "Welders",
            "--summary", "How we join metal: **questions, answers, and photos of seams**.",
            "--rules", "Answer the question first.\nSay what you sell.",
        )  # fmt: skip

    def _join(self) -> None:
        self.say("Tom, on the second instance, and Rosa, on the third, join it.")
        self.second.run("group", "join", self.group, "--as", "tom")
        self.third.run("group", "join", self.group, "--as", "rosa")
        for instance, name in ((self.second, "tom"), (self.third, "rosa")):
            self._until(f"{name} is a member, here and at home", self._joined(instance, name))

    def _joined(self, instance: Actor, name: str) -> Callable[[], bool]:
        return lambda: (
            self._standing(instance, name) == "member"
            and self._standing(self.home, name) == "member"
        )

    def _ask(self) -> str:
        self.say("Tom asks something.")
        posted = self.second.ask(
            "post", "write", self.group, "--as", "tom", "--title", "Thin sheet keeps burning",
            "--text", "Which rod do you use for *thin* sheet?",
        )  # fmt: skip
        uri: str = posted["uri"]
        self._show("the question", uri, "Which rod do you use for thin sheet?")
        return uri

    def _answer(self, question: str) -> str:
        self.say("Rosa answers him from the third instance.")
        posted = self.third.ask(
            "post",
            "reply",
            question,
            "--as",
            "rosa",
            "--text",
            "1.6 mm, and turn the current down.",
        )
        uri: str = posted["uri"]
        self._show("the answer", uri, "1.6 mm, and turn the current down.")
        return uri

    def _thank(self, answer: str) -> str:
        self.say("Olga adds a word at home.")
        posted = self.home.ask("post", "reply", answer, "--as", "olga", "--text", "And clamp it.")
        uri: str = posted["uri"]
        self._show("Olga's reply", uri, "And clamp it.")
        return uri

    def _edit(self, question: str) -> None:
        self.say("Tom edits his question.")
        self.second.run(
            "post", "edit", question, "--as", "tom", "--text", "Which rod for 1 mm sheet, indoors?"
        )
        self._show("the edited question", question, "Which rod for 1 mm sheet, indoors?")

    def _vote(self, question: str) -> None:
        self.say("Rosa likes the question.")
        self.third.run("post", "like", question, "--as", "rosa")
        self._liked(question)

    def _liked(self, question: str) -> None:
        self._until(
            "one like everywhere",
            lambda: all(self._seen(one).get(question, _NONE).likes == 1 for one in self.all),
        )

    def _delete(self, reply: str) -> None:
        self.say("Olga deletes her reply.")
        self.home.run("post", "delete", reply, "--as", "olga")
        self._gone(reply)

    def _gone(self, reply: str) -> None:
        self._until(
            "it is gone everywhere",
            lambda: all(self._seen(one).get(reply, _NONE).state == "deleted" for one in self.all),
        )

    def _leave(self) -> str:
        self.say("Tom leaves; then Olga posts again.")
        self.second.run("group", "leave", self.group, "--as", "tom")
        self._until(
            "Tom has left, here and at home",
            lambda: self._standing(self.home, "tom") == "left",
        )
        uri = self._write("Meeting on Friday", "At seven, in the workshop.")
        self._until("Rosa's instance shows it", lambda: self._shown(self.third, uri, "At seven"))
        if uri in self._seen(self.second):
            raise WrongError(f"{self.second.name} got a post after its last member left")
        self.say("   Tom's instance did not get it: nobody there is in the group any more.")
        return uri

    def _write(self, title: str, text: str) -> str:
        words = ("--as", "olga", "--title", title, "--text", text)
        uri: str = self.home.ask("post", "write", "welders", *words)["uri"]
        return uri

    def _reads_rosa(self, uri: str) -> Callable[[], bool]:
        return lambda: uri in self._seen(self.third)

    def _show(self, what: str, uri: str, text: str) -> None:
        self._until(
            f"all three show {what}",
            lambda: all(self._shown(instance, uri, text) for instance in self.all),
        )

    def _shown(self, instance: Actor, uri: str, text: str) -> bool:
        """In the database, and on the page that a visitor reads."""
        found = self._seen(instance).get(uri, _NONE)
        if text not in found.text:
            return False
        page = instance.page(f"/groups/{self._name_at(instance)}/threads/{found.thread_id}")
        return text[:TELLING_CHARS] in page

    def _seen(self, instance: Actor) -> dict[str, Seen]:
        return instance.look(_posts)

    def _standing(self, instance: Actor, name: str) -> str:
        """How the person `name` stands in the group, as the instance has it."""

        async def work() -> str:
            member = await Member.get_or_none(actor__username=name).select_related("group")
            return member.state if member else ""

        return instance.look(work)

    def _name_at(self, instance: Actor) -> str:
        return "welders" if instance is self.home else self.group.removeprefix("@")

    def _until(self, what: str, holds: Callable[[], bool]) -> None:
        self.between()
        end = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            if time.monotonic() > end:
                raise WrongError(f"not so after {PATIENCE_SECONDS:.0f} s: {what}")
            time.sleep(0.2)
        self.say(f"   {what}.")


_NONE = Seen(0, "", "", -1)


async def _posts() -> dict[str, Seen]:
    return {
        post.uri: Seen(post.thread_id, plain(post.content), post.state, post.likes_count)
        for post in await Post.all()
    }
