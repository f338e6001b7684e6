"""What closes access is done before what opens it, also where only a part is selected."""

from __future__ import annotations

from pathlib import Path

from tests.support.lab import Lab

DENY, PEERING = "service_intentions.dc1/api", "peering.dc1/dc2"


async def test_a_peering_goes_before_the_deny_that_names_it_while_its_exports_stay(tmp_path: Path) -> None:
    lab = Lab(tmp_path, 2)
    link = "peerings: [{between: [dc1, dc2]}]\n"
    deny = "intentions: {dc1: {api: [{from: web@dc2, action: deny}]}}\n"
    lab.write(lab.clusters_yaml() + link + "exports: {dc1: {api: [dc2]}}\n" + deny)
    await lab.apply()
    lab.clear()
    lab.write(lab.clusters_yaml() + "mesh: {dc1: {transparent_proxy: {mesh_destinations_only: true}}}\n")
    applied = await lab.apply(targets=(DENY, PEERING))
    assert [str(change.address) for change in applied.plan.actions] == [PEERING, DENY]
    deny_change = applied.plan.actions[1]
    assert [str(address) for address in deny_change.waits_for] == [PEERING]
    deleted = [write for write in lab.writes if "DELETE" in write]
    assert deleted.index(next(w for w in deleted if "/peering/" in w)) < deleted.index(
        next(w for w in deleted if "service-intentions" in w)
    )
