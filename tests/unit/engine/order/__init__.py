"""The order of a plan where servers judge writes."""
