"""A JupyterHub on this machine, as small as they come, for tests and for trying the tutor on one.

It is the real hub with its real proxy, and the tutor's configuration of docs/jupyterhub_config.py.
Everybody may sign in, and servers run as the user who started it: nothing for a classroom.

hub                    the programs and their addresses
jupyterhub_config.py   the hub's configuration
"""

from __future__ import annotations

from .hub import SCOPE, Program, SmallHub

__all__ = ["SCOPE", "Program", "SmallHub"]
