"""Checks of a plan against what is known of the servers, before anything is written.

A module holds the checks of one subject and yields findings; `all` lists them; `context` is what they
look at. Never here: how servers judge a write by other entries (`graph`). Imported by the provider only.
"""
