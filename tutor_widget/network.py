"""What both halves need to know of the network, and of the library that speaks to it."""

from __future__ import annotations

import ipaddress
import logging

__all__ = ["is_loopback", "silent_logger"]


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, and only this machine reaches it; in doubt False.

    ``localhost`` and what lies below it are (RFC 6761 §6.3).
    """
    host = host.lower()
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def silent_logger(name: str) -> logging.Logger:
    """A logger for `websockets`, which logs headers, and with them tokens: nothing comes out."""
    logger = logging.getLogger(name)
    logger.propagate = False
    logger.addHandler(logging.NullHandler())
    logger.setLevel(logging.CRITICAL)
    return logger
