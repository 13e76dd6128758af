"""F25: new keys while deliveries wait. No signature of the old ones leaves any more."""

from __future__ import annotations

import asyncio

import pytest

from crash.conftest import MakeTrial
from crash.crowd import Crowd, Knock
from crash.fleet import GROUP, ORIGIN
from crash.trial import Trial
from federation import signatures
from federation.errors import BadSignature
from federation.keys import PublicKey, load_public
from federation.signatures import SignedRequest
from federation.vocabulary import ACTIVITY_JSON

LONG = [pytest.mark.long, pytest.mark.timeout(600)]
pytestmark = [pytest.mark.anyio, pytest.mark.processes, pytest.mark.timeout(240)]


async def shown_key(trial: Trial) -> PublicKey:
    """The key in the document of the group, as a peer reads it."""
    url = f"http://127.0.0.1:{trial.fleet.webs[0].port}{GROUP.removeprefix(ORIGIN)}"
    host = ORIGIN.partition("://")[2]
    answer = await trial.client.get(url, headers={"Accept": ACTIVITY_JSON, "Host": host})
    shown = answer.json()["publicKey"]
    return load_public(shown["id"], shown["owner"], "rsa", shown["publicKeyPem"])


def is_signed_with(key: PublicKey, knock: Knock) -> bool:
    """Whether the signature of a delivery is this key's."""
    headers = [(name, value) for name, value in knock.headers.items() if name != "scheme"]
    request = SignedRequest("POST", knock.path, headers, knock.body, f"http://{knock.host}")
    (claim,) = signatures.read(request)
    try:
        claim.check(request, key)
    except BadSignature:
        return False
    return True


@pytest.mark.parametrize("kind", [pytest.param("sqlite", marks=LONG), "postgres"])
async def test_what_waits_when_keys_are_rotated_is_signed_with_the_new_ones(
    kind: str, make_trial: MakeTrial
) -> None:
    trial = await make_trial(kind, Crowd(4))
    await trial.enroll()
    trial.fleet.start()
    await trial.say("before")
    await trial.idle()
    old = await shown_key(trial)
    with trial.crowd.troubled(trial.crowd.hosts):
        waiting = [await trial.say(f"waiting-{number}") for number in range(3)]
        await asyncio.to_thread(trial.fleet.run, "key", "rotate", "welders")
    new = await shown_key(trial)
    assert is_signed_with(old, trial.crowd.came[0])
    before = len(trial.crowd.came)
    await trial.settle()
    came = trial.crowd.came[before:]
    assert {knock.id for knock in came} > set(waiting)
    assert all(is_signed_with(new, knock) and not is_signed_with(old, knock) for knock in came)
    told = [knock.document["object"] for knock in came if knock.kind == "Update"]
    assert len(told) == 4
    (shown,) = {one["publicKey"]["publicKeyPem"] for one in told}
    assert load_public(new.uri, new.owner, "rsa", shown) == new
