"""What the tutor writes, as it is drawn."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.chat import Chat, chat_cell
from tests.browser.jupyter import Notebook
from tests.processes import Tutor

WRITTEN = r"""
Half of $x^2 + 1$ is

$$
\frac{x^2
+ 1}{2}
$$

and it costs $5 or $6. Here \(\sqrt{\href{javascript:alert(1)}{2}}\) is wrong.

```python
def half(x):
    return x / 2  # exactly
```
""".strip()


def test_mathematics_and_colours_come_when_they_are_needed(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """MathML for what is TeX, sent once and never before; what is wrong stays as written."""
    tutor = start_tutor("--tutor=echo", "--pace=200")
    notebook = open_notebook(chat_cell(tutor.url))
    notebook.run(0)
    chat = Chat(notebook)
    chat.say("no mathematics")
    chat.settle(2)
    assert parts(notebook) == []
    chat.say(WRITTEN)
    reply = chat.messages.nth(3)
    expect(reply.locator("math").first).to_be_visible()
    expect(reply).to_have_attribute("data-state", "streaming")  # it does not wait for the end
    chat.settle(4)
    expect(reply.locator("math")).to_have_count(2)
    expect(reply.locator("math[display=block] mfrac")).to_have_count(1)
    expect(reply.locator(".wrong")).to_contain_text("href")
    expect(reply.locator("a")).to_have_count(0)
    expect(reply).to_contain_text("it costs $5 or $6.")
    expect(reply.locator(".py-keyword")).to_have_text(["def", "return"])
    assert sorted(parts(notebook)) == ["math", "python"]
    notebook.picture(chat.root, "mathematics")
    notebook.theme("JupyterLab Dark")
    notebook.picture(chat.root, "mathematics-dark")
    notebook.theme("JupyterLab Light")

    chat.say("Again: $y$")
    chat.settle(6)
    expect(chat.messages.last.locator("math")).to_have_count(1)
    assert len(parts(notebook)) == 2


def parts(notebook: Notebook) -> list[str]:
    """The parts of the front end that were asked for."""
    return [m.custom["name"] for m in notebook.traffic.comm() if m.custom.get("op") == "part"]
