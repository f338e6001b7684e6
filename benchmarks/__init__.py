"""Whole-process measurements: `python -m benchmarks`. Figures are for reading; no test asserts them."""
