"""Changes between two configurations on real servers, and who may call whom meanwhile."""
