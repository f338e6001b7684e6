"""What is recorded: other addresses, names that become free, values that are kept as digests."""
