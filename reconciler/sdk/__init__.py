"""All that a provider plugin may see: addresses, kinds, secrets, errors, the Provider protocol, HTTP.

Knows nothing of the rest of the product; a plugin's author could copy it out and run it.
"""
