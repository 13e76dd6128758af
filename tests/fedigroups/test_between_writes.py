"""A process that dies before whichever of its writes leaves what can be done again."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import pytest

from federation import ids, storage
from fedigroups.accounts import passkeys, people, recovery
from fedigroups.accounts.entry_models import Passkey
from fedigroups.accounts.models import Account
from fedigroups.app import reception_of
from fedigroups.groups import aliases, moving
from fedigroups.groups.importing import Importer
from fedigroups.personal import hosts, import_files, imports, listings, word_filters
from fedigroups.personal.import_models import Import
from fedigroups.personal.word_filters import Keyword, Rule
from world import Town, World

pytestmark = pytest.mark.anyio

WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|WITH .*\b(INSERT|UPDATE|DELETE)\b)", re.DOTALL)
STATEMENTS = ("execute_insert", "execute_many", "execute_query", "execute_query_dict")
FOLLOWING = b"Account address,Show boosts,Notify on new posts\nwelders@groups.example,false,true\n"
TOM = "https://groups.example/users/tom"

TOLD = {
    "account": "moved_at > 0, password_hash = 'old'",
    "actor": "username, moved_to",
    "profile": "aliases",
    "passkey": "name",
    "recovery_code": "account_id",
    "spent_challenge": "digest",
    "session": "account_id",
    "mail": "recipient",
    "activity": "kind",
    "log_entry": "kind",
    "member": "actor_id, state, shows, bell",
    "blocked_host": "host",
    "listing": "title",
    "word_filter": "title",
    "filter_keyword": "keyword",
    "import_batch": "state",
    "import_row": "subject, REPLACE(outcome, 'already', 'done') AS outcome",
}
"""What the acts below change, as far as it is the same each time."""

Rows = dict[str, list[tuple[Any, ...]]]
Do = Callable[[Town, Account], Awaitable[object]]


class Death(BaseException):
    """The process is no more."""


class Undone(Exception):
    """It never happened."""


@contextmanager
def dying_before(write: int) -> Iterator[list[str]]:
    """The process dies right before its nth write, and says nothing more; its writes until then.

    So each commit is once the last that it made.
    """
    link, said = storage.connection(), list[str]()

    def mortal(statement: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
        async def call(query: str, values: Any = None) -> object:
            if WRITES.match(query):
                said.append(query)
            if len(said) >= write:
                raise Death
            return await statement(query, values)

        return call

    for name in STATEMENTS:
        setattr(link, name, mortal(getattr(link, name)))
    try:
        with suppress(Death):
            yield said
    finally:
        for name in STATEMENTS:
            delattr(link, name)


@asynccontextmanager
async def undone() -> AsyncIterator[None]:
    """What is in the block never happened."""
    with suppress(Undone):
        async with storage.transaction():
            yield
            raise Undone


async def rows() -> Rows:
    found = {
        table: await storage.rows(f"SELECT {columns} FROM {table}")
        for table, columns in TOLD.items()
    }
    return {
        table: sorted(tuple(map(str, row.values())) for row in some)
        for table, some in found.items()
    }


def passkey(account: Account) -> Passkey:
    keys = {"credential": b"one", "public_key": b"key", "digest": "d", "sign_count": 0}
    return Passkey(id=ids.new(), account_id=account.id, name="Phone", created_at=1, **keys)


async def add_passkey(town: Town, tom: Account) -> None:
    spent = bytes(72)
    await passkeys._keep(reception_of(town.instance), tom, passkey(tom), spent)


async def remove_passkeys(town: Town, tom: Account) -> None:
    await passkeys.remove(reception_of(town.instance), tom)


async def change_password(town: Town, tom: Account) -> None:
    await recovery.change(reception_of(town.instance), tom, "a long one for welders")


async def name_another(town: Town, tom: Account) -> None:
    await aliases.add(town.wire, tom.actor, "olga@groups.example")


async def move(town: Town, tom: Account) -> None:
    await moving.move(reception_of(town.instance), tom, "eva@groups.example")


async def move_back(town: Town, tom: Account) -> None:
    await moving.take_back(reception_of(town.instance), tom)


async def block_a_host(town: Town, tom: Account) -> None:
    await hosts.block(tom.actor_id, "evil.example")


async def make_a_list(town: Town, tom: Account) -> None:
    await listings.make(tom.actor_id, "Rods", "list", exclusive=False)


async def make_a_filter(town: Town, tom: Account) -> None:
    rule = Rule("Rods", ("home",))
    await word_filters.make(tom.actor_id, rule, [Keyword("rod"), Keyword("wire")])


async def bring_a_file(town: Town, tom: Account) -> None:
    lines = import_files.parse("hosts", b"evil.example\nspam.example\n", town.host)
    await imports.keep(tom.actor_id, lines, overwrites=False)


async def take_it_in(town: Town, tom: Account) -> None:
    await Import.all().update(step_at=0)  # its lease is over
    importer = Importer(town.wire)
    while await importer.step():
        pass


async def nothing(town: Town, tom: Account) -> None:
    """It needs nothing before."""


async def eva_is_tom(town: Town, tom: Account) -> None:
    eva = await people.person_named(town.wire, "eva")
    await aliases.add(town.wire, eva, "tom@groups.example")


async def moved(town: Town, tom: Account) -> None:
    await eva_is_tom(town, tom)
    await move(town, tom)
    await tom.refresh_from_db()
    await tom.fetch_related("actor")


async def a_file_was_brought(town: Town, tom: Account) -> None:
    await storage.execute("DELETE FROM member WHERE actor_id = ?", tom.actor_id)
    lines = [
        *import_files.parse("following", FOLLOWING, town.host),
        *import_files.parse("hosts", b"evil.example\n", town.host),
    ]
    await imports.keep(tom.actor_id, lines, overwrites=True)
    await imports.start(tom.actor_id)


ACTS: list[tuple[Do, Do, bool]] = [
    (nothing, add_passkey, True),
    (add_passkey, remove_passkeys, True),
    (nothing, change_password, True),
    (nothing, name_another, True),
    (eva_is_tom, move, True),
    (moved, move_back, True),
    (nothing, block_a_host, True),
    (nothing, make_a_list, True),
    (nothing, make_a_filter, True),
    (nothing, bring_a_file, True),
    (a_file_was_brought, take_it_in, False),
]
"""What was done before, the act, and whether it is done wholly or not at all."""


@pytest.mark.parametrize(("before", "act", "at_once"), ACTS, ids=[one[1].__name__ for one in ACTS])
async def test_whoever_dies_between_two_writes_leaves_what_can_be_done_again(
    world: World, before: Do, act: Do, at_once: bool
) -> None:
    town = await world.town()

    async def work() -> None:
        await people.sign_up(town.wire, "eva", email="", password="")
        tom = await people.account_named("tom")
        await Account.filter(id=tom.id).update(email="tom@mail.example")
        tom = await people.account_named("tom")
        await before(town, tom)
        start = await rows()
        async with undone():
            await act(town, tom)
            end = await rows()
        assert start != end
        write, died = 0, True
        while died:
            write += 1
            async with undone():
                with dying_before(write) as said:
                    await act(town, tom)
                died = len(said) >= write
                left = await rows()
                if at_once:
                    assert left in (start, end), said
                if left != end:
                    await act(town, tom)
                assert await rows() == end, said
        assert write > 1

    await town.run(work)
