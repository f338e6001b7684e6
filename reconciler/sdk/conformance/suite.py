"""The checks. Plain `assert` in plain methods: pytest is needed to run them, and no plugin of pytest."""

from __future__ import annotations

from reconciler.sdk.conformance.describing import Describing
from reconciler.sdk.conformance.lives import Lives
from reconciler.sdk.conformance.races import Races
from reconciler.sdk.conformance.reach import Reach
from reconciler.sdk.conformance.sensitive import SensitiveChecks


class ProviderConformance(Describing, Lives, Races, Reach, SensitiveChecks):
    """Subclass this as `TestSomething`, with a fixture `subject` that returns a new `Subject`."""
