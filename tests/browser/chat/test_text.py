"""What the tutor writes, as it is drawn."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.browser.chat import Chat, chat_cell
from tests.support.browser.jupyter import Notebook
from tests.support.paths import SCRIPTS
from tests.support.servers.processes import Tutor

DRAWING = (SCRIPTS / "drawing.js").read_text()
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
    open_notebook: Callable[..., Notebook],
    start_tutor: Callable[..., Tutor],
    hold_replies: Callable[[str], Callable[[], None]],
) -> None:
    """MathML for what is TeX, sent once and never before; what is wrong stays as written."""
    tutor = start_tutor("--tutor=tests.support.servers.tutors:Held")
    notebook = open_notebook(chat_cell(tutor.url))
    notebook.run(0)
    chat = Chat(notebook)
    chat.say("no mathematics")
    chat.settle(2)
    assert parts(notebook) == []
    go_on = hold_replies("Here")
    chat.say(WRITTEN)
    reply = chat.messages.nth(3)
    expect(reply.locator("math").first).to_be_visible()
    expect(reply).to_have_attribute("data-state", "streaming")  # it does not wait for the end
    go_on()
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


# A cell cannot run its code: to a block that one can run a button comes later.
LONG = "\n\n".join(
    f"## Step {n}\n\nSome *words*, [a link](https://example.org), and `code_{n}`.\n\n"
    f"- one\n- two\n\n```text\nx = {n}\n```\n\n"
    f"| a | b |\n|---|---|\n| {n} | **{n}** |"
    for n in range(6)
)


def test_what_is_finished_is_not_drawn_again(
    open_notebook: Callable[..., Notebook],
    start_tutor: Callable[..., Tutor],
    hold_replies: Callable[[str], Callable[[], None]],
) -> None:
    """Each block of a reply comes once as it streams, and stays at the end; code is copied."""
    tutor = start_tutor("--tutor=tests.support.servers.tutors:Held")
    notebook = open_notebook(chat_cell(tutor.url))
    page = notebook.page
    page.evaluate(DRAWING)
    notebook.run(0)
    chat = Chat(notebook)
    go_on = hold_replies("`code_0`.")
    chat.say(LONG)
    body = chat.messages.nth(1).locator(".body")
    expect(body.locator("p").first).to_be_visible()
    body.evaluate("body => drawing.watch(body)")
    there = body.locator(":scope > *").count()
    go_on()
    chat.settle(2)
    blocks = body.evaluate("body => drawing.blocks(body)")
    assert [name for name, *_ in blocks] == ["h3", "p", "ul", "div", "div"] * 6
    assert blocks[there:] == [[name, 1, 0, 0] for name, *_ in blocks[there:]]
    assert len(blocks) - there > 20

    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=notebook.lab.url)
    copy = body.get_by_role("button", name="Copy").nth(3)
    copy.click()
    expect(body.get_by_role("button", name="Copied")).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == "x = 3"
    page.context.clear_permissions()


def parts(notebook: Notebook) -> list[str]:
    """The parts that were asked for, but those that each chat in a notebook has."""
    asked = [m.custom for m in notebook.traffic.comm() if m.custom.get("op") == "part"]
    return [part["name"] for part in asked if part["name"] not in ("notebook", "unseen")]
