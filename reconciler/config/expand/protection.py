"""The section `protect`: addresses, or globs of them, of what may be neither destroyed nor replaced.

Several declarations have a `protect` key of their own; this section reaches every resource, generated ones
and raw entries included.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.config.clusters.names import did_you_mean
from reconciler.config.clusters.spec import Item, Spec
from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.sdk.globs import matches


def protect(spec: Spec, drafts: Drafts) -> None:
    """Mark the drafts that are named. A name that fits none is a problem: it would protect nothing."""
    texts = {str(draft.address): draft for draft in drafts} if spec.protect else {}
    for item in spec.protect:
        found = [draft for text, draft in texts.items() if matches(item.value, text)]
        for draft in found:
            draft.protect, draft.protected_at = True, draft.protected_at or item.place
        if not found and not spec.incomplete:
            _nothing(item, texts, drafts)


def _nothing(item: Item[str], texts: Mapping[str, Draft], drafts: Drafts) -> None:
    hint = (
        did_you_mean(item.value, texts) or "addresses are as plan shows them: exported_services.dc1/default"
    )
    drafts.problem(item.place, "unknown-address", f'no resource is called "{item.value}"', hint)
