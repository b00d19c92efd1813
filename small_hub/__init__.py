"""A JupyterHub on this machine, as small as they come, for tests and for `python3 dev.py hub`.

It is the real hub with its real proxy, and the tutor's configuration of docs/jupyterhub_config.py.
Whoever has its password may sign in under any name, and servers run as the user who started it:
nothing for a classroom.

hub                    the programs and their addresses
dashboard              the dashboard as a service of it; dashboard_config.py, what the hub is told
two_learners           it with a tutor, two learners and a teacher, until Ctrl+C: `dev.py hub`
jupyterhub_config.py   the hub's configuration
"""

from __future__ import annotations

from .dashboard import CONFIG, Dashboard
from .hub import SCOPE, Program, SmallHub

__all__ = ["CONFIG", "SCOPE", "Dashboard", "Program", "SmallHub"]
