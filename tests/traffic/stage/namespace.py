"""A network namespace of a test's own, in which a transparent proxy takes the traffic of an application.

Whatever the entering thread opens or starts meanwhile is in there: servers, agents, proxies, and the
product's own requests. It has no name, so nothing is left of it, not even after a crash: the kernel removes
it with its last process and file.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

PROXY_UID, CALLER_UID = 0, 4_000  # proxies run as the tests do; the application that calls does not
OUTSIDE = "10.99.0.1"  # an address in there that no mesh knows of
VIRTUAL = "240.0.0.0/4"  # where Consul takes virtual addresses from

_NETWORK = 0x40000000  # CLONE_NEWNET; os.setns and os.unshare came with Python 3.12
_PREPARED = (
    ("ip", "link", "set", "lo", "up"),
    ("ip", "address", "add", f"{OUTSIDE}/32", "dev", "lo"),
    ("ip", "route", "add", "local", VIRTUAL, "dev", "lo"),
)
_TRIED = (
    *_PREPARED,
    ("iptables", "-t", "nat", "-A", "OUTPUT", "-p", "tcp", "-m", "owner", "--uid-owner", "0", "-j", "RETURN"),
    ("iptables", "-t", "nat", "-A", "OUTPUT", "-p", "tcp", "-j", "REDIRECT", "--to-port", "1"),
)


def lacking() -> str:
    """What this machine lacks for such a namespace; empty where it has all."""
    if os.geteuid() != 0:
        return "root: only root makes network namespaces and redirects in them"
    commands = {"ip": "iproute2", "iptables": "iptables", "unshare": "util-linux"}
    missing = [f"{name} (package {package})" for name, package in commands.items() if not shutil.which(name)]
    if missing:
        return ", ".join(missing)
    script = " && ".join(" ".join(command) for command in _TRIED)
    tried = _ran(["unshare", "--net", "sh", "-c", script])
    return tried.stderr.strip() if tried.returncode else ""


class Namespace:
    """One namespace: its loopback is up, and virtual addresses are local to it."""

    def __init__(self) -> None:
        self._outside = _current()
        _called("unshare", _NETWORK)
        try:
            self._inside = _current()
            for command in _PREPARED:
                _run(command)
        finally:
            _called("setns", self._outside, _NETWORK)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """This thread in the namespace meanwhile, with the processes and threads that it starts."""
        _called("setns", self._inside, _NETWORK)
        try:
            yield
        finally:
            _called("setns", self._outside, _NETWORK)

    def close(self) -> None:
        """Let go of it."""
        os.close(self._inside)
        os.close(self._outside)


def redirect(consul: str, http: str, proxy: str, dns: int) -> None:
    """Let a sidecar take what other users send, and an agent their questions for names. Call it inside."""
    about = ["-proxy-id", proxy, "-proxy-uid", str(PROXY_UID)]
    names = ["-consul-dns-ip", "127.0.0.1", "-consul-dns-port", str(dns)]
    _run([consul, "connect", "redirect-traffic", f"-http-addr={http}", *about, *names])


def caller_socket() -> socket.socket:
    """A tcp socket of the calling application's: iptables goes by the user who made it."""
    os.seteuid(CALLER_UID)
    try:
        return socket.socket()
    finally:
        os.seteuid(PROXY_UID)


def _run(command: Sequence[str]) -> None:
    done = _ran(command)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"


def _ran(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, capture_output=True, text=True)


def _current() -> int:
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)


def _called(function: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{function}: {os.strerror(ctypes.get_errno())}")
