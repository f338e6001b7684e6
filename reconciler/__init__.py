"""reconciler: declarative Consul cluster peering."""

__version__ = "0.1.0"
