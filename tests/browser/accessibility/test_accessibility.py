"""axe-core looks at the chat in the states that a learner meets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
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


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing(
    open_notebook: Callable[..., Notebook],
    start_tutor: Callable[..., Tutor],
    hold_replies: Callable[[str], Callable[[], None]],
    theme: str,
) -> None:
    """Connected, with each panel, as a reply comes, in an outage, closed, without a kernel."""
    tutor = start_tutor("--tutor=tests.support.servers.tutors:Held")
    notebook = open_notebook(chat_cell(tutor.url), "chat.disconnect()")
    bring_axe(notebook.page)
    notebook.theme(theme)
    notebook.run(0)
    chat = Chat(notebook)
    expect(chat.badge).to_have_text("Connected")
    assert faults(chat) == []

    go_on = hold_replies("And a last paragraph,")
    chat.say(RICH)
    reply = chat.messages.nth(1)
    expect(reply).to_contain_text("And a last paragraph")
    assert faults(chat) == []
    expect(reply).to_have_attribute("data-state", "streaming")
    go_on()
    chat.settle(2)
    notebook.screenshot(f"conversation-{theme.rpartition(' ')[2].lower()}")
    chat.badge.click()
    expect(chat.details).to_be_visible()
    assert faults(chat) == []
    chat.root.get_by_role("button", name="More").click()
    expect(chat.details).to_be_hidden()
    expect(chat.root.get_by_role("button", name="New conversation")).to_be_visible()
    assert faults(chat) == []
    chat.badge.click()
    expect(chat.root.get_by_role("button", name="New conversation")).to_be_hidden()

    tutor.kill()
    expect(chat.badge).to_contain_text("Reconnecting")
    chat.say("a message that waits")
    expect(chat.message("a message that waits").get_by_text("Queued")).to_be_visible()
    assert faults(chat) == []
    tutor.start()
    chat.settle(4)
    assert any("Reconnected" in words for _, words in notebook.badges())
    notebook.run(1)
    expect(chat.badge).to_have_text("Disconnected")
    assert faults(chat) == []
    notebook.lab.end_kernels(notebook.path)
    expect(chat.badge).to_contain_text("has stopped")
    assert faults(chat) == []
    notebook.theme("JupyterLab Light")
