"""The order of messages that were refused for now."""

from __future__ import annotations

from tutor_widget.server.net.resend_order import MOST_BEHIND, Gate


def test_a_gate_lets_only_the_awaited_message_through() -> None:
    """The awaited message is admitted from its time on; the others are not, even then."""
    gate = Gate()
    assert gate.wait("m1", 0) == 0
    gate.shut("m1", until=5)
    assert gate.wait("m1", 1) == 4
    assert gate.wait("m2", 1) == 4
    assert gate.wait("m1", 5) == 0
    assert gate.wait("m2", 9) > 0
    gate.passed("m2")
    assert gate.wait("m2", 9) > 0
    gate.passed("m1")
    assert gate.wait("m2", 9) == 0


def test_what_was_refused_is_not_overtaken_when_the_first_came_elsewhere() -> None:
    """Messages that were sent before their sender saw the refusals wait for all refused ones."""
    gate = Gate()
    gate.shut("m1", until=5)
    assert gate.wait("m2", 1) > 0
    assert gate.wait("m3", 1) > 0
    gate.passed("m1")  # another connection brought it
    assert gate.wait("m4", 2) > 0
    gate.passed("m2")
    assert gate.wait("m4", 6) > 0
    assert gate.wait("m3", 6) == 0
    gate.open()
    assert gate.wait("m4", 6) == 0


def test_a_gate_forgets_what_was_settled_elsewhere() -> None:
    """It waits neither for a message settled elsewhere nor for those before the last `open`."""
    gate = Gate()
    gate.shut("m1", until=5)
    assert gate.wait("m2", 1) > 0
    gate.passed("m2")
    gate.passed("m1")
    assert gate.wait("m3", 2) == 0
    gate.shut("m4", until=9)
    assert gate.wait("m5", 3) > 0
    gate.open()
    gate.shut("m6", until=12)
    gate.passed("m6")
    assert gate.wait("m7", 10) == 0


def test_a_gate_remembers_a_bounded_number_of_messages() -> None:
    """A client that sends ever new messages after a refusal uses no more memory."""
    gate = Gate()
    gate.shut("first", until=5)
    assert all(gate.wait(f"m{n}", 1) > 0 for n in range(MOST_BEHIND + 100))
    for n in range(-1, MOST_BEHIND):
        gate.passed(f"m{n}" if n >= 0 else "first")
    assert gate.id is None
