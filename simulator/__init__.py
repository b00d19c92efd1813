"""The whole client and a model server in one deterministic simulation.

``environment``  the clock, chance, what is due and the trace: begin here
``network``      connections between clients and the server
``client/``      the shell around the real `Session`, the task that keeps the real `Journal`, and
                 a disk that forgets what was not synced
``server/``      a plain and correct model of a server
``world``        all of these put together
``endings``      the table of protocol section 6, stated a second time, and what of it was met
``checks/``      what must hold after every step, and at the end
``workload``     what people do and which faults occur
``schedule``     random sequences of it, each from one seed
``runner``       runs many of them, and says what they showed
``__main__``     many schedules of clients: `python3 dev.py simulate`
``mutants``      deliberate faults, each of which must be caught: `python3 dev.py mutants`
"""
