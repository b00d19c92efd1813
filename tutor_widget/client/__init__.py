"""The client in the kernel: joins `tutor_widget.session` to sockets, files, clocks and threads.

``registry``      the clients of this process; begin here
``client``        performs what the session decides
``subscription``  one chat's use of a client
``answers``       what programs wait for                     ``limits``  what may be queued
``older``         older pages of the history                 ``clocks``  the timer, sleeps, stalls
``loop``          the one thread of all chats                ``shutdown``  the end of the process

``net/``          connection, failures (how one ended), endpoint (URL and token), address (a URL's
                  form), audience (where a token may go), token_source, credentials
``outbox/``       journal (the file in which a message becomes durable), records (its format),
                  orphans (those of other processes), unowned (those of any session), journal_task
                  (when it is written)
``storage/``      session_memory (which session belongs to which notebook), notebooks and
                  notebook_file (which notebook is which), accounts, owners (whose drafts a tab
                  holds), language, expiry; folders, files (how they are written), disk (the one
                  thread that waits for them)

`registry` imports `client`, which imports the rest.
"""
