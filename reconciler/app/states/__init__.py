"""Use cases about the record itself: its history, its copies, its lock, and the addresses in it.

Belongs here: what reads or replaces a whole State, or moves records between States. Never here: anything that
asks a cluster.
"""
