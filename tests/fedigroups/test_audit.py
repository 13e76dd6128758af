"""The log of acts: what is noted of an act can be read again, however much was said."""

from __future__ import annotations

import pytest

from federation.limits import DECISION_CHARS
from fedigroups import audit
from fedigroups.store import Store
from scenery import person

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("more", [-1, 0, 1])
async def test_the_longest_reason_stands_whole_in_the_log_and_of_a_longer_one_its_beginning(
    database: Store, more: int
) -> None:
    olga = await person("olga@groups.example")
    said = '"Ads"\n'
    reason = (said * DECISION_CHARS)[: DECISION_CHARS + more]
    await audit.by(olga, "user suspend", name="tom", reason=reason)
    assert await audit.reason("user suspend", "tom") == reason[:DECISION_CHARS]
    noted = (await audit.newest(1))[0]
    assert noted.facts == {"name": "tom", "reason": reason[:DECISION_CHARS]}
