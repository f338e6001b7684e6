"""ACL policies: one resource for each declared policy. Whether its rules can be read is Consul's to say."""

from __future__ import annotations

import re
from typing import Any

from reconciler.config.clusters.spec import Item, Spec
from reconciler.config.drafts.draft import ShorthandDraft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.fields.casing import to_consul

# Consul: acl/validation.go. A slash is for Consul's built-in policies ("builtin/…").
NAME = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")
BUILT_IN = "global-management"


def resolve_acl(spec: Spec, drafts: Drafts) -> None:
    """Add drafts of all declared ACL policies."""
    for item in spec.sections["acl_policies"]:
        if not _named_well(item, drafts):
            continue
        value = dict(item.value)
        protect = bool(value.pop("protect", False))
        for chosen in drafts.cluster_set.above(item):
            address = drafts.address("acl_policy", chosen.name, item.name)
            drafts.add(ShorthandDraft(address, to_consul(value), item.key, item.place, protect=protect))


def _named_well(item: Item[Any], drafts: Drafts) -> bool:
    if not NAME.match(item.name):
        summary = f"{item.name!a} is not the name of a policy: 1 to 128 letters, digits, - and _"
        drafts.problem(item.key, "bad-name", summary, "rename the policy")
    elif item.name == BUILT_IN:
        summary = f'"{BUILT_IN}" is Consul\'s own policy and cannot be changed'
        drafts.problem(item.key, "bad-name", summary, "declare a policy under another name")
    else:
        return True
    return False
