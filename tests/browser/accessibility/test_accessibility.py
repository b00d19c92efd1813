"""axe-core looks at the chat in the states that a learner meets."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.browser.axe import bring_axe, faults
from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.jupyter import Notebook
from tests.support.servers.processes import Tutor

RICH = """
# A heading

Some *words*, `code`, a [link](https://example.org) and

- a list
- of two

| a | b |
|---|---|
| 1 | 2 |

```python
for x in range(3):
    print(x)
```

And a last paragraph, which is looked at while it is being written.
""".strip()


def look(notebook: Notebook, chat: Chat) -> None:
    """In both of JupyterLab's themes; it is light again at the end."""
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        notebook.theme(theme)
        assert faults(chat) == []


def test_axe_finds_nothing(
    open_notebook: Callable[..., Notebook],
    start_tutor: Callable[..., Tutor],
    hold_replies: Callable[[str], Callable[[], None]],
) -> None:
    """Connected, with each panel, as a reply comes, in an outage, closed, without a kernel."""
    tutor = start_tutor("--tutor=tests.support.servers.tutors:Held")
    notebook = open_notebook(chat_cell(tutor.url), "chat.disconnect()")
    bring_axe(notebook.page)
    notebook.run(0)
    chat = Chat(notebook)
    expect(chat.badge).to_have_text("Connected")
    look(notebook, chat)

    go_on = hold_replies("And a last paragraph,")
    chat.say(RICH)
    reply = chat.messages.nth(1)
    expect(reply).to_contain_text("And a last paragraph")
    look(notebook, chat)
    expect(reply).to_have_attribute("data-state", "streaming")
    go_on()
    chat.settle(2)
    notebook.screenshot("conversation-light")
    chat.badge.click()
    expect(chat.details).to_be_visible()
    look(notebook, chat)
    chat.root.get_by_role("button", name="More").click()
    expect(chat.details).to_be_hidden()
    expect(chat.root.get_by_role("button", name="New conversation")).to_be_visible()
    look(notebook, chat)
    chat.badge.click()
    expect(chat.root.get_by_role("button", name="New conversation")).to_be_hidden()

    tutor.kill()
    expect(chat.badge).to_contain_text("Reconnecting")
    chat.say("a message that waits")
    expect(chat.message("a message that waits").get_by_text("Queued")).to_be_visible()
    look(notebook, chat)
    tutor.start()
    chat.settle(4)
    assert any("Reconnected" in words for _, words in notebook.badges())
    notebook.run(1)
    expect(chat.badge).to_have_text("Disconnected")
    look(notebook, chat)
    notebook.lab.end_kernels(notebook.path)
    expect(chat.badge).to_contain_text("has stopped")
    look(notebook, chat)
