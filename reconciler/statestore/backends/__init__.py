"""Servers that keep a shared state: one module each, reached through its own library.

Belongs here: addresses, credentials, requests, and what an answer means. Never here: what a state consists of
(`statestore.shared`). A backend whose library is not installed raises a `Failure` that names the extra.
"""
