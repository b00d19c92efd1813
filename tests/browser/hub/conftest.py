"""Notebooks of learners of a real hub."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

import tutor_widget
from tests.support.browser.jupyter import Notebook
from tests.support.browser.on_hub import HubNotebook, LearnersServer
from tests.support.hub import RunningHub

OURS = Path(tutor_widget.__file__).parent


@pytest.fixture
def open_as(
    hub: RunningHub,
    context: BrowserContext,
    opened: list[Notebook],
    request: pytest.FixtureRequest,
) -> Iterator[Callable[..., HubNotebook]]:
    """`open_as("localhost", "cell")`: a new learner signs in there, to a notebook with these cells.

    One name of this machine for each learner of a test. No page may end with an uncaught error.
    """
    pictures = Path(request.config.getoption("--screenshots") or "test-results")
    with ExitStack() as stack:

        def open_as(host: str, *cells: str) -> HubNotebook:
            server = LearnersServer(hub, hub.learner(), host)
            path = server.write("lesson.ipynb", *cells)
            notebook = HubNotebook(server, context.new_page(), path, pictures)
            stack.callback(notebook.page.close)
            opened.append(notebook)
            notebook.open()
            return notebook

        yield open_as
        hub.revive()
        hub.small.stop_servers()
        context.clear_cookies()
        faults = [fault for notebook in opened for fault in notebook.faults]
    assert not faults
    assert f'File "{OURS}' not in hub.hub.log.read_text()
