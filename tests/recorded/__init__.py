"""The sandbox against what real servers answered. Asking them again is in `live/conformance`.

`recording` makes the recordings, `suites` is what is played, `data` what was answered.
"""
