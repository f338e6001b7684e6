"""State that several machines share, kept as a few documents of a server that can write on a condition.

Belongs here: what is the same for every such server: the head document, chunks, journal, leases, lost
answers. Never here: how one server is reached; that is `statestore.backends`, which implements
`shared.ports.Backend`.
"""
