"""Real Consul servers. A test that plays the same on the sandbox lies here too, beside its live half."""
