"""What commands print with `--json`, beside the page that explains it."""
