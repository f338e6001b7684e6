"""Resolve: the merged specification -> desired state, with every shorthand expanded and reference bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.config.clusters.declared import ClusterSet
from reconciler.config.clusters.spec import Spec
from reconciler.config.digest import digest
from reconciler.config.drafts.draft import Draft, GenericDraft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.links import resolve_links
from reconciler.config.drafts.refs import Binder
from reconciler.config.expand.acl import resolve_acl
from reconciler.config.expand.entries import resolve_entries
from reconciler.config.expand.exports import resolve_exports
from reconciler.config.expand.intentions import resolve_intentions
from reconciler.config.expand.protection import protect
from reconciler.config.expand.relocation import moved, removed
from reconciler.config.expand.resolvers import resolve_resolvers
from reconciler.config.expand.resources import resolve_resources
from reconciler.config.expand.splitting import resolve_splitting
from reconciler.config.graph import dependencies
from reconciler.config.rules import all as rules
from reconciler.config.sensitive.lines import place_of
from reconciler.config.sensitive.uses import name_sensitive, take_in
from reconciler.config.text.document import Place
from reconciler.config.text.variables import Use
from reconciler.model.desired import Cluster, DesiredState, Resource
from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.address import Address
from reconciler.sdk.consul import CONSUL

if TYPE_CHECKING:
    from reconciler.config.rules.resources import Plugins
    from reconciler.model.ignoring.rules import IgnoreRule
    from reconciler.model.reaching.policy import Policy


def resolve(
    spec: Spec, uses: Sequence[Use] = (), plugins: Plugins | None = None
) -> tuple[DesiredState, list[Diagnostic], list[Place], Drafts]:
    """Return the desired state, every problem, the places of fields that are called sensitive, and the
    drafts of all resources, which know the places of everything else.

    `uses` are those of sensitive variables; without `plugins` other providers' types are not checked. With an
    error among the problems the state is not to be used.
    """
    problems: list[Diagnostic] = []
    cluster_set = ClusterSet(spec, problems)
    cluster_set.check()
    drafts = Drafts(cluster_set, problems)
    links = resolve_links(spec, drafts)
    binder = Binder(drafts, links)
    resolve_acl(spec, drafts)
    resolve_entries(spec, drafts)
    resolve_exports(spec, binder)
    resolve_intentions(spec, binder)
    resolve_resolvers(spec, binder)
    resolve_splitting(spec, binder)
    resolve_resources(spec, drafts)
    spec.drop_expanded()
    protect(spec, drafts)
    name_sensitive(spec, drafts)
    policies = _policies(spec, drafts) if spec.policies else ()
    to_move, to_forget = moved(spec, drafts), removed(spec, drafts)
    ignores = _ignores(spec, drafts) if spec.ignore else ()
    problems.extend(_of_plugins(drafts, plugins))
    problems.extend(rules.check(drafts, links, frozenset(spec.incomplete)))
    at = {problem.position for problem in problems if problem.is_error}
    # Beside errors, what is lost may be lost for their sake; at the place of one it is the reason for it.
    problems[:0] = [problem for problem in take_in(drafts, uses) if not at or problem.position in at]
    needs = dependencies(drafts, links)
    resources = {draft.address: _resource(draft, cluster_set.clusters, needs) for draft in drafts}
    clusters = cluster_set.clusters
    veiled = bool(uses or spec.sensitive)
    places = [at for draft in drafts for path in draft.sensitive for at in place_of(draft.place, path)]
    name = spec.name.value if spec.name is not None else None
    identity, groups = digest(clusters, resources), cluster_set.memberships()
    desired = DesiredState(clusters, resources, identity, veiled, name, to_move, to_forget, groups, policies)
    desired = replace(desired, ignores=ignores) if ignores else desired
    return desired, problems, places, drafts


def _policies(spec: Spec, drafts: Drafts) -> tuple[Policy, ...]:
    from reconciler.config.expand.policies import resolve_policies

    return resolve_policies(spec, drafts)


def _ignores(spec: Spec, drafts: Drafts) -> tuple[IgnoreRule, ...]:
    from reconciler.config.expand.ignoring import ignore_rules

    return ignore_rules(spec, drafts)


def _resource(
    draft: Draft, clusters: Mapping[str, Cluster], needs: Mapping[Address, tuple[Address, ...]]
) -> Resource:
    return Resource(
        draft.address,
        draft.body,
        clusters[draft.address.cluster].provider,
        needs[draft.address],
        tuple(sorted(draft.required_by)),
        draft.shared,
        draft.protect,
        draft.key.position,
        tuple(draft.sensitive),
        draft.protected_at.position if draft.protected_at is not None else None,
    )


def _of_plugins(drafts: Drafts, plugins: Plugins | None) -> list[Diagnostic]:
    """Return the problems of other providers' types. Where there are none, nothing of plugins is imported."""
    others = any(cluster.provider != CONSUL for cluster in drafts.cluster_set.clusters.values())
    if plugins is None or not (others or any(isinstance(draft, GenericDraft) for draft in drafts)):
        return []
    from reconciler.config.rules.resources import plugin_problems

    return list(plugin_problems(drafts, plugins))
