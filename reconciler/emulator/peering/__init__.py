"""Cluster peering: tokens, establishing, streams between clusters, exported and imported services.

Never here: config entries (exports are read from the store), the catalog's endpoints.
"""
