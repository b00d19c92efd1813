"""A tutor server: `tutor-widget serve`."""

from __future__ import annotations

from tutor_widget.server.app import TutorServer


def run(argv: list[str]) -> int:
    """Run the server until it is stopped. It reports its own errors and sets the exit status."""
    TutorServer.launch_instance(argv)
    return 0
