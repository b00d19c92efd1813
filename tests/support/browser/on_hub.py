"""A learner's own notebook server on a real hub, and a notebook of it in a page."""

from __future__ import annotations

import json

from tests.support.browser.jupyter import Lab, Notebook
from tests.support.hub import RunningHub

__all__ = ["CHAT", "HubNotebook", "LearnersServer"]

CHAT = """
from tutor_widget import TutorChat
chat = TutorChat()
display(chat)
""".strip()
"""A cell with a chat: where the tutor is, and who asks, comes from the environment."""
_EXTENSIONS = "@jupyterlab/extensionmanager-extension"
_CONFIG = {
    # `jupyterapp`, by which tests know when a notebook is ready.
    "jupyter_server_config": {
        "LabApp": {"expose_app_in_browser": True},
        # What the culler goes by: at once what else is told every 5 minutes.
        "JupyterHubSingleUser": {"hub_activity_interval": 3},
    },
    # JupyterLab starts Node.js for it and asks PyPI each time a page is loaded.
    "labconfig/page_config": {"disabledExtensions": {_EXTENSIONS: True}},
}


class LearnersServer(Lab):
    """The server that the hub starts for a learner, at ``host``, one of this machine's names.

    A browser keeps cookies by host: at another one another learner is signed in.
    """

    def __init__(self, hub: RunningHub, learner: str, host: str = "127.0.0.1") -> None:
        small = hub.small
        self.learner = learner
        self.password = small.password
        self.root = small.home / learner
        self.log = hub.hub.log
        self.url = f"http://{host}:{small.port}/user/{learner}"
        self.token = small.mint(learner, f"access:servers!user={learner}")[0]
        for name, values in _CONFIG.items():
            path = self.root / ".jupyter" / f"{name}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))
        small.start_server(learner)


class HubNotebook(Notebook):
    """A notebook of a learner, who signs in with the hub's own form where it comes."""

    lab: LearnersServer

    def _go(self) -> None:
        self.page.goto(f"{self.lab.url}/{self.place}")
        name = self.page.get_by_label("Username")
        if name.count():
            name.fill(self.lab.learner)
            self.page.get_by_label("Password").fill(self.lab.password)
            self.page.get_by_role("button", name="Sign in").click()
