"""The account that credentials were welcomed as last."""

from __future__ import annotations

import pytest

from tutor_widget.client.net.credentials import Credentials
from tutor_widget.client.storage.accounts import LONGEST, recall_account, remember_account
from tutor_widget.client.storage.folders import data_folder

pytestmark = pytest.mark.usefixtures("own_home")
SERVER = "wss://a.example"
ADA = Credentials("ada's token")


def test_an_account_belongs_to_a_server_and_to_credentials() -> None:
    """It is replaced by the next one, and removed by a welcome that names none."""
    account = "\N{GRINNING FACE}" * 64
    remember_account(SERVER, ADA, "before")
    remember_account(SERVER, ADA, account)
    assert recall_account(SERVER, ADA) == account
    assert recall_account("wss://b.example", ADA) is None
    assert recall_account(SERVER, Credentials("bob's token")) is None
    (path,) = (data_folder() / "accounts").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    remember_account(SERVER, ADA, None)
    assert recall_account(SERVER, ADA) is None
    assert list((data_folder() / "accounts").iterdir()) == []


def test_another_user_of_the_hub_has_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Users of one home are told apart by their names."""
    remember_account(SERVER, ADA, "ada")
    monkeypatch.setenv("JUPYTERHUB_USER", "bob")
    assert recall_account(SERVER, ADA) is None


def test_credentials_that_no_process_recognises_have_none() -> None:
    """A bound method, for one: nothing is written."""

    class Source:
        def token(self) -> str:
            return "t"

    credentials = Credentials(Source().token)
    remember_account(SERVER, credentials, "ada")
    assert recall_account(SERVER, credentials) is None
    assert not (data_folder() / "accounts").exists()


@pytest.mark.parametrize("content", [b"", b"\xff", b"x" * (LONGEST + 1)])
def test_a_file_that_somebody_damaged_names_no_account(content: bytes) -> None:
    """It is replaced by the next welcome."""
    remember_account(SERVER, ADA, "ada")
    (path,) = (data_folder() / "accounts").iterdir()
    path.write_bytes(content)
    assert recall_account(SERVER, ADA) is None
    remember_account(SERVER, ADA, "ada")
    assert recall_account(SERVER, ADA) == "ada"


def test_without_a_disk_nothing_is_remembered_or_raised() -> None:
    """The chat goes on; a file stands where the folder would be."""
    data_folder().mkdir(parents=True)
    (data_folder() / "accounts").touch()
    remember_account(SERVER, ADA, "ada")
    assert recall_account(SERVER, ADA) is None
