"""The store that simulated nodes share, in memory, with the semantics of that in PostgreSQL.

``database``  what is kept: logs (``logs``, ``sessions``), answers and leases
``board``     what is not kept: which nodes there are, and who is connected through them
``line``      the way between a process and the database, and ``weather``, what is wrong with it
``writer``    group commits on a few lanes; an answer that is lost is proven
``listener``  what others commit: notifications, and a poll
``peers``     presence, and pieces of replies between nodes
``store``     all of these as one `Store`
"""
