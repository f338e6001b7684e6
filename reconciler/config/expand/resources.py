"""The section `resources`: types that a provider defines, each body in that provider's own form.

`depends_on` and `protect` belong to the language; everything else is the provider's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from reconciler.config.clusters.names import did_you_mean
from reconciler.config.clusters.spec import Item, Spec
from reconciler.config.drafts.draft import Draft, GenericDraft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.text.document import Place
from reconciler.sdk.address import Address
from reconciler.sdk.consul.entry_kinds import CONFIG_ENTRY, entry_kinds

SECTION = "resources"
_NOT_ENTRIES = {"acl_policy": "acl_policies", "peering": "peerings"}
_TYPE = re.compile(r"[a-z][a-z0-9_]*\Z")
_NAME = re.compile(r"[^\s*?\[\]]{1,253}\Z")


def resolve_resources(spec: Spec, drafts: Drafts) -> None:
    """Add drafts of all resources of this section. Bind what they depend on once all drafts are known."""
    made: list[tuple[GenericDraft, Any, Place]] = []
    for item in spec.sections[SECTION]:
        if _type_is_sane(item, drafts):
            made.extend(_drafts(item, drafts))
    for draft, wanted, place in made:
        _depend(draft, wanted, place, drafts, sure=not spec.incomplete)


def section_of(type_: str) -> str | None:
    """Return the section that declares a type of the language, `None` for a type that is not one of it."""
    if type_ == CONFIG_ENTRY:
        return "config_entries"
    entry = next((facts.section for facts in entry_kinds().values() if facts.type == type_), None)
    return entry or _NOT_ENTRIES.get(type_)


def _type_is_sane(item: Item[Any], drafts: Drafts) -> bool:
    own = section_of(item.name)
    if own is not None:
        hint = f"declare it under {own}; this section is for types of other providers"
        drafts.problem(item.key, "built-in-type", f"{item.name} has a section of its own", hint)
    elif not _TYPE.match(item.name):
        hint = "lower case letters, digits and _, beginning with a letter"
        drafts.problem(item.key, "bad-type", f"{item.name!a} is not the name of a type", hint)
    else:
        return True
    return False


def _drafts(item: Item[Any], drafts: Drafts) -> Iterator[tuple[GenericDraft, Any, Place]]:
    clusters = [chosen.name for chosen in drafts.cluster_set.above(item)]
    for name, value in (item.value or {}).items():
        key, place = item.place.key(name), item.place.inner(name)
        if not _NAME.match(name) or not name.isprintable():
            summary = f"{name!a} is not a name: no spaces and none of * ? [ ]"
            drafts.problem(key, "bad-name", summary, "rename the resource")
            continue
        body = dict(value or {})
        wanted, protect = body.pop("depends_on", None), body.pop("protect", False)
        if not isinstance(protect, bool):
            drafts.problem(place.inner("protect"), "wrong-type", "protect is true or false")
        for cluster in clusters:
            address = Address(item.name, cluster, name)
            draft = GenericDraft(address, dict(body), key, place, type_place=item.key)
            draft.protect = protect is True
            if drafts.add(draft):
                yield draft, wanted, place.inner("depends_on")


def _depend(draft: GenericDraft, wanted: Any, place: Place, drafts: Drafts, *, sure: bool) -> None:
    """Bind the addresses of `depends_on`."""
    if wanted is None:
        return
    if not isinstance(wanted, list):
        hint = "as in depends_on: [note.box/hello, peering.dc1/dc2]"
        drafts.problem(place, "wrong-type", "depends_on is a list of addresses", hint)
        return
    for number, text in enumerate(wanted):
        found = _draft_at(text, drafts)
        if found is draft:
            drafts.problem(place.inner(number), "cycle", f"{text} depends on itself", "remove it")
        elif found is not None:
            draft.depends_on.append(found.address)
        elif sure:
            hint = did_you_mean(str(text), map(str, drafts.by_address))
            summary = f"no resource is called {str(text)!a}"
            drafts.problem(place.inner(number), "unknown-address", summary, hint)


def _draft_at(text: object, drafts: Drafts) -> Draft | None:
    try:
        return drafts.by_address.get(Address.parse(text)) if isinstance(text, str) else None
    except ValueError:
        return None
