"""`reconciler state` and `force-unlock`: the record, its history and its lock.

Belongs here: commands about the record. Never here: what they do (`app.states` and the use cases beside it).
"""
