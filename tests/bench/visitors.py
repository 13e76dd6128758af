"""People of other servers who are known here: what they send, signed or as it is recorded."""

from __future__ import annotations

from itertools import count
from typing import Any

from drafts import ACTOR as GROUP_URI
from drafts import WORDS
from home import GROUP

from federation import clock
from federation.documents import read_activity
from federation.strict_json import dumps
from federation.vocabulary import ACTIVITY_JSON, PUBLIC
from fedigroups.instance import Instance
from inbox.record import Arrival
from neighbour import Neighbour
from senders import Person

KEYS = 8
_numbers = count(1)


async def acquainted(instance: Instance, number: int) -> list[Person]:
    """So many people, each on a host of their own, whose documents and keys are stored here."""
    people = [Person(Neighbour(f"h{n}.example"), f"vic{n % KEYS}") for n in range(number)]
    for person in people:
        document = person.home.person(person.name, person.key)
        await instance.wire.directory.adopt(document)
    return people


async def join(instance: Instance, people: list[Person]) -> None:
    """All of them follow the group, and are admitted."""
    await record(instance, [(person, person.follow(next(_numbers))) for person in people])
    await instance.processor.drain()


def create(person: Person, text: str = WORDS * 15) -> dict[str, Any]:
    """The Create of a Note that starts a thread in the group, as Mastodon writes it (2.8 kB)."""
    number = next(_numbers)
    to = {"to": [PUBLIC], "cc": [f"{person.uri}/followers", GROUP_URI]}
    note = to | {
        "id": f"{person.uri}/statuses/{number}",
        "type": "Note",
        "attributedTo": person.uri,
        "content": f"<p><span class='h-card'>@welders</span> {text}</p>",
        "contentMap": {"en": f"<p>{text}</p>"},
        "published": clock.rfc3339(clock.now_ms() - 1_000),
        "url": person.home.url(f"/@{person.name}/{number}"),
        "inReplyTo": None,
        "sensitive": False,
        "tag": [{"type": "Mention", "href": GROUP_URI, "name": "@welders@groups.example"}],
        "attachment": [],
    }
    return person.act("Create", note, number, **to)


def like(person: Person, post_uri: str) -> dict[str, Any]:
    """The Like of a post."""
    return person.act("Like", post_uri, next(_numbers))


async def record(instance: Instance, sent: list[tuple[Person, dict[str, Any]]]) -> None:
    """Store activities as if they had been verified, one after another."""
    for person, document in sent:
        body = dumps(document)
        door = f"{GROUP_URI}/inbox"
        arrival = Arrival(read_activity(document), person.home.host, door, body)
        await instance.recorder.record(arrival)


def request(person: Person, document: dict[str, Any]) -> bytes:
    """The whole signed request (draft-cavage) that brings an activity to the group's inbox."""
    body, path = dumps(document), f"/groups/{GROUP}/inbox"
    headers = {"Content-Type": ACTIVITY_JSON, "Content-Length": str(len(body))}
    headers |= {"User-Agent": "Mastodon/4.3.0"} | person.sign(body, path)
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body
