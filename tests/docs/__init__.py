"""What README, guides and examples show is run."""
