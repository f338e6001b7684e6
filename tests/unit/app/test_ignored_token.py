"""`CONSUL_HTTP_TOKEN` is sent nowhere: it names no cluster. Where it seems to be meant, that is said."""

from __future__ import annotations

from reconciler.app.workspace.credentials import ignored_token
from reconciler.config.operating.settings import Credential
from reconciler.model.desired import Cluster

CLUSTERS = {name: Cluster(name, f"https://{name}.example.com", "consul") for name in ("dc1", "dc-2")}


def test_a_token_for_no_cluster_is_named_with_the_clusters_that_get_none() -> None:
    [warning] = ignored_token(CLUSTERS, {}, {"CONSUL_HTTP_TOKEN": "x", "RECONCILER_TOKEN_DC1": "y"})
    assert not warning.is_error
    assert warning.summary == "CONSUL_HTTP_TOKEN is set and not used: no token is sent to dc-2"
    assert "CONSUL_HTTP_TOKEN_DC_2" in warning.hint


def test_nothing_is_said_where_it_is_not_set_or_each_cluster_has_its_own() -> None:
    assert ignored_token(CLUSTERS, {}, {}) == ()
    own = {"dc1": Credential(token_env="A"), "dc-2": Credential(token_file="b")}
    assert ignored_token(CLUSTERS, own, {"CONSUL_HTTP_TOKEN": "x"}) == ()
