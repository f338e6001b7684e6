"""Random worlds: a stage with its names, config entries that servers mostly take, requests that meet them.

The vocabulary is small on purpose, so that conditions and requests meet often. Never here: servers, files,
a clock.
"""
