"""The HTTP client for one cluster: transport, TLS, retries, circuit, errors by what is known.

Never here: what a path or an answer of a product means. A provider makes a `client.HttpClient` and keeps
the meaning to itself. Only `transport`, `errors` and `wire` import an HTTP library, only `repeating`
imports tenacity. May be imported by providers. The core sends HTTP requests for a shared state only
(`reconciler.statestore.backends`).
"""
