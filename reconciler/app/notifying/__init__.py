"""Notifications of how a run ended, sent once it has. Nothing here can make a run fail."""
