"""The harness of `bench faults`: real processes, real sockets, one proxy between them.

``trial``     one system, one fault: type messages, inflict it, compare the logs; begin here
``faults``    what can be inflicted, and when the path is whole again
``proxy``     a program: the TCP proxy, in a process of its own, with a control channel
``actors``    handles for the processes: proxy, client, servers
``systems``   who is compared, with which settings; what of theirs can be had here
``packages``  the peers' packages, installed on demand beside the project, never into it
``report``    the table
``programs/`` what each system runs: one small file each, written as its documentation says

All programs that are clients speak one little language with the harness. In, on standard input, one
line a message: its number. Out, on standard output:

    ready          the program takes messages
    up, down       what its library says of the connection
    queued N       message N was accepted: from here on losing it is a loss
    heard N        the server has it: acknowledged, or answered where there are no acknowledgements
"""
