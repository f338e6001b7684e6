"""What gossip says of a server: its addresses, version and place, as tags."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.core.cluster import Cluster

Value = dict[str, Any]
REVISION = "00000000"


def port_of(cluster: Cluster, name: str) -> int:
    """Return the number of one announced port of a cluster's server."""
    return int(cluster.address(name).rpartition(":")[2])


def member(cluster: Cluster, *, wan: bool = False) -> Value:
    """Return a server as gossip knows it."""
    tls = {"grpc_tls_port": str(port_of(cluster, "grpc_tls"))} if cluster.version.at_least(14) else {}
    tags = {
        "acls": "1" if cluster.acl else "0",
        "build": f"{cluster.version.text.replace('-', '')}:{REVISION}",
        "dc": cluster.datacenter,
        "ft_fs": "1",
        "ft_si": "1",
        "grpc_port": str(port_of(cluster, "grpc")),
        **tls,
        "id": cluster.node_id,
        "port": str(port_of(cluster, "server")),
        "raft_vsn": "3",
        "role": "consul",
        "segment": "",
        "vsn": "2",
        "vsn_max": "3",
        "vsn_min": "2",
        **({} if wan else {"wan_join_port": str(port_of(cluster, "serf_wan"))}),
    }
    if cluster.servers == 1 and cluster.bootstrap:
        tags["bootstrap"] = "1"
    return {
        "Name": f"{cluster.node}.{cluster.datacenter}" if wan else cluster.node,
        "Addr": cluster.host,
        "Port": port_of(cluster, "serf_wan" if wan else "serf_lan"),
        "Tags": dict(sorted(tags.items())),
        "Status": 1,
        "ProtocolMin": 1,
        "ProtocolMax": 5,
        "ProtocolCur": 2,
        "DelegateMin": 2,
        "DelegateMax": 5,
        "DelegateCur": 4,
    }
