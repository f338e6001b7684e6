"""Who can call whom, asked of the configuration, of running clusters, of a snapshot and of a plan."""
