"""The server's real code on one to three nodes, in one deterministic simulation.

``loop``      the event loop of one process, in simulated time
``memory/``   the store that all nodes share, and a process's view of it: slow, failing, late, away
``link``      connections in memory
``socket``    the node's end of one
``node``      a process with the real server in it: started, drained, frozen, killed
``tutor``     tutors that do what their message says
``learner``   raw clients
``checks/``   what must hold for frames, logs, nodes, replies under way, and in the end
``world``     all of these put together
``schedule``  random sequences of what people do and of faults, each from one seed
``recovery``  the end of a schedule: all is well again, and nothing is missing
``__main__``  many schedules: `python3 dev.py simulate server`; see `simulator.runner`

`simulator` is the same for the client: the real client, and a model of a server.
"""
