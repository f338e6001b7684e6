"""The way of one request: the chain of what is dialed, the link to a peer, gateways, and where it arrives.

Belongs here: one step after the other, from the caller's proxy on. Never here: many pairs at once
(`access.changes`).
"""
