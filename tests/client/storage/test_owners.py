"""The names of credentials, and the key that they are made with."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tutor_widget.client.net.credentials import Credentials
from tutor_widget.client.storage import owners
from tutor_widget.client.storage.folders import data_folder, digest
from tutor_widget.client.storage.session_memory import new_id

pytestmark = pytest.mark.usefixtures("own_home")


@pytest.fixture(autouse=True)
def next_kernel(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Begin a process that has seen no credentials yet."""

    def begin() -> None:
        monkeypatch.setattr(owners, "_names", {})
        owners._kept.cache_clear()

    begin()
    return begin


def name(token: object) -> str:
    return owners.credentials_owner(Credentials(token))


def test_the_next_kernel_of_the_user_gives_the_same_names(next_kernel: Callable[[], None]) -> None:
    """They depend on the key in the user's folder, which only the user can read."""
    before = name("a")
    next_kernel()
    assert (name("b") != before, name("a")) == (True, before)
    (key,) = data_folder().glob("owners*")
    assert key.stat().st_mode & 0o777 == 0o600
    key.unlink()
    next_kernel()
    assert name("a") != before


def test_what_no_other_process_can_recognise_has_a_name_in_this_one(
    next_kernel: Callable[[], None],
) -> None:
    """A bound method: one name as long as the process lives, another in the next."""

    class Source:
        def token(self) -> str:
            return "t"

    source = Source()
    before = name(source.token)
    assert name(source.token) == before
    assert name(Source().token) != before
    next_kernel()
    assert name(source.token) != before


def test_different_credentials_of_one_description_have_two_names() -> None:
    """The same code in two namespaces of one name may read two accounts' tokens."""
    cell = "def token():\n    return TOKEN\n"
    one: dict[str, object] = {"__name__": "__main__", "TOKEN": "a"}
    other: dict[str, object] = {"__name__": "__main__", "TOKEN": "b"}
    exec(cell, one)
    exec(cell, other)
    assert name(one["token"]) != name(other["token"])


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 100])
def test_a_damaged_key_is_replaced(next_kernel: Callable[[], None], damage: bytes) -> None:
    """The names change once, and are the same in each kernel after that."""
    name("a")
    (data_folder() / "owners.key").write_bytes(damage)
    next_kernel()
    before = name("a")
    next_kernel()
    assert name("a") == before
    assert len(list(data_folder().glob("owners*"))) == 1


def test_without_a_disk_the_names_last_as_long_as_the_process(
    next_kernel: Callable[[], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing is raised, and different credentials have different names."""
    (tmp_path / "file").touch()
    monkeypatch.setattr(owners, "data_folder", lambda: tmp_path / "file" / "folder")
    before = name("a")
    assert (name("a"), name("b") != before) == (before, True)
    next_kernel()
    assert name("a") != before


def test_kernels_that_start_together_make_one_key(tmp_path: Path) -> None:
    """Each reads the key that was there first."""
    path, found = tmp_path / "data" / "owners.key", []
    start = threading.Barrier(8)

    def make() -> None:
        start.wait()
        found.append(owners._read_or_make(path))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [path.read_bytes()] * 8
    assert [each.name for each in path.parent.iterdir()] == ["owners.key"]


def test_a_name_in_a_notebook_confirms_no_guess(next_kernel: Callable[[], None]) -> None:
    """A saved notebook holds it: without the user's key nobody can tell whose it is."""
    given = [
        owners.session_name("wss://t/", "algebra-1"),
        owners.account_owner("wss://t/", "alice"),
    ]
    words = ("browser", "account", "wss://t/", "algebra-1", "alice", "")
    guesses = {digest(*guess) for n in (3, 4) for guess in itertools.product(words, repeat=n)}
    assert not set(given) & guesses
    next_kernel()
    assert given[0] == owners.session_name("wss://t/", "algebra-1")  # what was typed is found again
    (data_folder() / "owners.key").unlink()
    next_kernel()
    assert given[0] != owners.session_name("wss://t/", "algebra-1")
    assert given[1] != owners.account_owner("wss://t/", "alice")


def test_without_a_disk_the_next_kernel_names_the_same_session(
    next_kernel: Callable[[], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else what the learner typed while the kernel was away would not be found."""
    (tmp_path / "file").touch()
    monkeypatch.setattr(owners, "data_folder", lambda: tmp_path / "file" / "folder")
    before = owners.session_name("wss://t/", "algebra-1")
    next_kernel()
    assert owners.session_name("wss://t/", "algebra-1") == before


def test_the_name_of_a_random_session_is_that_of_version_0_1(
    next_kernel: Callable[[], None],
) -> None:
    """No guess finds it, and what a tab has kept under it is found after an update."""
    session = new_id()
    assert owners.session_name("wss://t/", session) == digest("browser", "wss://t/", session, "")
