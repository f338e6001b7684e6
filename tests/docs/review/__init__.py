"""The guide of reviews, which needs a repository and a host."""
