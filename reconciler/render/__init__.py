"""Results as text or JSON. Pure functions from the data of a run; nothing is decided here.

Text is made of `Line`s (see `lines`), and only `lines.paint` turns those into a string: it escapes what a
server or a user wrote, so that no call site can forget to.
"""
