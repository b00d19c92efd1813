"""The whole of it in one deterministic world: client machine, journal, network, server, clock.

``world``     the clock, the die, the network; begin here
``client``    the shell around the real `Session` and the real `Outbox`
``disk``      a disk in memory, which forgets what was not synced
``server``    a plain and correct model of a server
``witness``   what must hold after everything that happens
``tries``     how soon a client may try again
``stops``     what became of replies that were stopped
``endings``   the table of protocol section 6, said once more, and what of it was met
``life``      what people and faults can do, and random schedules of it
``__main__``  many schedules: `python3 dev.py simulate`
``mutants``   deliberate faults, each of which must be caught: `python3 dev.py mutants`
"""
