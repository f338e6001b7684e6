"""Prepared queries (`/v1/query`): stored, rendered, executed.

Never here: how health is read (`catalog`). Imported by the route table.
"""
