"""State in PostgreSQL: documents are rows, the lock is an advisory lock of one session of the database.

Belongs here: the driver (`connection`, its one door), where the database is (`target`), statements, what
errors mean (`failures`), and `PostgresBackend`. While a run holds the lock, all its statements go through the
connection that holds it: a lost connection is a lost lock, and no write can come after it.
"""

from reconciler.statestore.backends.postgres.backend import connect

__all__ = ["connect"]
