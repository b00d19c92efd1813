"""The client in the kernel: joins `tutor_widget.session` to sockets, files, clocks and threads.

``registry``     the clients of this process; begin here
``client``       performs what the session decides
``connection``   one WebSocket connection, or the attempt at one
``endpoint``     where to connect, and with which token      ``credentials``  for comparison
``journal``      saves messages, adopts what others left     ``outbox``       the file itself
``memory``       which session belongs to which notebook     ``folders``      where files are
``loop``         the one thread of all chats                 ``disk``         the one for files
``shutdown``     what runs at the end of the process         ``clocks``       sleeps and stalls
``answers``      what programs wait for                      ``limits``       what may be queued
``older``        older pages of the history

Imports go up this list only: `registry` → `client` → the rest.
"""
