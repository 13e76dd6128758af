"""What was tried of late, and how often it may be, in bounded memory."""

from __future__ import annotations

from federation import clock
from federation.pace import Allowance, Memory

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
