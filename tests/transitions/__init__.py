"""Random pairs of configurations, each way in one apply: `python -m tests.transitions`, and its tests."""
