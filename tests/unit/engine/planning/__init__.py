"""What concerns the whole set of objects of a plan."""
