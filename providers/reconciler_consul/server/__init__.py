"""One cluster's servers: endpoints, what answers and errors mean, what the version offers.

`api` is the only module that names paths of Consul's API (those of ACLs are in `acl.api`). Never here:
peerings as pairs, plans. Imports `kinds`.
"""
