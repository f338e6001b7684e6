"""Frozen data of a run. Same input, same bytes: no clock, disk, network or environment here."""
