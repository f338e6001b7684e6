"""Provider plugins. Nothing here imports them: each is found through its entry point."""
