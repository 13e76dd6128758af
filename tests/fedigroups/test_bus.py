"""The bus: who listens to a topic is woken, and nobody else."""

from __future__ import annotations

from fedigroups.bus import Bus, LocalBus


def test_every_listener_of_a_topic_is_woken_and_no_other() -> None:
    bus: Bus = LocalBus()
    woken: list[str] = []
    bus.listen("outbox", lambda: woken.append("first"))
    bus.listen("outbox", lambda: woken.append("second"))
    bus.listen("inbox", lambda: woken.append("other"))
    bus.wake("outbox")
    assert woken == ["first", "second"]


def test_waking_a_topic_that_nobody_listens_to_is_nothing() -> None:
    LocalBus().wake("outbox")


def test_a_listener_that_ended_sleeps_on_and_may_end_twice() -> None:
    bus = LocalBus()
    woken: list[str] = []
    end = bus.listen("outbox", lambda: woken.append("first"))
    end()
    end()
    bus.wake("outbox")
    assert woken == []


def test_a_listener_may_end_while_it_is_woken() -> None:
    bus = LocalBus()
    woken: list[str] = []

    def once() -> None:
        woken.append("once")
        end()

    end = bus.listen("outbox", once)
    bus.listen("outbox", lambda: woken.append("always"))
    bus.wake("outbox")
    bus.wake("outbox")
    assert woken == ["once", "always", "always"]
