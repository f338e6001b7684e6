"""Notifications: what is sent, and that a receiver changes no run. Real sockets."""
