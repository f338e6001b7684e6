"""Validating: every problem of the configuration at once, without any contact to a cluster."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from reconciler.app.ignoring import expired
from reconciler.app.options import Options, Validation
from reconciler.config.load import Loaded, load

if TYPE_CHECKING:
    from reconciler.sdk.schemas import Description


def validate(options: Options, fail_on_warning: bool | None = None) -> Validation:
    """Check the configuration. Problems are in the result; bad input raises nothing.

    `fail_on_warning`: whether a warning counts as an error; `None`: as `reconciler.yaml` says.
    """
    return validated(loaded(options), fail_on_warning, options.clock())


def loaded(options: Options) -> Loaded:
    """Read the configuration, with everything that is wrong with it."""
    return load(options.root, options.paths, options.variables, options.ambient, described)


def validated(found: Loaded, fail_on_warning: bool | None, now: datetime) -> Validation:
    """Return what was read as the answer of `validate`."""
    desired = found.desired
    ended = tuple(found.lint.applied(expired(desired, now)))
    if fail_on_warning is None:
        fail_on_warning = bool(found.operator.lint.fail_on_warning)
    return Validation(
        (*found.diagnostics, *ended),
        tuple(found.files),
        resources=len(desired.resources) if desired else 0,
        clusters=len(desired.clusters) if desired else 0,
        fail_on_warning=fail_on_warning,
        policies=len(desired.policies) if desired else 0,
        ignored=tuple(found.lint.dropped.values()),
    )


def described(provider: str) -> Description:
    """Return what a provider says of its types; plugins are looked for only where one is declared."""
    from reconciler import registry

    return registry.described(provider)
