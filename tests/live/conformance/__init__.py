"""Real servers still answer as the recordings and the models say."""
