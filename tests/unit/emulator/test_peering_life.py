"""How a peering lives: rhythm, deletion, streams that outlive their rows, leader changes, dead peers."""

from __future__ import annotations

import pytest

from reconciler.emulator import ClusterSpec
from tests.unit.emulator.conftest import SandboxLab


def test_a_peering_is_active_moments_after_establish_on_a_quiet_cluster(lab: SandboxLab) -> None:
    lab.establish("dc2", "dc1", lab.token("dc1", "dc2"))
    assert lab.states() == ("PENDING", "ESTABLISHING")
    lab.pass_time(0.06)
    assert lab.states() == ("ACTIVE", "ACTIVE")


def test_after_a_burst_the_leader_connects_once_in_five_seconds(lab: SandboxLab) -> None:
    for number in range(4):
        lab.establish("dc2", f"peer-{number}", lab.token("dc1", f"peer-{number}"))
        lab.pass_time(0.02)
    states = [row["State"] for row in lab.get("dc2", "/v1/peerings")]
    assert states == ["ACTIVE", "ACTIVE", "ACTIVE", "ESTABLISHING"]
    lab.pass_time(5)
    assert {row["State"] for row in lab.get("dc2", "/v1/peerings")} == {"ACTIVE"}


def test_a_full_mesh_of_ten_clusters_made_at_once_takes_one_rhythm() -> None:
    names = [f"c{number}" for number in range(10)]
    lab = SandboxLab(*(ClusterSpec(name) for name in names))
    for place, acceptor in enumerate(names):
        for dialer in names[place + 1 :]:
            assert lab.establish(dialer, acceptor, lab.token(acceptor, dialer)).status == 200
            lab.pass_time(0.01)
    lab.pass_time(5.1)
    rows = [row for name in names for row in lab.get(name, "/v1/peerings")]
    assert (len(rows), {row["State"] for row in rows}) == (90, {"ACTIVE"})


def test_without_delays_everything_happens_at_once() -> None:
    lab = SandboxLab(delays=False)
    for number in range(20):
        lab.establish("dc2", f"peer-{number}", lab.token("dc1", f"peer-{number}"))
        assert lab.state("dc1", f"peer-{number}") == "ACTIVE"
    lab.ask("dc2", "DELETE", "/v1/peering/peer-0")
    assert (lab.state("dc2", "peer-0"), lab.state("dc1", "peer-0")) == ("absent", "TERMINATED")


def test_deletion_shows_deleted_at_and_then_terminates_the_other_end(lab: SandboxLab) -> None:
    lab.peer()
    lab.pass_time(60)
    assert lab.ask("dc1", "DELETE", "/v1/peering/dc2").body == b""
    marked = lab.get("dc1", "/v1/peering/dc2")
    assert marked["DeletedAt"]
    assert marked["State"] == "ACTIVE", "the state computed from the stream wins over DELETING"
    lab.pass_time(0.05)
    assert lab.states() == ("absent", "TERMINATED")


def test_establishing_again_too_early_ends_terminated_and_failing(lab: SandboxLab) -> None:
    lab.peer()
    fresh = lab.token("dc1", "dc2")
    lab.pass_time(0.01)
    for _ in range(5):
        lab.token("dc2", "unrelated")  # uses the burst up
    lab.pass_time(0.02)
    lab.ask("dc2", "DELETE", "/v1/peering/dc1")
    lab.pass_time(0.02)
    assert lab.state("dc2", "dc1") == "absent"
    assert lab.establish("dc2", "dc1", fresh).status == 200
    lab.pass_time(6)
    assert lab.states() == ("TERMINATED", "FAILING")


def test_a_terminated_acceptor_gives_tokens_that_are_dead(lab: SandboxLab) -> None:
    lab.peer()
    lab.ask("dc2", "DELETE", "/v1/peering/dc1")
    lab.pass_time(6)
    assert lab.state("dc1", "dc2") == "TERMINATED"
    assert lab.establish("dc2", "dc1", lab.token("dc1", "dc2")).status == 403


def test_after_the_acceptors_leader_change_it_reads_pending_until_redialed(lab: SandboxLab) -> None:
    lab.peer()
    lab.world.leader_change("dc1", reconnect_s=7)
    assert lab.states() == ("PENDING", "FAILING")
    lab.pass_time(7.1)
    assert lab.states() == ("ACTIVE", "ACTIVE")


def test_a_leader_change_of_the_dialer_reads_establishing(lab: SandboxLab) -> None:
    lab.peer()
    lab.world.leader_change("dc2", reconnect_s=3, outage_s=1)
    assert lab.ask("dc2", "GET", "/v1/peerings").body == b"No cluster leader"
    lab.pass_time(1)
    assert lab.states() == ("FAILING", "ESTABLISHING")
    lab.pass_time(3)
    assert lab.states() == ("ACTIVE", "ACTIVE")


def test_a_killed_peer_is_noticed_at_once_and_a_frozen_one_after_45_s(
    lab: SandboxLab,
) -> None:
    lab.peer()
    lab.world.down("dc2")
    assert lab.state("dc1", "dc2") == "FAILING"
    lab.world.up("dc2")
    assert lab.states() == ("ACTIVE", "ACTIVE"), "a dialer connects at its first answer"
    lab.world.freeze("dc2")
    lab.pass_time(30)
    assert lab.state("dc1", "dc2") == "ACTIVE"
    lab.pass_time(15)
    assert lab.state("dc1", "dc2") == "FAILING"
    lab.world.thaw("dc2")
    lab.pass_time(8)
    assert lab.states() == ("ACTIVE", "ACTIVE")


def test_deleting_a_row_while_its_peer_is_away_leaves_the_peer_active(
    lab: SandboxLab,
) -> None:
    lab.peer()
    lab.world.down("dc1")
    lab.ask("dc2", "DELETE", "/v1/peering/dc1")
    lab.pass_time(6)
    assert lab.state("dc2", "dc1") == "absent"
    lab.world.up("dc1", reconnect_s=1)
    lab.pass_time(60)
    assert lab.state("dc1", "dc2") == "ACTIVE", "nothing is at the other end"
    lab.token("dc2", "unrelated")
    lab.pass_time(6)
    assert lab.state("dc1", "dc2") == "TERMINATED"


def test_an_acceptor_row_deleted_while_cut_off_leaves_the_dialer_failing(lab: SandboxLab) -> None:
    lab.peer()
    lab.world.cut("dc1", "dc2")
    lab.ask("dc1", "DELETE", "/v1/peering/dc2")
    lab.pass_time(6)
    lab.world.mend("dc1", "dc2", reconnect_s=1)
    lab.pass_time(60)
    assert lab.states() == ("absent", "FAILING")


@pytest.mark.parametrize(("version", "status"), [("1.14", 500), ("1.20", 503)])
def test_establishing_with_an_unreachable_peer_takes_3_s_and_leaves_a_row(version: str, status: int) -> None:
    lab = SandboxLab(ClusterSpec("dc1", version=version), ClusterSpec("dc2", version=version))
    token = lab.token("dc1", "dc2")
    lab.world.down("dc1")
    reply = lab.establish("dc2", "dc1", token)
    assert (reply.status, reply.delay_s) == (status, pytest.approx(3.1))
    assert b"failed to exchange peering secret" in reply.body
    assert lab.state("dc2", "dc1") == "PENDING"
    lab.world.up("dc1")
    assert lab.establish("dc2", "dc1", token).status == 200, "the secret was not spent"


def test_rotation_keeps_the_stream_and_survives_a_leader_change(lab: SandboxLab) -> None:
    lab.peer()
    assert lab.establish("dc2", "dc1", lab.token("dc1", "dc2")).status == 200
    assert lab.states() == ("ACTIVE", "ACTIVE")
    lab.world.leader_change("dc2", reconnect_s=1)
    lab.pass_time(2)
    assert lab.states() == ("ACTIVE", "ACTIVE")


def test_a_stream_that_comes_up_again_writes_both_rows_as_they_are(lab: SandboxLab) -> None:
    """Seen on 1.16 and 1.20 after a restart of the accepting server: its index moves, nothing else does."""
    lab.peer()
    lab.pass_time(10)
    before = [lab.get("dc1", "/v1/peering/dc2"), lab.get("dc2", "/v1/peering/dc1")]
    lab.world.leader_change("dc1")
    lab.pass_time(10)
    after = [lab.get("dc1", "/v1/peering/dc2"), lab.get("dc2", "/v1/peering/dc1")]
    for old, new in zip(before, after, strict=True):
        assert new["ModifyIndex"] > old["ModifyIndex"]
        assert (new["ID"], new["State"], new["CreateIndex"]) == (old["ID"], "ACTIVE", old["CreateIndex"])


@pytest.mark.parametrize("versions", [("1.13", "1.20"), ("1.20", "1.13")])
def test_a_link_between_the_beta_and_a_later_version_never_works(
    versions: tuple[str, str],
) -> None:
    """Seen between 1.13.9 and 1.20: both calls answer 200, then both ends read FAILING for good."""
    lab = SandboxLab(*(ClusterSpec(f"dc{i}", version=version) for i, version in enumerate(versions, 1)))
    assert lab.establish("dc2", "dc1", lab.token("dc1", "dc2")).status == 200
    lab.pass_time(120)
    assert lab.states() == ("FAILING", "FAILING")


def test_two_clusters_of_the_beta_do_peer() -> None:
    lab = SandboxLab(*(ClusterSpec(f"dc{i}", version="1.13") for i in (1, 2)))
    lab.establish("dc2", "dc1", lab.token("dc1", "dc2"))
    lab.pass_time(10)
    assert lab.states() == ("ACTIVE", "ACTIVE")
