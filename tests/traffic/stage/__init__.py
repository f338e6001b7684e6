"""The world of `traffic`: agents, sidecars, clients."""
