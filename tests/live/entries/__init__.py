"""Config entries on real servers: round trips, refusals, adoption."""
