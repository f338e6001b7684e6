"""The emulator at work: HTTP servers, threads, the transport for httpx, links between sandboxes.

The only room that waits, reads a clock or opens a socket. Nothing else of the emulator imports it,
except the package itself for `SandboxOptions`.
"""
