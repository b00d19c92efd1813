"""The client in the kernel: joins `tutor_widget.session` to sockets, files, clocks and threads.

``registry``      the clients of this process; begin here
``client``        performs what the session decides
``subscription``  one chat's use of a client
``answers``       what programs wait for                     ``limits``  what may be queued
``older``         older pages of the history                 ``clocks``  sleeps and stalls
``loop``          the one thread of all chats                ``shutdown``  the end of the process

``net/``          connection, failures (how one ended), endpoint (URL and token), address (a URL's
                  form), audience (where a token may go), token_source, credentials
``storage/``      outbox (the file) and journal (who keeps it), memory (which session belongs to
                  which notebook), folders, disk (the one thread that waits for files)

`registry` imports `client`, which imports the rest.
"""
