"""A renamed cluster: what is recorded of it under its new name, in addresses, bodies and dependencies."""

from __future__ import annotations

import pytest

from reconciler.engine.planning.renames import renamed_clusters, under_new_names
from reconciler.model.desired import Cluster
from tests.unit.engine.recorded.test_relocating import KINDS, at, entry, peering, state

STATE = state(
    peering("dc1", "dc2"),
    entry("service_resolver.dc1/dc2", "peering.dc1/dc2"),
    entry("service_resolver.dc2/api"),
)


def test_everything_that_names_the_cluster_follows_and_what_is_only_called_so_does_not() -> None:
    after, became = under_new_names(STATE, {"dc2": "west"}, KINDS)
    assert became == {
        at("peering.dc1/dc2"): at("peering.dc1/west"),
        at("service_resolver.dc2/api"): at("service_resolver.west/api"),
    }
    link, service = (after.resources[at(text)] for text in ("peering.dc1/west", "service_resolver.dc1/dc2"))
    assert link.body == {"Acceptor": "dc1", "Dialer": "west", "Names": {"dc1": "a", "west": "d"}}
    assert (service.address, service.depends_on) == (at("service_resolver.dc1/dc2"), (link.address,))
    assert after.clusters.keys() == {"dc1", "west"}
    assert after.clusters["west"].address == STATE.clusters["dc2"].address


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ({"dc1": "http://dc1", "west": "http://dc2"}, {"dc2": "west"}),
        ({"dc1": "http://dc1", "dc2": "http://dc2"}, {}),
        ({"dc1": "http://dc1", "west": "http://elsewhere"}, {}),
        ({"dc1": "http://dc1", "west": "http://dc2", "east": "http://dc2"}, {}),  # it is not certain which
        ({"b": "http://dc1", "a": "http://dc2"}, {"dc1": "b", "dc2": "a"}),
    ],
)
def test_a_cluster_is_renamed_where_one_new_name_has_its_address(
    declared: dict[str, str], found: dict[str, str]
) -> None:
    clusters = {name: Cluster(name, address, "p") for name, address in declared.items()}
    assert renamed_clusters(clusters, STATE) == found
