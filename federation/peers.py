"""This module knows other hosts: their software, the signatures they take, and who is blocked.

What is known of a host is one row. A blocked host is never asked anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from federation import bare, clock, limits, nodeinfo, origin, storage
from federation.config import FederationConfig
from federation.errors import FederationError, Malformed
from federation.fetch import Fetcher
from federation.flights import Flights
from federation.models import Peer
from federation.nodeinfo import Family, Software
from federation.pace import Memory
from federation.signatures import Form
from federation.watch import NOBODY, Watch

FORM_FRESH_MS = 30 * clock.DAY
"""After so long a learned signature form is tried anew: peers are upgraded."""

BLOCKS_FRESH_SECONDS = 2.0
"""How long the list of blocked hosts is remembered: every request asks it."""

_HEARD_SECONDS = 60.0
_FORMS: dict[str, Form] = {"cavage": "cavage", "rfc9421": "rfc9421"}
_FAMILIES: dict[str, Family] = {"thread": "thread", "microblog": "microblog"}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a delivery needs to know of a host; `form` as `Peers.form` answers it."""

    blocked: bool = False
    family: Family = "unknown"
    form: Form | Literal[""] = ""


@dataclass(frozen=True, slots=True)
class _Lists:
    """Hosts that operators named: each stands for itself and the domains below it."""

    blocked: frozenset[str]
    limited: frozenset[str]
    allowed: frozenset[str]


class Peers:
    """The hosts that this instance met."""

    def __init__(self, fetcher: Fetcher, config: FederationConfig, watch: Watch = NOBODY) -> None:
        self._fetcher = fetcher
        self._config = config
        self._watch = watch
        self._flights: Flights[Family] = Flights()
        self._heard: Memory[bool] = Memory()
        self._named: Memory[_Lists] = Memory(entries=1)

    async def family(self, host: str) -> Family:
        """The dialect that a host is sent; asks its NodeInfo when that was not done for a day.

        A host that does not answer keeps the family it had, `unknown` at first, and is left alone
        for an hour (a day, once its software is known).
        """
        host = plain(host)
        row = await self.show(host)
        if not self._should_ask(host, row) or await self.is_blocked(host):
            return _family(row)
        return await self._flights.share(host, lambda: self._learn(host))

    async def ask_again(self, host: str) -> None:
        """Ask the host's NodeInfo now, whenever it was asked before: it may have been replaced."""
        host = plain(host)
        if host != self._config.host and not await self.is_blocked(host):
            await self._flights.share(host, lambda: self._ask(host))

    async def known_family(self, host: str) -> Family:
        """The dialect that a host is sent, as far as it is known; asks nobody."""
        return _family(await self.show(host))

    async def form(self, host: str) -> Form | Literal[""]:
        """The signature form that a host took last, `""` when that is not known or too old."""
        return (await self.standings([host]))[host].form

    async def learn_forms(self, forms: Mapping[str, Form]) -> None:
        """Remember which signature form each of the hosts took."""
        for host, form in forms.items():
            now = clock.now_ms()
            await _upsert(plain(host), {"signature_form": form, "form_learned_at": now})

    async def standings(self, hosts: Sequence[str]) -> dict[str, Standing]:
        """How each of the hosts stands, known or not, by one statement."""
        names = {host: with_parents(plain(host)) for host in hosts}
        found = await storage.rows(
            "SELECT host, blocked, allowed, family, signature_form, form_learned_at FROM peer"  # noqa: S608 - our own SQL
            f" WHERE host IN (SELECT host FROM {storage.table('named', host='text')})",
            storage.packed([name] for some in names.values() for name in some),
        )
        rows = {row["host"]: row for row in found}
        return {
            host: _standing(rows, some, allowed_only=self._config.allowed_only)
            for host, some in names.items()
        }

    async def heard(self, host: str) -> None:
        """Note that a host sent something that verified (written once a minute at most)."""
        host = plain(host)
        if self._heard.get(host):
            return
        await _upsert(host, {"heard_at": clock.now_ms()})
        self._heard.put(host, True, _HEARD_SECONDS)

    async def is_blocked(self, host: str) -> bool:
        """Whether an operator here blocked a host, on whichever port, or a domain above it.

        Where only allowed hosts are dealt with, every other one counts as blocked. What another
        process was told of a host is known here after `BLOCKS_FRESH_SECONDS`.
        """
        lists, names = await self._lists(), with_parents(plain(host))
        if not lists.blocked.isdisjoint(names):
            return True
        return self._config.allowed_only and not self._is_allowed(lists, names)

    def _is_allowed(self, lists: _Lists, names: Sequence[str]) -> bool:
        return names[0] == plain(self._config.host) or not lists.allowed.isdisjoint(names)

    async def is_limited(self, host: str) -> bool:
        """Whether people of a host ask before they join, and what they write waits."""
        return not (await self._lists()).limited.isdisjoint(with_parents(plain(host)))

    async def _lists(self) -> _Lists:
        lists = self._named.get("")
        if lists is None:
            rows = await storage.rows(
                "SELECT host, blocked, limited, allowed FROM peer"
                " WHERE blocked = ? OR limited = ? OR allowed = ?",
                *(True, True, True),
            )
            kinds = ("blocked", "limited", "allowed")
            lists = _Lists(
                **{kind: frozenset(row["host"] for row in rows if row[kind]) for kind in kinds}
            )
            self._named.put("", lists, BLOCKS_FRESH_SECONDS)
        return lists

    async def block(self, host: str, note: str = "") -> None:
        """Want nothing of a host and of the domains below it.

        Refuses (`Malformed`) a bad name, and ours or one above it: they would shut us out.
        """
        await self._name(host, note, blocked=True)

    async def limit(self, host: str, note: str = "") -> None:
        """Look at what its people want and write before it shows; refuses as `block` does."""
        await self._name(host, note, limited=True)

    async def allow(self, host: str) -> None:
        """Deal with a host where only allowed ones are. Raises `Malformed` for a bad name."""
        await _upsert(_proper(host), {"allowed": True})
        self._named.forget("")

    async def _name(self, host: str, note: str, **changes: object) -> None:
        """An empty note keeps the one that is there: limiting a blocked host does not lose it."""
        name = _proper(host)
        if self.is_ours(name):
            raise Malformed(f"{name} is this server, or a domain that it is in")
        await _upsert(name, changes | ({"note": note} if note else {}))
        self._named.forget("")

    async def explain(self, host: str, note: str) -> None:
        """Note why a host stands as it does, in place of what was noted; "" notes nothing."""
        await Peer.filter(host=plain(host)).update(note=note)

    def is_ours(self, host: str) -> bool:
        """Whether a block of the host would be one of ourselves."""
        return plain(host) in with_parents(self._config.host)

    async def unblock(self, host: str) -> None:
        """Take a host back; what else is known of it stays."""
        await self._take_back(host, blocked=False)

    async def unlimit(self, host: str) -> None:
        """Treat a host as any other again."""
        await self._take_back(host, limited=False)

    async def disallow(self, host: str) -> None:
        """Deal with a host no more, where only allowed ones are."""
        await self._take_back(host, allowed=False)

    async def _take_back(self, host: str, **changes: bool) -> None:
        await Peer.filter(host=plain(host)).update(**changes)
        self._named.forget("")

    async def show(self, host: str) -> Peer | None:
        """What is known of a host, or None."""
        return await bare.one(Peer, "host = ?", plain(host))

    async def all(self) -> list[Peer]:
        """Every host that is known, by name."""
        return await Peer.all().order_by("host")

    def _should_ask(self, host: str, row: Peer | None) -> bool:
        if host == self._config.host:
            return False
        if row is None:
            return True
        fresh = limits.NODEINFO_FRESH_SECONDS if row.software else limits.NEGATIVE_SECONDS
        age: int = clock.now_ms() - row.asked_at
        return age >= fresh * clock.SECOND

    async def _learn(self, host: str) -> Family:
        row = await self.show(host)
        if not self._should_ask(host, row):  # somebody else has just asked
            return _family(row)
        return await self._ask(host)

    async def _ask(self, host: str) -> Family:
        scheme = "http" if self._config.allow_http else "https"
        try:
            software = await nodeinfo.ask(self._fetcher, host, scheme)
        except FederationError:
            await _upsert(host, {"asked_at": clock.now_ms()})
            return await self.known_family(host)
        return await self._learned(host, software)

    async def _learned(self, host: str, software: Software) -> Family:
        family = nodeinfo.family_of(software.name)
        async with storage.transaction():
            before = await storage.row(
                f"SELECT family FROM peer WHERE host = ?{storage.held()}",  # noqa: S608 - our own suffix
                host,
            )
            await _upsert(
                host,
                {
                    "software": software.name,
                    "version": software.version,
                    "family": family,
                    "asked_at": clock.now_ms(),
                },
            )
            if family != (before["family"] if before is not None else "unknown"):
                await self._watch.host(host)
        return family


def plain(host: str) -> str:
    """A host as rows name it: lower case, without a trailing dot or the port that https implies."""
    return host.strip().lower().removesuffix(":443").rstrip(".")


async def _upsert(host: str, changes: dict[str, object]) -> None:
    now = clock.now_ms()
    row: dict[str, object] = {
        "host": host,
        "software": "",
        "version": "",
        "family": "unknown",
        "asked_at": 0,
        "signature_form": "",
        "form_learned_at": 0,
        "blocked": False,
        "limited": False,
        "allowed": False,
        "note": "",
        "first_seen_at": now,
        "heard_at": 0,
    } | changes
    sets = ", ".join(f"{column} = excluded.{column}" for column in changes)
    sql = (
        f"INSERT INTO peer ({', '.join(row)}) VALUES ({storage.marks(len(row))})"  # noqa: S608 - our own column names
        f" ON CONFLICT (host) DO UPDATE SET {sets}"
    )
    await storage.execute(sql, *row.values())


def _standing(
    rows: Mapping[str, storage.Row], names: Sequence[str], *, allowed_only: bool
) -> Standing:
    """`names` are the host's own, then those of the domains above it, which can block it."""
    named = [rows[name] for name in names if name in rows]
    blocked = any(row["blocked"] for row in named)
    blocked = blocked or (allowed_only and not any(row["allowed"] for row in named))
    row = rows.get(names[0])
    if row is None:
        return Standing(blocked)
    family = _FAMILIES.get(row["family"], "unknown")
    if row["form_learned_at"] + FORM_FRESH_MS < clock.now_ms():
        return Standing(blocked, family)
    return Standing(blocked, family, _FORMS.get(row["signature_form"], ""))


def _family(row: Peer | None) -> Family:
    return _FAMILIES.get(row.family, "unknown") if row is not None else "unknown"


def _proper(host: str) -> str:
    name = plain(host)
    if not origin.is_host(name):
        raise Malformed("to block a host, name it like bad.example, not {host!r}", host=host[:200])
    return name


def with_parents(host: str) -> list[str]:
    """`a.b.example:8443` itself, without its port, and every domain above it."""
    name = host if host.endswith("]") else host.rsplit(":", 1)[0]
    labels = name.split(".")
    parents = [".".join(labels[start:]) for start in range(len(labels))]
    return list(dict.fromkeys([host, *parents]))
