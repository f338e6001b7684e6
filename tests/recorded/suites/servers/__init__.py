"""Suites about several servers, restarts, blocking queries and editions."""
