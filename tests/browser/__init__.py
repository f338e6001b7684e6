"""Pages in a real browser; skipped, saying so, where there is no Chromium or no `playwright`."""
