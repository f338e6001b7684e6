"""Links: peerings expanded to pairs, and the name that each end has for the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reconciler.config.clusters.names import peer_problem
from reconciler.config.clusters.spec import Item, Spec
from reconciler.config.drafts.draft import ShorthandDraft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.fields.metadata import meta_problems
from reconciler.config.text.document import Place
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass

if TYPE_CHECKING:
    from reconciler.config.language.peerings import Between, FullMesh, Hub, Peering


@dataclass(frozen=True, slots=True)
class Link:
    """A peering of two clusters. `names[x]` is what `x` calls the other one."""

    address: Address
    names: Mapping[str, str]
    key: Place


class Links:
    """All peerings, found by pair of clusters or by local name. `sure`: all of them could be read."""

    def __init__(self, sure: bool) -> None:
        self.sure = sure
        self.by_pair: dict[frozenset[str], Link] = {}
        self._by_alias: dict[tuple[str, str], tuple[str, Link]] = {}
        self._peers: dict[str, list[str]] = {}

    def add(self, link: Link) -> None:
        """Take a link in; its names must be free on both ends."""
        first, second = link.address.cluster, link.address.name
        self.by_pair[frozenset((first, second))] = link
        for here, there in ((first, second), (second, first)):
            self._by_alias[here, link.names[here]] = (there, link)
            self._peers.setdefault(here, []).append(there)

    def between(self, one: str, other: str) -> Link | None:
        """Return the peering of two clusters, or `None`."""
        return self.by_pair.get(frozenset((one, other)))

    def alias(self, here: str, there: str) -> str | None:
        """Return what `here` calls `there`, or `None` where the two are not peered."""
        link = self.between(here, there)
        return link.names[here] if link is not None and here != there else None

    def named(self, here: str, alias: str) -> tuple[str, Link] | None:
        """Return the cluster that `here` calls `alias`, and the peering."""
        return self._by_alias.get((here, alias))

    def peers(self, here: str) -> list[str]:
        """Return the clusters that `here` is peered with, by name."""
        return sorted(self._peers.get(here, ()))

    def aliases(self, here: str) -> list[str]:
        """Return the local names of all peers of a cluster."""
        return [name for cluster, name in self._by_alias if cluster == here]


def resolve_links(spec: Spec, drafts: Drafts) -> Links:
    """Return all declared pairs, as drafts and as an index. Explicit pairs keep their settings in any
    order.
    """
    maker = _Maker(drafts, Links(not spec.blind and not spec.incomplete & {"peerings", "clusters", "groups"}))
    if spec.peerings:
        _make(spec.peerings, maker)
    return maker.links


def _make(items: Sequence[Item[Peering]], maker: _Maker) -> None:
    from reconciler.config.language.peerings import Between, FullMesh

    for item in items:
        if isinstance(item.value, Between):
            maker.between(item.value, item)
    for item in items:
        if isinstance(item.value, FullMesh):
            maker.mesh(item.value, item)
        elif not isinstance(item.value, Between):
            maker.hub(item.value, item)


class _Maker:
    def __init__(self, drafts: Drafts, links: Links) -> None:
        self.drafts = drafts
        self.links = links

    def between(self, form: Between, item: Item[Peering]) -> None:
        chosen = self._pair(form, item.place.inner("between"))
        if chosen is None:
            return
        first, second = chosen
        earlier = self.links.between(first, second)
        if earlier is not None:
            related = ((earlier.key.position, "first declared here"),)
            summary = f'"{first}" and "{second}" are peered twice'
            self.drafts.problem(item.key, "duplicate-peering", summary, "remove one", related=related)
            return
        self._link(first, second, item, form)

    def _pair(self, form: Between, place: Place) -> tuple[str, str] | None:
        first, second = form.between
        known = True
        for number, name in enumerate((first, second)):
            if name not in self.drafts.cluster_set.clusters:
                self._not_one_cluster(name, place.inner(number))
                known = False
        if first == second:
            hint = "name two different clusters"
            self.drafts.problem(place.inner(1), "self-peering", "a cluster cannot peer with itself", hint)
            return None
        return (first, second) if known else None

    def _not_one_cluster(self, name: str, place: Place) -> None:
        if name in self.drafts.cluster_set.groups:
            hint = "use {mesh: …} or {hub: …, spokes: …} for groups"
            self.drafts.problem(place, "bad-value", f'"{name}" is a group, not one cluster', hint)
        else:
            self.drafts.cluster_set.unknown(name, place)

    def mesh(self, form: FullMesh, item: Item[Peering]) -> None:
        chosen = self.drafts.cluster_set.select(form.mesh, item.place.inner("mesh"))
        names = [each.name for each in chosen]
        if len(names) == 1 or form.mesh == []:
            summary = f"a mesh of {len(names) or 'no'} cluster{'s' if not names else ''} has no peering"
            self.drafts.problem(item.place.inner("mesh"), "empty-selector", summary, warning=True)
        for number, first in enumerate(names):
            for second in names[number + 1 :]:
                self._unless_linked(first, second, item)

    def hub(self, form: Hub, item: Item[Peering]) -> None:
        cluster_set = self.drafts.cluster_set
        spokes = cluster_set.select(form.spokes, item.place.inner("spokes"))
        if form.hub not in cluster_set.clusters:
            self._not_one_cluster(form.hub, item.place.inner("hub"))
            return
        for spoke in spokes:
            if spoke.name != form.hub:
                self._unless_linked(form.hub, spoke.name, item)
            elif spoke.named:
                self.drafts.problem(spoke.place, "self-peering", "the hub is among its own spokes")

    def _unless_linked(self, first: str, second: str, item: Item[Peering]) -> None:
        if self.links.between(first, second) is None:
            self._link(first, second, item)

    def _link(self, first: str, second: str, item: Item[Peering], form: Between | None = None) -> None:
        """Add a peering. `form` is what is declared of this one alone."""
        acceptor = self._acceptor(first, second, form, item.place) if form is not None else first
        names = self._names(first, second, form.names if form is not None else {}, item)
        body: dict[str, Any] = {
            "Acceptor": acceptor,
            "Dialer": second if acceptor == first else first,
            "Names": names,
        }
        if item.value.meta:
            body["Meta"] = dict(item.value.meta)
            self.drafts.problems.extend(meta_problems(body["Meta"], item.place.inner("meta"), peering=True))
        if form is not None and form.server_external_addresses:
            body["ServerExternalAddresses"] = list(form.server_external_addresses)
        address = Address("peering", first, second)
        link = Link(address, names, item.key)
        if self._free(link):
            self.links.add(link)
            self.drafts.add(ShorthandDraft(address, body, item.key, item.place, protect=item.value.protect))

    def _acceptor(self, first: str, second: str, form: Between, place: Place) -> str:
        acceptor = form.acceptor or first
        if acceptor not in (first, second):
            hint = f"write {first} or {second}"
            summary = f'"{acceptor}" is not one of the two clusters'
            self.drafts.problem(place.inner("acceptor"), "bad-value", summary, hint)
            return first
        return acceptor

    def _names(
        self, first: str, second: str, given: Mapping[str, str], item: Item[Peering]
    ) -> dict[str, str]:
        for cluster in given:
            if cluster not in (first, second):
                hint = f"the keys are {first} and {second}: each end's name for the other"
                place = item.place.key("names", cluster)
                self.drafts.problem(place, "bad-value", f'"{cluster}" is not one of the two', hint)
        names = {first: given.get(first, second), second: given.get(second, first)}
        for here, name in names.items():
            problem = peer_problem(name)
            if problem is not None:
                place = item.place.inner("names", here) if here in given else item.key
                hint = f"choose another: names: {{{here}: …}}"
                self.drafts.problem(place, "bad-peer-name", problem, hint)
        return names

    def _free(self, link: Link) -> bool:
        """Say whether both local names are free; on each end a name belongs to one peer."""
        free = True
        for here, name in link.names.items():
            taken = self.links.named(here, name)
            if taken is not None:
                there, first = taken
                related = ((first.key.position, f"{there} is called so here"),)
                summary = f'on {here}, two peers would be called "{name}"'
                hint = f"give one another name: names: {{{here}: …}}"
                self.drafts.problem(link.key, "peer-name-collision", summary, hint, related=related)
                free = False
        return free
