"""The numbers that bound who signs up, signs in or asks as an app: at each, below and above it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Event

import pytest

import scenery
from federation import clock, ids, limits
from federation.errors import Malformed, Slowed
from fedigroups.accounts import invitations, passwords, secrets, sessions, tickets
from fedigroups.accounts.attempts import Attempts, Place
from fedigroups.accounts.entry_models import Session
from fedigroups.accounts.models import Account
from fedigroups.accounts.tickets import Kind
from fedigroups.api import shares
from fedigroups.api.shares import Shares
from fedigroups.store import Store

pytestmark = pytest.mark.anyio

NOW = clock.now_ms()
HOUR, HALF_HOUR, FIVE_MINUTES = 3_600, 1_800, 300
STRANGER, OTHER = "192.88.99.1", "192.88.99.2"

Take = Callable[[str], object]


async def olga() -> Account:
    """Olga's account, without all that she could do with it."""
    actor = await scenery.person("olga@groups.example")
    return await Account.create(
        id=ids.new(), actor_id=actor.id, confirmed_at=NOW, approved_at=NOW, created_at=NOW
    )


async def test_a_password_is_neither_too_short_nor_too_long() -> None:
    shortest, longest = limits.PASSWORD_CHARS
    assert (shortest, longest) == (10, 1_000)
    for chars in (shortest, shortest + 1, longest - 1, longest):
        passwords.check("x" * chars)
    for chars in (shortest - 1, longest + 1):
        with pytest.raises(Malformed, match="10 to 1000"):
            passwords.check("x" * chars)
    stored = await passwords.hashed("x" * longest)
    assert await passwords.is_right(stored, "x" * longest)


async def test_only_so_many_passwords_are_hashed_and_wait_for_it() -> None:
    assert (limits.HASHES_AT_ONCE, limits.HASHES_WAITING) == (2, 40)
    pool, free, begun = passwords._Pool(), Event(), []

    def hashing() -> bool:
        begun.append(1)
        return free.wait(60)

    crowd = [asyncio.create_task(pool.run(hashing)) for _ in range(2 + 40)]
    try:
        await asyncio.sleep(0.2)
        assert len(begun) == 2
        assert not any(one.done() for one in crowd)
        with pytest.raises(Slowed):
            await asyncio.wait_for(pool.run(hashing), 1)
    finally:
        free.set()
    assert await asyncio.gather(*crowd) == [True] * 42
    assert await pool.run(hashing), "who came back is served"


def beset(attempts: Attempts, account: str) -> None:
    """One who signs in with a wrong password, each time from elsewhere."""
    attempts.sign_in(account, Place(""))
    attempts.failed(account, Place(""))


def guess(attempts: Attempts, where: str) -> None:
    """One who signs in with a wrong password at one place, which is counted for one account."""
    account, _, place = where.partition(" at ")
    attempts.sign_in(account, Place(*place.split(" in ")))
    attempts.failed(account, Place(*place.split(" in ")))


def guess_code(attempts: Attempts, account: str) -> None:
    """One who knows the password and not the second factor."""
    attempts.code(account, Place(""))
    attempts.failed_code(account)


def write(attempts: Attempts, account: str) -> None:
    """A letter with a link to one account, or the refusal to write one."""
    if not attempts.may_write(int(account)):
        raise Slowed("this account", 1)


TAKEN: dict[str, tuple[int, int, Callable[[Attempts, str], None], str, str]] = {
    "SIGN_INS_PER_ADDRESS": (
        30, FIVE_MINUTES, lambda attempts, who: attempts.sign_in("7", Place(who)), STRANGER, OTHER
    ),
    "SIGN_INS_PER_PLACE": (10, HOUR, guess, f"7 at {STRANGER}", f"7 at {OTHER}"),
    "SIGN_INS_PER_PLACE, account by account": (10, HOUR, guess, "7 at x", "8 at x"),
    "SIGN_INS_PER_PLACE, in a known browser": (10, HOUR, guess, "7 at x in a", "7 at x in b"),
    "SIGN_INS_PER_ACCOUNT": (100, HOUR, beset, "7", "8"),
    "CODES_PER_ACCOUNT": (30, HOUR, guess_code, "7", "8"),
    "SIGN_UPS_PER_ADDRESS": (5, HALF_HOUR, Attempts.sign_up, STRANGER, OTHER),
    "APPS_PER_ADDRESS": (30, HALF_HOUR, Attempts.app, STRANGER, OTHER),
    "MAILS_PER_ADDRESS": (20, HOUR, Attempts.mail, STRANGER, OTHER),
    "MAILS_PER_ACCOUNT": (4, HOUR, write, "7", "8"),
}  # fmt: skip
"""By the limit: its value, the seconds in which all of it is there again, and one more of it."""


@pytest.mark.parametrize("name", TAKEN)
async def test_so_much_may_be_tried_in_its_time_and_others_have_their_own(name: str) -> None:
    most, seconds, once, who, other = TAKEN[name]
    assert getattr(limits, name.partition(",")[0]) == most
    attempts = Attempts()
    with clock.held(NOW):
        assert tried(attempts, once, who, most + 1) == most
        assert tried(attempts, once, other, most + 1) == most
    with clock.held(NOW + seconds * clock.SECOND):
        assert tried(attempts, once, who, most + 1) == most
        assert tried(Attempts(on=False), once, who, most + 1) == most + 1, "the operator said so"


def tried(attempts: Attempts, once: Callable[[Attempts, str], None], who: str, times: int) -> int:
    """How many of so many times it was let through."""
    through = 0
    for _ in range(times):
        with suppress(Slowed):
            once(attempts, who)
            through += 1
    return through


@pytest.mark.parametrize("name", ["API_PER_ACCOUNT", "API_PER_ADDRESS"])
async def test_so_much_may_be_asked_in_five_minutes_and_each_answer_says_what_is_left(
    name: str,
) -> None:
    most = {"API_PER_ACCOUNT": 1_500, "API_PER_ADDRESS": 300}[name]
    assert (getattr(limits, name), limits.API_WINDOW_SECONDS) == (most, 300)
    counted, scope = Shares(), {"type": "http"}

    def ask() -> int:
        if name == "API_PER_ACCOUNT":
            counted.take_of_account(scope, 7)
        else:
            counted.take_of_visitor(scope, STRANGER)
        return int(dict(shares.headers(scope))[b"x-ratelimit-remaining"])

    with clock.held(NOW):
        assert [ask() for _ in range(most)] == list(range(most - 1, -1, -1))
        with pytest.raises(Slowed):
            ask()
        counted.take_of_account(scope, 8)
        counted.take_of_visitor(scope, OTHER)
    with clock.held(NOW + 300 * clock.SECOND - 1):
        assert ask() == most - 2, "not all of it is there again"
    with clock.held(NOW + 2 * 300 * clock.SECOND):
        assert ask() == most - 1


async def test_the_browser_that_was_not_used_the_longest_makes_room(database: Store) -> None:
    most, account = limits.SESSIONS_PER_ACCOUNT, await olga()
    assert most == 50
    await Session.bulk_create(
        Session(id=n, account_id=account.id, digest=str(n), created_at=NOW, seen_at=NOW + n)
        for n in range(1, most)
    )
    with clock.held(NOW + most):
        await sessions.begin(account)
        assert await Session.all().count() == most
        assert await Session.exists(id=1), "there was room"
        await Session.filter(id=1).update(seen_at=NOW + most)
        await sessions.begin(account)
    assert await Session.all().count() == most
    assert await Session.filter(id__in=[1, 2]).values_list("id", flat=True) == [1]


async def test_a_browser_that_is_not_used_for_two_weeks_is_signed_in_no_more(
    database: Store,
) -> None:
    assert limits.SESSION_IDLE_SECONDS == 14 * 86_400
    await found_until(14 * clock.DAY, await olga())


async def test_a_browser_is_signed_in_for_ninety_days_at_most_however_much_it_is_used(
    database: Store,
) -> None:
    assert limits.SESSION_SECONDS == 90 * 86_400
    account = await olga()
    await found_until(90 * clock.DAY, account, seen_at=NOW + 89 * clock.DAY)


async def found_until(ms: int, account: Account, **columns: int) -> None:
    """See that a session is good for so long and not longer, and that it is forgotten then."""
    for later, good in ((ms - 1, True), (ms, False)):
        with clock.held(NOW):
            shown = await sessions.begin(account)
            await Session.all().update(**{"seen_at": NOW} | columns)
        with clock.held(NOW + later):
            assert (await sessions.find(shown) is not None) is good
    for later, kept in ((ms, 1), (ms + 1, 0)):
        await Session.exclude(digest=secrets.digest(shown)).delete()
        with clock.held(NOW + later):
            await sessions.retire()
        assert await Session.all().count() == kept


@pytest.mark.parametrize(
    ("kind_of_ticket", "name", "seconds"),
    [
        ("confirm", "CONFIRM_SECONDS", 2 * 86_400),
        ("reset", "RESET_SECONDS", 3_600),
        ("second", "SECOND_FACTOR_SECONDS", 600),
    ],
)
async def test_what_opens_something_opens_it_for_so_long(
    database: Store, kind_of_ticket: Kind, name: str, seconds: int
) -> None:
    assert getattr(limits, name) == seconds
    account = await olga()
    with clock.held(NOW):
        shown = await tickets.issue(account.id, kind_of_ticket)
    for later, good in ((-1, True), (0, False), (1, False)):
        with clock.held(NOW + seconds * clock.SECOND + later):
            assert (await tickets.look(kind_of_ticket, shown) is not None) is good


async def test_an_invitation_is_for_so_many_people_and_days(database: Store) -> None:
    assert (limits.INVITATION_USES, limits.INVITATION_DAYS) == (1_000, 365)
    for uses, days in ((1, 1), (999, 364), (1_000, 365)):
        with clock.held(NOW):
            made, code = await invitations.invite(uses=uses, days=days)
        assert made.uses_left == uses
        for later, good in ((-1, True), (0, False)):
            with clock.held(NOW + days * clock.DAY + later):
                assert await invitations.is_good(code) is good
    for uses, days in ((0, 1), (1_001, 1), (1, 0), (1, 366)):
        with pytest.raises(Malformed, match="1 to 1000 people"):
            await invitations.invite(uses=uses, days=days)


async def test_what_is_noted_about_an_invitation_is_cut(database: Store) -> None:
    most = limits.INVITATION_NOTE_CHARS
    assert most == 200
    notes = [(await invitations.invite(note="x" * n))[0].note for n in (most - 1, most, most + 1)]
    assert [len(note) for note in notes] == [most - 1, most, most]
