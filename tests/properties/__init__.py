"""Properties that hold for any plan."""
