"""Rehearsals: a world without what is lost, and the calls that this concerns.

A pure room: worlds in, worlds and answers out. What happens to a call is the analysis' to say (`access`).
Never here: reading from servers, and what is shown of a rehearsal. Only the provider imports it.
"""
