"""What a world holds: clusters, their entries and services, the peerings between them, what they export.

Belongs here: reading a world, which others wrote, into values; names of services. Never here: what happens
to a request.
"""
