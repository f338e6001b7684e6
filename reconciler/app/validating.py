"""Validating: every problem of the configuration at once, without any contact to a cluster."""

from __future__ import annotations

from reconciler import registry
from reconciler.app.options import Options, Validation
from reconciler.config.load import load


def validate(options: Options) -> Validation:
    """Check the configuration. Problems are in the result; bad input raises nothing."""
    loaded = load(options.root, options.paths, options.variables, options.ambient, registry.described)
    desired = loaded.desired
    return Validation(
        tuple(loaded.diagnostics),
        tuple(loaded.files),
        resources=len(desired.resources) if desired else 0,
        clusters=len(desired.clusters) if desired else 0,
    )
