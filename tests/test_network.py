"""Which hosts are loopback."""

from __future__ import annotations

import pytest

from tutor_widget.network import is_loopback


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("localhost", True),
        ("LocalHost", True),
        ("tutor.localhost", True),
        ("localhost.example.edu", False),
        ("notlocalhost", False),
        ("0.0.0.0", False),
        ("", False),
        ("::", False),
        ("192.168.1.1", False),
        ("hub.example.edu", False),
    ],
)
def test_loopback(host: str, private: bool) -> None:
    """What only this machine reaches; in doubt it is public."""
    assert is_loopback(host) is private
