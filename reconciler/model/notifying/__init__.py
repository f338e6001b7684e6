"""Notifications: where they go, and what they say. Pure; nothing is sent here."""
