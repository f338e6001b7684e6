"""Consul's ACL system: tokens, policies, roles, auth methods, templates, and what a token may do.

`access` is what endpoints of all subsystems ask. Never here: which permission an endpoint needs.
"""
