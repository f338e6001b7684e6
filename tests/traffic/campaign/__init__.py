"""Random worlds on real Consul and Envoy: what real requests do, and whether `access` answers the same.

`python -m tests.traffic.campaign --worlds 100 --seed 1 --versions 1.20,1.22`. One stage (agents, proxies) has
many worlds after each other: only config entries, health and gateways change.
"""
