"""What the configuration language and the Consul provider both have to know of Consul.

Belongs here: one table, `entry_kinds.json`, its reader `entry_kinds`, and `split_headers`, what no server may
be sent. Never here: rules of comparing, permissions, requests (the provider's), or the words of the language
(the configuration's). May be imported by both, by `render`, and by plugins.
"""

CONSUL = "consul"
"""The name of the Consul provider; a cluster that names no provider has this one."""
