"""What was tried of late, and how often it may be, in bounded memory."""

from __future__ import annotations

from federation import clock
from federation.pace import Allowance, Buckets, Memory

NOW = 1_790_000_000_000


def test_a_thing_is_remembered_until_its_time_is_up() -> None:
    memory: Memory[str] = Memory()
    with clock.held(NOW):
        memory.put("a", "x", 1.5)
    with clock.held(NOW + 1_499):
        assert memory.get("a") == "x"
    with clock.held(NOW + 1_500):
        assert memory.get("a") is None
    assert len(memory) == 0


def test_a_thing_can_be_forgotten() -> None:
    memory: Memory[str] = Memory()
    memory.put("a", "x", 60)
    memory.forget("a")
    memory.forget("b")

    assert memory.get("a") is None


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    memory: Memory[int] = Memory(entries=3)
    for number in range(5):
        memory.put(str(number), number, 60)
    memory.put("2", 22, 60)
    memory.put("5", 5, 60)

    assert [memory.get(str(number)) for number in range(6)] == [None, None, 22, None, 4, 5]
    assert len(memory) == 3


def test_an_allowance_is_spent_and_comes_back() -> None:
    allowance = Allowance(2, 60)
    with clock.held(NOW):
        assert [allowance.take("a") for _ in range(3)] == [True, True, False]
        assert allowance.is_spent("a")
        assert allowance.take("b")
        assert not allowance.is_spent("b")
        assert not allowance.is_spent("c")
    with clock.held(NOW + 60_000):
        assert not allowance.is_spent("a")
        assert allowance.take("a")


def test_a_bucket_gives_its_burst_and_refills_as_time_passes() -> None:
    buckets = Buckets(10, 60)
    with clock.held(NOW):
        assert [buckets.take("m.example") for _ in range(10)] == [0.0] * 10
        assert buckets.take("m.example") == buckets.wait("m.example") == 6.0
        assert buckets.take("l.example") == 0.0
    with clock.held(NOW + 5_999):
        assert 0 < buckets.take("m.example") < 0.01
    with clock.held(NOW + 6_000):
        assert buckets.wait("m.example") == 0.0
        assert buckets.take("m.example") == 0.0
        assert buckets.take("m.example") == 6.0
    with clock.held(NOW + 3_600_000):
        assert [buckets.take("m.example") for _ in range(11)] == [0.0] * 10 + [6.0]


def test_who_is_told_to_wait_finds_a_tenth_of_the_bucket_afterwards() -> None:
    buckets = Buckets(600, 60)
    with clock.held(NOW):
        for _ in range(600):
            buckets.take("m.example")
        wait = buckets.wait("m.example")
    with clock.held(NOW + int(wait * 1_000)):
        taken = [buckets.take("m.example") for _ in range(61)]
    assert taken[:60] == [0.0] * 60
    assert taken[60] > 0


def test_asking_takes_nothing_and_remembers_nobody() -> None:
    buckets = Buckets(1, 60)
    assert [buckets.wait("m.example") for _ in range(5)] == [0.0] * 5
    assert len(buckets) == 0


def test_a_clock_that_was_set_back_locks_nobody_out() -> None:
    buckets = Buckets(1, 60)
    with clock.held(NOW):
        buckets.take("m.example")
    with clock.held(NOW - 13 * clock.HOUR):
        assert buckets.wait("m.example") == 60.0
    with clock.held(NOW - 13 * clock.HOUR + clock.MINUTE):
        assert buckets.wait("m.example") == 0.0


def test_memory_is_bounded_and_those_who_come_often_are_not_forgotten() -> None:
    buckets = Buckets(2, 1_000_000, entries=100)
    for _ in range(2):
        buckets.take("flood.example")
    for number in range(10_000):
        buckets.take(f"{number}.example")
        assert buckets.wait("flood.example") > 0
    assert len(buckets) == 100
