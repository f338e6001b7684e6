"""What the configuration language and the Consul provider both have to know of Consul, as data.

Belongs here: one table, `entry_kinds.json`, and its reader `entry_kinds`. Never here: rules of comparing,
permissions, requests (the provider's), or the words of the language (the configuration's). May be imported
by both, by `render`, and by plugins.
"""
