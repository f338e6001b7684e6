"""Discovery chains as the model compiles them: the compiler, its cache, and who depends on which chain.

Never here: whether a write is taken (`graph.judge`), which asks this room. Pure, as the whole of
`graph`. The emulator has a compiler of its own: the two are held to real servers and to each other by
tests.
"""
