"""Filter expressions (`?filter=`): their grammar, the fields they may select, and matching rows.

Never here: a table of a cluster. May be imported by every endpoint.
"""
