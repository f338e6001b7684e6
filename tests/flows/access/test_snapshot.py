"""Snapshots: what decides access is read once, nothing secret is kept, what is not known is named."""

from __future__ import annotations

import base64
import json
import stat
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reconciler import app
from reconciler.emulator.core.cluster import MANAGEMENT_TOKEN
from reconciler.model.failure import Cause, Failure
from reconciler.sdk.access.form import snapshot_schema
from tests.flows.access.conftest import PEERED, WHOLE, Estate
from tests.flows.servers.test_enterprise import CONFIGURATION, Partitions
from tests.support.lab import Lab

CANARY = "c4n4ry"


async def taken(lab: Lab, **more: Any) -> dict[str, Any]:
    """The content of a snapshot file."""
    path = lab.folder / "estate.json"
    await app.take_snapshot(lab.options(), path, **more)
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def fits(world: dict[str, Any]) -> None:
    """Check a world by the schema."""
    jsonschema.validate(world, snapshot_schema(), jsonschema.Draft202012Validator)


class TestSchema:
    async def test_a_snapshot_fits_the_schema(self, applied: Estate) -> None:
        fits(await taken(applied))
        fits(await taken(applied, addresses=True))

    async def test_one_with_a_silent_cluster_and_links_of_others_does(self, applied: Estate) -> None:
        applied.call("dc2", "POST", "/v1/peering/token", {"PeerName": "stranger"})
        applied.world.down("dc1")
        world = await taken(applied)
        assert world["clusters"]["dc1"]["unknown"]
        fits(world)

    async def test_one_of_enterprise_does(self, tmp_path: Path) -> None:
        lab = Partitions(tmp_path, CONFIGURATION)
        assert (await lab.apply()).outcome is not None
        fits(await taken(lab))


class TestContent:
    async def test_it_has_the_keys_of_the_format(self, applied: Estate) -> None:
        world = await taken(applied)
        assert world["format"] == "reconciler-snapshot/1"
        dc1 = world["clusters"]["dc1"]
        assert (dc1["datacenter"], dc1["version"], dc1["default_intention"]) == ("dc1", "1.20.0", "allow")
        assert dc1["gateway"] is True
        assert dc1["services"] == [{"name": "api", "instances": 1, "protocol": "tcp"}]
        assert {one["Kind"] for one in dc1["config_entries"]} == {"exported-services", "service-intentions"}
        assert "unknown" not in dc1

    async def test_a_peering_has_both_names_and_what_each_end_says(self, applied: Estate) -> None:
        link = (await taken(applied))["peerings"][0]
        assert (link["acceptor"], link["dialer"]) == ("dc1", "dc2")
        assert (link["name_at_acceptor"], link["name_at_dialer"]) == ("us-prod", "eu-prod")
        assert (link["state_at_acceptor"], link["state_at_dialer"]) == ("ACTIVE", "ACTIVE")
        assert (link["exported_at_acceptor"], link["imported_at_dialer"]) == (["api"], ["api"])

    async def test_everything_is_read_once(self, applied: Estate) -> None:
        applied.clear()
        await taken(applied)
        assert max(Counter(applied.reads).values()) == 1
        assert applied.writes == []

    async def test_the_file_is_for_its_owner_only(self, applied: Estate) -> None:
        path = await applied.snapshot()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    async def test_addresses_are_kept_only_where_that_is_asked_for(self, applied: Estate) -> None:
        assert "10.9.8.7" not in json.dumps(await taken(applied))
        world = await taken(applied, addresses=True)
        assert world["clusters"]["dc1"]["gateway_addresses"][0]["wan_address"] == "10.9.8.7:8443"
        assert world["clusters"]["dc1"]["server_addresses"]
        assert world["peerings"][0]["server_addresses_at_dialer"]

    async def test_kinds_that_a_server_does_not_know_are_not_asked_for_and_not_unknown(
        self, tmp_path: Path
    ) -> None:
        lab = Lab(tmp_path, 2, version="1.14")
        lab.write(lab.clusters_yaml())
        world = await taken(lab)
        assert "unknown" not in world["clusters"]["dc1"]
        assert not any("jwt-provider" in path for path in lab.reads)

    async def test_a_file_that_cannot_be_written_is_an_error(self, applied: Estate) -> None:
        with pytest.raises(Failure) as raised:
            await app.take_snapshot(applied.options(), applied.folder)
        assert raised.value.cause is Cause.USAGE
        assert "directory" in raised.value.detail


class TestUnknown:
    """Unknown is never absent."""

    async def test_a_cluster_that_does_not_answer_is_there_with_why(self, applied: Estate) -> None:
        applied.world.down("dc1")
        world = await taken(applied)
        assert world["clusters"]["dc1"]["unknown"]["cluster"]
        assert world["clusters"]["dc1"]["gateway"] is None
        assert world["peerings"][0]["state_at_dialer"]
        assert (world["peerings"][0]["acceptor"], world["peerings"][0]["name_at_acceptor"]) == (
            "dc1",
            "us-prod",
        )
        assert world["peerings"][0]["unknown_at_acceptor"] == world["clusters"]["dc1"]["unknown"]["cluster"]

    async def test_where_none_answers_the_peering_is_still_named(self, applied: Estate) -> None:
        applied.world.down("dc1")
        applied.world.down("dc2")
        world = await taken(applied)
        assert [(one["acceptor"], one["dialer"]) for one in world["peerings"]] == [("dc1", "dc2")]

    async def test_a_peer_outside_the_configuration_is_named_by_its_alias(self, applied: Estate) -> None:
        applied.write(f'clusters: {{dc1: {{address: "{applied.world.url("dc1")}"}}}}\n')
        options = applied.options(state_path=applied.folder / "other")
        await app.take_snapshot(options, applied.folder / "one.json")
        world = json.loads((applied.folder / "one.json").read_text())
        assert list(world["clusters"]) == ["dc1"]
        assert world["peerings"][0]["dialer"] == "peer:us-prod"

    async def test_a_token_that_may_read_nothing_leaves_nothing_absent(self, tmp_path: Path) -> None:
        lab = Lab(tmp_path, 1, acl=True)
        lab.write(lab.clusters_yaml())
        headers = {"x-consul-token": MANAGEMENT_TOKEN}
        sources = [{"Name": "web", "Action": "allow"}]
        body = {"Kind": "service-intentions", "Name": "api", "Sources": sources}
        lab.call("dc1", "PUT", "/v1/config", body, headers)
        token = lab.call("dc1", "PUT", "/v1/acl/token", {}, headers)
        lab.environ["RECONCILER_TOKEN_DC1"] = token["SecretID"]
        dc1 = (await taken(lab))["clusters"]["dc1"]
        assert {"services", "service-intentions", "peerings"} <= set(dc1["unknown"])
        assert (dc1["gateway"], dc1["default_intention"]) == (None, None)

    async def test_a_list_that_the_token_cuts_is_unknown_and_has_what_is_shown(self, tmp_path: Path) -> None:
        lab = Lab(tmp_path, 1, acl=True)
        lab.write(lab.clusters_yaml())
        headers = {"x-consul-token": MANAGEMENT_TOKEN}
        for name in ("api", "db"):
            body = {"Kind": "service-defaults", "Name": name, "Protocol": "http"}
            lab.call("dc1", "PUT", "/v1/config", body, headers)
        rules = 'service "api" { policy = "read" } node_prefix "" { policy = "read" }'
        lab.call("dc1", "PUT", "/v1/acl/policy", {"Name": "one", "Rules": rules}, headers)
        token = lab.call("dc1", "PUT", "/v1/acl/token", {"Policies": [{"Name": "one"}]}, headers)
        lab.environ["RECONCILER_TOKEN_DC1"] = token["SecretID"]
        dc1 = (await taken(lab))["clusters"]["dc1"]
        shown = [one["Name"] for one in dc1["config_entries"] if one["Kind"] == "service-defaults"]
        assert shown == ["api"]
        assert "only in part" in dc1["unknown"]["service-defaults"]


KEYS = base64.b64encode(json.dumps({"keys": [{"kty": "oct", "k": CANARY}]}).encode()).decode()


class TestSecrets:
    """Nothing of it is in the file, whoever wrote it and whatever the configuration says of it."""

    async def test_what_kinds_call_secret(self, applied: Estate) -> None:
        for entry in (
            {
                "Kind": "jwt-provider",
                "Name": "okta",
                "Issuer": "x",
                "JSONWebKeySet": {"Local": {"JWKS": KEYS}},
            },
            {
                "Kind": "proxy-defaults",
                "Name": "global",
                "Config": {"envoy_tracing_json": f"{CANARY}-tracing"},
            },
        ):
            applied.call("dc2", "PUT", "/v1/config", entry)
        text = json.dumps(await taken(applied))
        assert "okta" in text
        assert CANARY not in text
        assert KEYS not in text

    async def test_what_the_configuration_calls_sensitive(self, estate: Estate) -> None:
        estate.declare(
            WHOLE
            + f"variables: {{owner: {{sensitive: true, default: {CANARY}-owner}}}}\n"
            + "config_entries: {dc1: [{Kind: service-defaults, Name: api, Meta: {owner: '${var.owner}'}}]}\n"
        )
        await estate.apply()
        assert CANARY in json.dumps(estate.call("dc1", "GET", "/v1/config/service-defaults/api"))
        text = json.dumps(await taken(estate))
        assert CANARY not in text
        assert '"owner": "(sensitive value)"' in text

    async def test_what_was_changed_outside_at_a_sensitive_place(self, estate: Estate) -> None:
        estate.declare(
            PEERED
            + f"variables: {{owner: {{sensitive: true, default: {CANARY}-owner}}}}\n"
            + "config_entries: {dc1: [{Kind: service-defaults, Name: api, Meta: {owner: '${var.owner}'}}]}\n"
        )
        await estate.apply()
        other = {"Kind": "service-defaults", "Name": "api", "Meta": {"owner": f"{CANARY}-other"}}
        estate.call("dc1", "PUT", "/v1/config", other)
        assert CANARY not in json.dumps(await taken(estate))

    async def test_tokens(self, tmp_path: Path) -> None:
        lab = Lab(tmp_path, 2, acl=True)
        lab.write(lab.clusters_yaml() + PEERED)
        for name in lab.names:
            lab.environ[f"RECONCILER_TOKEN_{name.upper()}"] = MANAGEMENT_TOKEN
        await lab.apply()
        text = json.dumps(await taken(lab, addresses=True))
        assert MANAGEMENT_TOKEN not in text
        assert "EstablishmentSecret" not in text


class TestPartitions:
    """Of Enterprise each declared cluster is one partition, and one namespace of it."""

    async def test_each_is_read_in_its_own_place(self, tmp_path: Path) -> None:
        lab = Partitions(tmp_path, CONFIGURATION)
        done = (await lab.apply()).outcome
        assert done is not None
        assert done.failed == ()
        world = await taken(lab)
        team = world["clusters"]["team"]
        assert team.get("unknown", {}) == {}
        assert (team["edition"], world["clusters"]["old"]["edition"]) == ("enterprise", "community")
        places = {one["Kind"]: (one.get("Partition"), one.get("Namespace")) for one in team["config_entries"]}
        assert places["exported-services"][0] == "team"  # it is of the whole partition
        assert places["service-intentions"] == ("team", "finance")
        assert not any(one.get("Partition") == "team" for one in world["clusters"]["dc1"]["config_entries"])
        ends = {frozenset((one["acceptor"], one["dialer"])) for one in world["peerings"]}
        assert frozenset(("team", "west")) in ends
