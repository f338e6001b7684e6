"""Decisions about single objects -> one frozen `Plan`.

Belongs here: what concerns the set of objects (selection, what waits for the unknown, renamed clusters,
secret rotation). Never here: how servers judge a write (`order`), performing anything (`execution`).
Pure; the app calls `planner`.
"""
