"""The command as a process whose state is on a server: killed, interrupted or cut off at any request."""
