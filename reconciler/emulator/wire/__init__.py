"""What goes over the wire, in Go's words: HTTP, JSON, base64, durations; requests and responses.

Pure functions of bytes and values, no state of a cluster and no sockets (`serve`). May be imported by
every room of the emulator.
"""
