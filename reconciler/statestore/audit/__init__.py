"""The audit log: who wrote what, when; lines that each carry the hash of the one before.

Pure text here: a session writes the lines through its medium, a store reads them. The log is about the place
where a State is kept, not about the State: it is in no snapshot, and outlives them.
"""
