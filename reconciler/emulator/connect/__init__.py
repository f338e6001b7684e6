"""`/v1/connect`: intentions in the APIs of all ages, which of them match, and the certificate authority.

Never here: the entries that intentions are stored as (`entries`). Imported by the route table.
"""
