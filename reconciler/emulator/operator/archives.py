"""Archives of snapshots, as `consul snapshot` reads them: a gzipped tar of metadata, state and sums."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import zlib
from typing import Any

from reconciler.emulator.core.cluster import Cluster

LARGEST = 1 << 20
END = 1024  # two empty blocks end a tar; Python's would be padded further, which Consul does not take
STATE, META, SUMS = "state.bin", "meta.json", "SHA256SUMS"


def pack(name: str, index: int, cluster: Cluster) -> bytes:
    """Return the archive of what has this name, taken at a raft index: it holds no rows, only the index."""
    state = b"\x81\xa9LastIndex\xcf" + index.to_bytes(8, "big")
    files = {META: json.dumps(_meta(name, len(state), index, cluster)).encode(), STATE: state}
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {file}\n" for file, data in files.items())
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for file, data in {**files, SUMS: sums.encode()}.items():
            about = tarfile.TarInfo(file)
            about.size, about.mode = len(data), 0o600
            tar.addfile(about, io.BytesIO(data))
        end = tar.offset + END
    return gzip.compress(out.getvalue()[:end], mtime=0)


def _meta(name: str, size: int, index: int, cluster: Cluster) -> dict[str, Any]:
    server = {"Suffrage": 0, "ID": cluster.node_id, "Address": cluster.server_addresses[0]}
    return {
        "Version": 1,
        "ID": name,
        "Index": index,
        "Term": 2,
        "Peers": "",
        "Configuration": {"Servers": [server]},
        "ConfigurationIndex": 1,
        "Size": size,
    }


def named(body: bytes) -> str:
    """Return the name of an archive; "" where it is none, or too large to be one of ours."""
    try:
        plain = zlib.decompressobj(wbits=31).decompress(body, LARGEST)
        with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
            member = tar.extractfile(META)
            return str(json.load(member)["ID"]) if member is not None else ""
    except (tarfile.TarError, zlib.error, EOFError, KeyError, TypeError, ValueError, OSError):
        return ""
