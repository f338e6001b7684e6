"""The tests, by what they need and cost.

`unit` (one room for each source room), `properties`, `flows` (app, provider and sandbox in one process),
`command` (the command as a process), `recorded` (the sandbox against recordings of real servers),
`docs`, `transitions` (random pairs), `live` (real Consul) and `traffic` (real Consul and Envoy). `cases`
is data, `support` is shared by several rooms.
"""
