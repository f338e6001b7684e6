"""Requests through real Consul and Envoy."""
