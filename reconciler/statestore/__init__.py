"""Where State and its lock live. Keeps and locks a State; does not know why it changed.

A store keeps a snapshot and a journal. What a session records is appended to the journal at once, so that a
killed process loses nothing that was acknowledged; a commit folds the journal into the next snapshot.
"""
