"""Archives of snapshots, as `consul snapshot` reads them: a gzipped tar of metadata, state and sums."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import zlib
from typing import Any

from .cluster import Cluster

LARGEST = 1 << 20
STATE, META, SUMS = "state.bin", "meta.json", "SHA256SUMS"


def pack(state: bytes, index: int, cluster: Cluster) -> bytes:
    """Return the archive of a state that was taken at a raft index."""
    files = {META: json.dumps(_meta(len(state), index, cluster)).encode(), STATE: state}
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items())
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in {**files, SUMS: sums.encode()}.items():
            about = tarfile.TarInfo(name)
            about.size, about.mode = len(data), 0o600
            tar.addfile(about, io.BytesIO(data))
    return gzip.compress(out.getvalue(), mtime=0)


def _meta(size: int, index: int, cluster: Cluster) -> dict[str, Any]:
    server = {"Suffrage": 0, "ID": cluster.node_id, "Address": cluster.server_addresses[0]}
    return {
        "Version": 1,
        "ID": f"2-{index}-0",
        "Index": index,
        "Term": 2,
        "Peers": "",
        "Configuration": {"Servers": [server]},
        "ConfigurationIndex": 1,
        "Size": size,
    }


def unpack(body: bytes) -> bytes:
    """Return the state of an archive; nothing where it is none, or too large to be one of ours."""
    try:
        plain = zlib.decompressobj(wbits=31).decompress(body, LARGEST)
        with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
            member = tar.extractfile(STATE)
            return member.read() if member is not None else b""
    except (tarfile.TarError, zlib.error, EOFError, KeyError, OSError):
        return b""
