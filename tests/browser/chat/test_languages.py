"""The chat speaks the learner's language, from right to left where that is how it is read."""

from __future__ import annotations

import json
from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.harness import NOW, Harness, traits
from tests.support.browser.jupyter import Notebook
from tests.support.servers.processes import Tutor

SPEAKS = "Object.defineProperty(navigator, 'languages', {get: () => ['fr-CA', 'en']})"


def test_a_language_asked_for_is_spoken_throughout(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """Words, dates, what is spoken, and what the kernel itself says; programs read English."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(
        chat_cell(tutor.url, lang="de"),
        chat_cell(f"{tutor.url}wrong/path/", lang="de-AT"),
        "print(chat.connection['reason'])",
    )
    notebook.run(0)
    chat = Chat(notebook, name="Chat mit dem Tutor")
    expect(chat.badge).to_have_text("Verbunden")
    expect(chat.root).to_have_attribute("lang", "de")
    chat.say("Guten Tag")
    chat.settle(2)
    assert ("reply", "Tutor: Guten Tag") in notebook.spoken()
    tutor.kill()
    expect(chat.badge).to_contain_text("Verbinde neu")
    chat.say("noch da?")
    expect(chat.message("noch da?").get_by_text("In der Warteschlange")).to_be_visible()
    chat.badge.click()
    expect(chat.details).to_contain_text("Unter der Adresse des Tutors antwortet niemand.")
    notebook.picture(chat.root, "german")
    tutor.start()
    chat.settle(4)

    notebook.run(1)
    wrong = Chat(notebook, 1, "Chat mit dem Tutor")
    expect(wrong.badge).to_have_text("Unter dieser Adresse ist kein Tutor (HTTP-Status 404).")
    expect(wrong.notes).to_contain_text("drücke „Jetzt neu verbinden“")
    assert notebook.run(2) == "No tutor at this address (HTTP status 404)."


def test_the_browsers_language_is_asked_for_once(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """A page in English says nothing of its reader; the words cross the wire once per model."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    notebook = open_notebook(chat_cell(tutor.url), "chat", load=False)
    notebook.page.add_init_script(SPEAKS)
    notebook.open()
    notebook.run(0)
    chat = Chat(notebook, name="Discussion avec le tuteur")
    expect(chat.badge).to_have_text("Connecté")
    expect(chat.root).to_have_attribute("lang", "fr-CA")
    notebook.run(1)
    second = Chat(notebook, 1, "Discussion avec le tuteur")
    expect(second.badge).to_have_text("Connecté")
    sent = [
        message
        for message in notebook.traffic.comm()
        if not message.sent and "Connecté" in json.dumps(message.content, ensure_ascii=False)
    ]
    assert len(sent) == 1


def test_what_is_read_from_right_to_left_lies_right(harness: Harness) -> None:
    """Each message by its own first letter, and so the field while it is written; code never."""
    texts = ["שלום", "مرحبا\n\n```python\nx = 1\n```\n\n- واحد", "hello"]
    history = [
        {"seq": n, "id": f"m{n}", "role": "tutor", "text": text, "at": NOW, "status": "complete"}
        for n, text in enumerate(texts, 1)
    ]
    harness.show({**traits(), "history": history})
    chat = Chat(harness)
    chat.settle(3)
    chat.composer.fill("שלום")
    look = "field => getComputedStyle(field).direction"
    assert chat.composer.evaluate(look) == "rtl"
    ends = """body => {
      const range = document.createRange();
      const block = body.querySelector("p");
      range.selectNodeContents(block);
      const [text, box] = [range.getBoundingClientRect(), block.getBoundingClientRect()];
      return [Math.round(text.left - box.left), Math.round(box.right - text.right)];
    }"""
    bodies = chat.messages.locator(".body")
    for n in (0, 1):
        left, right = bodies.nth(n).evaluate(ends)
        assert left > 100
        assert right < 2
    left, right = bodies.nth(2).evaluate(ends)
    assert left < 2
    assert right > 100
    assert bodies.nth(1).locator("pre").evaluate(look) == "ltr"
