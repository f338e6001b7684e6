"""One room for each room of the source, in this process and without servers: the inner loop.

A test that needs the whole app belongs into `flows`, one that needs the command into `command`.
"""
