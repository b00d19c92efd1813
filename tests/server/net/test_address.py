"""Whose address counts, behind proxies and without."""

from __future__ import annotations

import pytest

from tutor_widget.server import BadSetting
from tutor_widget.server.net.address import client_address, networks

TRUSTED = networks(["10.0.0.0/8", "2001:db8:1::/48"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.7", [], "192.0.2.7"),
        ("192.0.2.7", ["198.51.100.1"], "192.0.2.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, 192.0.2.7"], "192.0.2.7"),
        ("10.0.0.1", ["198.51.100.1, 192.0.2.7, 10.0.0.2"], "192.0.2.7"),
        ("10.0.0.1", ["198.51.100.1", "192.0.2.7"], "192.0.2.7"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["192.0.2.7:4711"], "192.0.2.7"),
        ("10.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::/64"),
        ("10.0.0.1", ["192.0.2.7, unknown"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["192.0.2.7"], "192.0.2.7"),
        ("::ffff:192.0.2.7", [], "192.0.2.7"),
        ("2001:db8:1::9", ["2001:db8:2:3:4:5:6:7"], "2001:db8:2:3::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        ("", ["192.0.2.7"], ""),
    ],
)
def test_the_rightmost_address_that_no_trusted_proxy_has_is_the_clients(
    peer: str, forwarded: list[str], found: str
) -> None:
    """What stands to the left of it the client may have written itself."""
    assert client_address(peer, forwarded, TRUSTED) == found


def test_no_proxy_is_trusted_unless_it_is_named() -> None:
    """Else any client could choose its address, and with it another's limits."""
    assert client_address("127.0.0.1", ["192.0.2.7"], networks([])) == "127.0.0.1"


def test_one_subscriber_has_one_address() -> None:
    """Of IPv6 addresses one learner has 2**64."""
    assert client_address("2001:db8::1", [], ()) == client_address("2001:db8::ffff:1", [], ())
    assert client_address("2001:db8::1", [], ()) != client_address("2001:db8:0:1::1", [], ())


@pytest.mark.parametrize("text", ["proxy.example", "10.0.0.0/40", "", "10.0.0"])
def test_what_is_no_network_is_a_sentence(text: str) -> None:
    """It says what is expected."""
    with pytest.raises(BadSetting, match=r"--trusted-proxies .*10\.0\.0\.0/8, is expected"):
        networks([text])
