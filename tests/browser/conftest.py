"""A real JupyterLab and a real Chromium, one of each for all tests that a process runs here."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Playwright,
    expect,
    sync_playwright,
)

import tutor_widget
from tests.support.browser.chromium import SWITCHES, program
from tests.support.browser.firefox import as_playwright_likes_it
from tests.support.browser.firefox import find as find_firefox
from tests.support.browser.harness import Harness
from tests.support.browser.jupyter import Lab, Notebook
from tests.support.servers.tutors import HOLD

OURS = Path(tutor_widget.__file__).parent
STARTED = pytest.StashKey[bool]()
"""Whether this process has started JupyterLab or a browser before."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A picture of the page at the moment of a failure."""
    report = yield
    if report.when == "call" and report.failed:
        for notebook in getattr(item, "funcargs", {}).get("opened", []):
            notebook.screenshot(f"failed-{item.name}")
    return report


@pytest.fixture(scope="package")
def playwright(request: pytest.FixtureRequest) -> Iterator[Playwright]:
    stash = request.config.stash
    is_again = stash.get(STARTED, False) and hasattr(request.config, "workerinput")
    assert not is_again, "a process runs these tests in one go: see tests/support/scheduling.py"
    stash[STARTED] = True
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    with _needs_chromium():
        browser = playwright.chromium.launch(executable_path=program(), args=SWITCHES)
    yield browser
    browser.close()


@contextmanager
def _needs_chromium() -> Iterator[None]:
    try:
        yield
    except Error as error:
        pytest.fail(f"There is no Chromium: `python3 dev.py test` installs one.\n{error}")


@pytest.fixture(scope="package")
def firefox(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    """The machine's Firefox, for `open_notebook(…, browser=firefox)`."""
    program = find_firefox()
    if program is None:
        pytest.fail(
            "There is no Firefox. As root on Debian, `python3 dev.py test --all` installs one "
            "(firefox-esr); elsewhere install it yourself."
        )
    script = as_playwright_likes_it(tmp_path_factory.mktemp("firefox"), program)
    browser = playwright.firefox.launch(channel="moz-firefox", executable_path=script)
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    context.set_default_timeout(30_000)
    yield context
    context.close()
    browser.close()


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="package")
def scale(request: pytest.FixtureRequest) -> int:
    """Points of the screen by pixel. Pictures are sharp; else much would be drawn in vain."""
    return 2 if request.config.getoption("--screenshots") else 1


@pytest.fixture(scope="package")
def context(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory, scale: int
) -> Iterator[BrowserContext]:
    """One for all, so that JupyterLab's own code is fetched and compiled once.

    It has a folder for its profile: only there does Chromium keep what it has compiled.
    """
    with _needs_chromium():
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("chromium"),
            executable_path=program(),
            args=SWITCHES,
            viewport={"width": 1000, "height": 900},
            device_scale_factor=scale,
        )
    context.set_default_timeout(30_000)
    expect.set_options(timeout=30_000)
    yield context
    context.close()


@pytest.fixture(scope="package")
def the_harness(chromium: Browser, scale: int) -> Iterator[Harness]:
    """In a context apart from JupyterLab's: it goes offline, and has a time and a zone."""
    options: dict[str, Any] = {"locale": "en-GB", "timezone_id": "UTC"}
    with chromium.new_context(device_scale_factor=scale, **options) as context:
        yield Harness(context.new_page())


@pytest.fixture
def harness(the_harness: Harness) -> Iterator[Harness]:
    """The widget alone in a page, with a stand-in for the kernel. No uncaught error may remain."""
    the_harness.reset()
    yield the_harness
    assert the_harness.faults == []


@pytest.fixture
def opened() -> list[Notebook]:
    """The notebooks that the test has open."""
    return []


@pytest.fixture
def open_notebook(
    lab: Lab, context: BrowserContext, opened: list[Notebook], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Notebook]]:
    """`open_notebook("cell", "cell")`: a fresh notebook with a fresh kernel, open in a fresh tab.

    ``kernel`` is one of `KERNELS`, ``host`` the program that shows it, ``browser`` another one.
    ``load=False``: the tab is still empty, and the test prepares it and opens the notebook.

    No page may end with an uncaught error, no kernel with a traceback of ours on its stderr.
    """
    logged = lab.log.stat().st_size
    pictures = Path(request.config.getoption("--screenshots") or "test-results")
    with ExitStack() as stack:

        def open_notebook(
            *cells: str,
            kernel: str = "python3",
            host: type[Notebook] = Notebook,
            browser: BrowserContext = context,
            load: bool = True,
        ) -> Notebook:
            name = re.sub(r"\W+", "-", request.node.name).strip("-")
            path = lab.write(f"{name}-{len(opened)}.ipynb", *cells, kernel=kernel)
            notebook = host(lab, browser.new_page(), path, pictures)
            stack.callback(notebook.close)
            opened.append(notebook)
            if load:
                notebook.open()
            return notebook

        yield open_notebook
        faults = [fault for notebook in opened for fault in notebook.faults]
    assert not faults
    assert f'File "{OURS}' not in lab.log.read_bytes()[logged:].decode()


@pytest.fixture
def hold_replies(tmp_path: Path) -> Callable[[str], Callable[[], None]]:
    """`go_on = hold_replies("word05")`: replies of a tutor `Held` stop there until `go_on()`."""

    def hold_replies(after: str) -> Callable[[], None]:
        hold = tmp_path / HOLD
        hold.write_text(after, "utf-8")
        return hold.unlink

    return hold_replies


@pytest.fixture
def save_widgets(open_notebook: Callable[..., Notebook]) -> Iterator[Callable[[Notebook], None]]:
    """Have JupyterLab save widgets with the notebook, as its setting does; undone at the end."""
    toggled: list[Notebook] = []

    def toggle(notebook: Notebook) -> None:
        notebook.page.evaluate(
            "jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState')"
        )

    def save(notebook: Notebook) -> None:
        toggle(notebook)
        toggled.append(notebook)

    yield save
    for notebook in toggled:
        toggle(notebook)
