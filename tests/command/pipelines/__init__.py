"""reconciler inside a pipeline: comments, the action, jobs, recipes, the container."""
