"""Enterprise: partitions and namespaces, in which of them a request is, and their endpoints.

Never here: what a config entry says about them (`forms.tenancy`).
"""
