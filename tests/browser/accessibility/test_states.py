"""Every state that the badge can tell of, light and dark, with and without a conversation."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support.browser.axe import bring_axe, faults
from tests.support.browser.chat import Chat
from tests.support.browser.golden import assert_golden
from tests.support.browser.harness import (
    CONVERSATION,
    EVERYTHING,
    MIDNIGHT,
    MODEL_STATES,
    STATES,
    Harness,
    State,
    traits,
)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_axe_finds_nothing_in_any_state(harness: Harness, state: State) -> None:
    """No fault, and nothing that axe-core cannot tell; and the badge says what it should."""
    bring_axe(harness.page)
    chat = Chat(harness)
    for conversation in (CONVERSATION, {}):
        state.stage(harness, conversation)
        expect(chat.badge).to_have_text(state.words)
        for theme in ("light", "dark"):
            harness.theme(theme)
            assert faults(chat) == []


FEW = {"ai", "budget", "held", "withheld"}
"""Those that are looked at each time; the others differ in words."""


@pytest.mark.parametrize(
    "state",
    [pytest.param(x, marks=[] if x.name in FEW else pytest.mark.slow) for x in MODEL_STATES],
    ids=lambda state: state.name,
)
def test_axe_finds_nothing_in_what_a_model_brings(harness: Harness, state: State) -> None:
    """The label, the budget, a place in line, what stands at an answer: at 640 and at 320 px."""
    bring_axe(harness.page)
    chat = Chat(harness)
    state.stage(harness, {})
    expect(chat.root).to_contain_text(state.words)
    for width in (640, 320):
        harness.size(width)
        assert chat.root.evaluate("root => root.scrollWidth <= root.clientWidth")
        for theme in ("light", "dark"):
            harness.theme(theme)
            assert faults(chat) == []


def test_several_chats_have_names_of_their_own_and_one_voice(harness: Harness) -> None:
    """Two of one conversation on a page: a list of regions tells them apart, news is said once."""
    given = {**CONVERSATION, **traits()}
    harness.show(given)
    harness.page.evaluate("window.first = harness.model; window.spoken.length = 0")
    harness.show(given, beside=True)
    names = [Chat(harness, n).root.get_attribute("aria-label") for n in range(2)]
    assert names == ["Tutor chat", "Tutor chat 2"]
    bring_axe(harness.page)
    rules = ["landmark-unique", "duplicate-id-aria", "aria-valid-attr-value"]
    found = harness.page.evaluate("rules => axe.run({runOnly: rules})", rules)
    assert len(found["passes"]) > 1
    assert found["violations"] == found["incomplete"] == []
    said = {"seq": 9, "id": "m9", "role": "tutor", "text": "Well done.", "at": 0}
    change = {"events": [{**said, "status": "complete"}]}
    harness.page.evaluate("c => [first, harness.model].forEach(m => m.change(c))", change)
    for n in range(2):
        expect(Chat(harness, n).message("Well done.")).to_have_count(1)
    assert harness.page.evaluate("spoken.map(([, words]) => words)") == ["Tutor: Well done."]


def test_a_budget_is_spoken_when_it_appears_and_when_it_is_used_up(harness: Harness) -> None:
    """By one of two chats of the conversation, and by none on the way; both show each step."""
    given = {**CONVERSATION, **traits()}
    harness.show(given)
    harness.page.evaluate("window.first = harness.model; window.spoken.length = 0")
    harness.show(given, beside=True)
    steps = [
        (0.2, "A fifth of today’s questions is left."),
        (0.1, "A tenth of today’s questions is left."),
        (0.01, "Less than a tenth of today’s questions is left."),
        (0, "Today’s questions are used up; it goes on at 00:00."),
    ]
    for left, words in steps:
        state = {"ai": True, "budget": {"left": left, "until": MIDNIGHT}}
        change = "c => [first, harness.model].forEach(m => m.change(c))"
        harness.page.evaluate(change, {"state": state})
        for n in range(2):
            expect(Chat(harness, n).root.locator("header")).to_contain_text(words)
    spoken = harness.page.evaluate("spoken.map(([, words]) => words)")
    assert spoken == [steps[0][1], steps[-1][1]]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_accessible_tree_is_exactly_what_was_agreed(harness: Harness, theme: str) -> None:
    """Every role, name and state, in every state of the badge and with each panel open."""
    harness.theme(theme)
    chat = Chat(harness)
    trees = []

    def note(name: str) -> None:
        trees.append(f"# {name}\n{chat.root.aria_snapshot()}\n")

    for state in STATES:
        state.stage(harness, {})
        note(state.name)
    for state in MODEL_STATES:
        state.stage(harness, {})
        expect(chat.root).to_contain_text(state.words)
        parts = [chat.root.locator("header"), chat.messages.last]
        tree = "\n".join(part.aria_snapshot() for part in parts)
        trees.append(f"# with a model: {state.name}\n{tree}\n")
    harness.online(True)
    harness.show(EVERYTHING)
    harness.rest()
    expect(chat.message("Let me")).to_be_visible()
    note("all kinds of messages, in an outage")
    chat.badge.click()
    note("… and the details")
    chat.root.get_by_role("button", name="More").click()
    expect(chat.root.get_by_role("button", name="New conversation…")).to_be_visible()
    note("… and the menu")
    chat.root.get_by_role("button", name="New conversation…").click()
    note("… and its question")
    chat.root.get_by_role("button", name="Cancel").click()
    chat.root.get_by_role("button", name="More").click()
    chat.root.get_by_role("button", name="Last error: IndexError").click()
    expect(chat.root.get_by_role("dialog")).to_be_visible()
    note("… and a look at what is shared")
    chat.root.get_by_role("button", name="Attach").click()
    expect(chat.root.get_by_role("dialog")).to_be_hidden()
    note("… which is attached")
    assert_golden("aria.yaml", "\n".join(trees))
