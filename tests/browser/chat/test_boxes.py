"""A chat among other widgets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.browser.chat import Chat
from tests.support.browser.jupyter import Notebook
from tests.support.servers.processes import Tutor

LEAST = 320
BOXES = [
    "HBox([chat])",
    "HBox([chat, Button()])",
    "HBox([Button(), chat], layout=Layout(align_items='center', justify_content='center'))",
    "VBox([chat], layout=Layout(align_items='center'))",
    "VBox([chat], layout=Layout(align_items='flex-end'))",
    "Box([chat], layout=Layout(flex_flow='row wrap'))",
    "Box([Button(), chat], layout=Layout(flex_flow='row wrap'))",
    "GridBox([chat])",
    "GridBox([chat, Button()], layout=Layout(grid_template_columns='auto auto'))",
    "GridBox([chat], layout=Layout(justify_items='center'))",
    "GridBox([chat, Textarea()], layout=Layout(grid_template_columns='max-content 1fr'))",
]


def test_it_can_be_read_in_every_kind_of_box(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """At least 320 px wide where there is room, and no wider than the output where there is not."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    chats = f"from ipywidgets import *\nfrom tutor_widget import TutorChat\nurl = {tutor.url!r}"
    cells = [f"chat = TutorChat(url, session='{'b' * 22}')\n{box}" for box in BOXES]
    notebook = open_notebook(chats, *cells)
    for n in range(len(cells) + 1):
        notebook.run(n)
    for n, box in enumerate(BOXES):
        root = Chat(notebook, n).root
        expect(root).to_be_attached()
        room = "e.getRootNode().host.closest('.jp-OutputArea-output').clientWidth"
        size = root.evaluate(f"e => [e.offsetWidth, {room}]")
        assert LEAST <= size[0] <= size[1], (box, size)


@pytest.mark.parametrize("width", [280, 300])
def test_where_there_is_no_room_it_is_as_wide_as_its_box(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor], width: int
) -> None:
    """It does not stick out."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    cell = (
        "from ipywidgets import *\nfrom tutor_widget import TutorChat\n"
        f"HBox([TutorChat({tutor.url!r}, session='{'b' * 22}')], layout=Layout(width='{width}px'))"
    )
    notebook = open_notebook(cell)
    notebook.run(0)
    root = Chat(notebook).root
    expect(root).to_be_attached()
    assert root.evaluate("e => e.offsetWidth") <= width
