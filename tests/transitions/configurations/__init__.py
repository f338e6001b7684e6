"""Random configurations: drawn, changed, paired, and made smaller."""
