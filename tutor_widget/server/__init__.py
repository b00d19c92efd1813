"""The tutor server.

app        the program: configuration, start, end
options    its options, each with its documentation
process    signals, open files, and what libraries would print
server     a server in a program: tasks, connections, draining
limits     how much each account may do
retention  deletes what is older than an operator keeps it
export/    conversations as JSON lines or Markdown
net        from the HTTP request to the end of the WebSocket; `inbound` takes each frame
sessions   live sessions; in each, `reply_worker` runs the tutor
store      durable logs, states and leases
auth       which account a client's credentials prove
tutors     what a tutor is, and the built-in tutors
"""

from __future__ import annotations

from tutor_widget.server.store.sqlite import SQLiteStore

from .auth import Account, Authenticator, Denied, TokenAuthenticator
from .server import Server
from .settings import BadSetting, Settings
from .store import Store, StoreError, open_store
from .tutors import CannotAnswer, Greeter, Turn, Tutor

__all__ = [
    "Account",
    "Authenticator",
    "BadSetting",
    "CannotAnswer",
    "Denied",
    "Greeter",
    "SQLiteStore",
    "Server",
    "Settings",
    "Store",
    "StoreError",
    "TokenAuthenticator",
    "Turn",
    "Tutor",
    "open_store",
]
