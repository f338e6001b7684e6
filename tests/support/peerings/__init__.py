"""Peerings on a sandbox, and their lives."""
