"""Suites about tokens and what they may do."""
