"""Options and fixtures of all tests."""

from __future__ import annotations

import gc
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.support.chats import end_clients
from tests.support.kernels import Kernel, environment
from tests.support.postgres import leave_cluster
from tests.support.servers.processes import Tutor
from tutor_widget import TutorChat

if TYPE_CHECKING:
    from tests.support.hub import RunningHub

BROWSER: Final = Path(__file__).with_name("browser")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tutor_widget")
    group.addoption("--all", action="store_true", help="run the tests that take minutes, too")
    group.addoption("--no-browser", action="store_true", help="leave out the tests in a browser")
    group.addoption("--screenshots", metavar="DIR", help="where the browser's tests put pictures")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if BROWSER in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if config.getoption("--no-browser"):
                item.add_marker(pytest.mark.skip(reason="left out by --no-browser"))
        if item.get_closest_marker("slow") and not config.getoption("--all"):
            item.add_marker(pytest.mark.skip(reason="takes minutes, runs with --all"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.support.scheduling import Scheduling  # with pytest-xdist, which may be turned off

    return Scheduling(config, log)


def pytest_collection() -> None:
    """What is collected lives until the end: the garbage collector need not look at it again …"""
    gc.disable()


def pytest_collection_finish() -> None:
    """… nor later."""
    gc.enable()
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    leave_cluster()


@pytest.fixture(scope="session", autouse=True)
def no_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder of tests and processes that were given none, in place of the developer's."""
    folder = tmp_path_factory.mktemp("no-home")
    os.environ["JUPYTER_DATA_DIR"] = str(folder)  # for good: what ends with the process writes, too
    yield folder
    _fail_if_written_to(folder)


@pytest.fixture(autouse=True)
def _writes_to_no_home_but_its_own(no_home: Path) -> Iterator[None]:
    """No journal, and no session that is remembered, outlives the test that made it."""
    yield
    _fail_if_written_to(no_home)


def _fail_if_written_to(no_home: Path) -> None:
    strays = no_home / "tutor_widget"
    if strays.exists():
        names = sorted(str(path.relative_to(strays)) for path in strays.rglob("*"))
        shutil.rmtree(strays)  # the next test is another matter
        pytest.fail(
            "This test, or one before it, needs the fixture `own_home`. "
            f"Outside of a test's own folder lie: {names}"
        )


@pytest.fixture
def start_tutor(tmp_path: Path) -> Iterator[Callable[..., Tutor]]:
    """Start real tutor servers: `start_tutor("--tutor=echo", "--pace=0")`."""
    names = (f"tutor{number or ''}.sqlite" for number in itertools.count())
    with ExitStack() as stack:

        def start(*arguments: str) -> Tutor:
            tutor = Tutor(tmp_path / next(names), *arguments)
            stack.callback(tutor.kill)
            tutor.start()
            return tutor

        yield start


@pytest.fixture(scope="session")
def running_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A real JupyterHub with its proxy, one for all tests of this process."""
    from tests.support.hub import RunningHub

    with RunningHub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


@pytest.fixture
def hub(running_hub: RunningHub) -> Iterator[RunningHub]:
    """The hub, which a test may stop: it runs again for the next one."""
    yield running_hub
    running_hub.revive()


@pytest.fixture
def start_kernel(tmp_path: Path) -> Iterator[Callable[..., Kernel]]:
    """Start real kernels that share a home, as those of one user do."""
    with ExitStack() as stack:

        def start(stderr: int | None = None) -> Kernel:
            kernel = Kernel(environment(tmp_path), stderr)
            stack.callback(kernel.kill)
            return kernel

        yield start


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Journals and remembered sessions go to a folder of the test's own; no client outlives it."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    for name in ("TUTOR_CHAT_URL", "TUTOR_CHAT_TOKEN", "JUPYTERHUB_API_TOKEN", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)
    yield
    end_clients()


@pytest.fixture
def chat_with() -> Iterator[Callable[..., TutorChat]]:
    """Make chats that are closed when the test ends."""
    made: list[TutorChat] = []

    def make(*arguments: Any, **keywords: Any) -> TutorChat:
        made.append(TutorChat(*arguments, **keywords))
        return made[-1]

    yield make
    for chat in made:
        chat.close()
