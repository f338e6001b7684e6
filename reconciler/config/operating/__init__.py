"""The operator's file, `reconciler.yaml`: what a change to the configuration must not steer by accident.

`reading` is what the app calls, `settings` what comes back; a module for each section that has more to it
than its form. The file never holds a secret, and nothing here reads one or contacts a cluster.
"""
