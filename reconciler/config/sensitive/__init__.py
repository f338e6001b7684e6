"""What the configuration calls sensitive: values of bodies, and lines of files no message may show.

Never here: how a sensitive value is stored or compared (`reconciler.sdk.secrets`,
`reconciler.engine.bodies`). Imported by `load` and `resolve` only.
"""
