"""Rules for types that a provider defines: that it has them, their form, and the provider's own rules.

The provider says so itself, through what its entry point names; no provider is made and no cluster contacted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from reconciler.config.clusters.names import did_you_mean
from reconciler.config.drafts.draft import GenericDraft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.language.forms import value_problems
from reconciler.config.text.document import Place
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.failure import Failure
from reconciler.plugin_calls import plugin_call
from reconciler.sdk.address import Address
from reconciler.sdk.consul import CONSUL
from reconciler.sdk.schemas import RESERVED, Declared, Description, Problem

Plugins = Callable[[str], Description]
"""What the provider of a name says about its types. Raises `Failure` where there is no such provider."""


def plugin_problems(drafts: Drafts, plugins: Plugins) -> Iterator[Diagnostic]:
    """Report every problem of clusters and resources of other providers. References become dependencies.

    Raises `Failure` (plugin) where a plugin fails while it is asked.
    """
    clusters = drafts.cluster_set.clusters
    providers = dict.fromkeys(cluster.provider for cluster in clusters.values())
    generic = [draft for draft in drafts if isinstance(draft, GenericDraft)]
    for provider in providers:
        own = [draft for draft in generic if _provider(draft, drafts) == provider]
        if provider == CONSUL:
            yield from (_without_types(draft) for draft in _first_of_type(own))
            continue
        try:
            known = plugins(provider)
        except Failure as failure:
            yield from _unknown_provider(provider, drafts, failure)
            continue
        yield from _clusters(provider, known, drafts)
        yield from _of_provider(provider, known, own)
        _refer(known, own, drafts)


def _provider(draft: GenericDraft, drafts: Drafts) -> str:
    return drafts.cluster_set.clusters[draft.address.cluster].provider


def _first_of_type(drafts: Sequence[GenericDraft]) -> list[GenericDraft]:
    found: dict[tuple[str, str], GenericDraft] = {}
    for draft in drafts:
        found.setdefault((draft.address.cluster, draft.address.type), draft)
    return list(found.values())


def _without_types(draft: GenericDraft) -> Diagnostic:
    """Report a type that Consul does not have; those that it has are declared in sections of their own."""
    summary = (
        f"{draft.address.cluster} is a Consul cluster, and its provider has no type {draft.address.type}"
    )
    hint = "raw config entries go under config_entries; this section is for types of other providers"
    return draft.type_place.problem("unknown-type", summary, hint, address=str(draft.address))


def _unknown_provider(provider: str, drafts: Drafts, failure: Failure) -> Iterator[Diagnostic]:
    for name, cluster in drafts.cluster_set.clusters.items():
        if cluster.provider == provider:
            place = drafts.cluster_set.items[name].place.inner("provider")
            yield place.problem("unknown-provider", failure.summary, failure.hint, detail=failure.detail)


def _clusters(provider: str, known: Description, drafts: Drafts) -> Iterator[Diagnostic]:
    if known.cluster_schema is None:
        return
    for name, cluster in drafts.cluster_set.clusters.items():
        if cluster.provider == provider:
            place = drafts.cluster_set.items[name].place
            yield from value_problems(place, dict(cluster.options), known.cluster_schema)


def _of_provider(provider: str, known: Description, own: Sequence[GenericDraft]) -> Iterator[Diagnostic]:
    problems = [problem for draft in own for problem in _form(provider, known, draft)]
    yield from problems
    if known.validate is None or not own or any(problem.is_error for problem in problems):
        return  # rules are for sound bodies, and a resource that is left out may be the one they look for
    with plugin_call(provider, "validate"):
        found = list(known.validate([Declared(draft.address, draft.body) for draft in own]))
    by_address = {draft.address: draft for draft in own}
    for problem in found:
        yield _placed(problem, by_address)


def _form(provider: str, known: Description, draft: GenericDraft) -> Iterator[Diagnostic]:
    if known.schemas is None:
        return
    schema = known.schemas.get(draft.address.type)
    if schema is None:
        summary = f'the provider "{provider}" has no type {draft.address.type}'
        hint = did_you_mean(draft.address.type, known.schemas)
        yield draft.type_place.problem("unknown-type", summary, hint, address=str(draft.address))
        return
    yield from value_problems(draft.place, draft.body, schema.model, known=RESERVED)


def _placed(problem: Problem, by_address: Mapping[Address, GenericDraft]) -> Diagnostic:
    draft = by_address[problem.address]
    place: Place = draft.place.inner(*problem.path) if problem.path else draft.key
    return place.problem(
        problem.rule, problem.message, problem.hint, warning=problem.warning, address=str(problem.address)
    )


def _refer(known: Description, own: Sequence[GenericDraft], drafts: Drafts) -> None:
    """Let each resource depend on what its fields name, where that is declared."""
    for draft in own:
        schema = (known.schemas or {}).get(draft.address.type)
        for field, type_ in schema.references.items() if schema is not None else ():
            value = draft.body.get(field)
            for name in value if isinstance(value, list) else [value]:
                address = Address(type_, draft.address.cluster, str(name))
                if address in drafts.by_address and address != draft.address:
                    draft.depends_on.append(address)
