"""Whole runs in one process: app, Consul provider and sandbox, on virtual time."""
