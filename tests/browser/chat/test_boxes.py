"""A chat among other widgets."""

from __future__ import annotations

from collections.abc import Callable

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
NARROW = [280, 300]


def test_it_can_be_read_in_every_kind_of_box(
    open_notebook: Callable[..., Notebook], start_tutor: Callable[..., Tutor]
) -> None:
    """At least 320 px wide where there is room. Where there is not it does not stick out of its
    box, nor ever out of the output."""
    tutor = start_tutor("--tutor=echo", "--pace=0")
    chats = f"from ipywidgets import *\nfrom tutor_widget import TutorChat\nurl = {tutor.url!r}"
    boxes = [*BOXES, *(f"HBox([chat], layout=Layout(width='{width}px'))" for width in NARROW)]
    show = [f"chat = TutorChat(url, session='{'b' * 22}')\ndisplay({box})" for box in boxes]
    notebook = open_notebook("\n".join([chats, *show]))
    notebook.run(0)
    roots = [Chat(notebook, n).root for n in range(len(boxes))]
    for root in roots:
        expect(root).to_be_attached()
    for root, box in zip(roots, BOXES, strict=False):
        room = "e.getRootNode().host.closest('.jp-OutputArea-output').clientWidth"
        size = root.evaluate(f"e => [e.offsetWidth, {room}]")
        assert LEAST <= size[0] <= size[1], (box, size)
    for root, width in zip(roots[len(BOXES) :], NARROW, strict=True):
        assert 0 < root.evaluate("e => e.offsetWidth") <= width
