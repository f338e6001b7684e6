"""SSH signatures as `ssh-keygen -Y` makes and verifies them: the one place that runs ssh-keygen."""

from __future__ import annotations

import base64
import binascii
import hashlib
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from reconciler.model.failure import Cause, Failure
from reconciler.sdk.dataclass import dataclass

_BEGIN, _END = b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----"
_MAGIC = b"SSHSIG"
_SECONDS = 120  # a person may have to touch a key or to type a passphrase


@dataclass(frozen=True, slots=True)
class Signature:
    """What a signature says of itself, before it is verified. `key` is the key's SHA256 fingerprint."""

    key: str
    namespace: str


def read_signature(content: bytes) -> Signature:
    """Return what an armored signature says of itself. Raises `ValueError` for anything else."""
    text = content.strip()
    if not (text.startswith(_BEGIN) and text.endswith(_END)):
        raise ValueError("it is no SSH signature")
    try:
        blob = base64.b64decode(b"".join(text[len(_BEGIN) : -len(_END)].split()), validate=True)
        if blob[:6] != _MAGIC or blob[6:10] != b"\0\0\0\1":
            raise ValueError("no version of it that is known")
        public, rest = _part(blob[10:])
        namespace, _ = _part(rest)
        return Signature(fingerprint(public), namespace.decode())
    except (binascii.Error, struct.error, ValueError):
        raise ValueError("it is no SSH signature") from None


def _part(blob: bytes) -> tuple[bytes, bytes]:
    """Return the first text of an SSH message, and the rest."""
    (length,) = struct.unpack(">I", blob[:4])
    if length > len(blob) - 4:
        raise ValueError(length)
    return blob[4 : 4 + length], blob[4 + length :]


def fingerprint(public: bytes) -> str:
    """Return the fingerprint of a public key as `ssh-keygen -l` prints it: `SHA256:…`."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(public).digest()).decode().rstrip("=")


def key_fingerprint(key: str) -> str:
    """Return the fingerprint of a key as it is in `authorized_keys`. Raises `ValueError` for what is none."""
    _, _, text = key.strip().partition(" ")
    return fingerprint(base64.b64decode(text.split(" ")[0], validate=True))


def sign(text: str, key: Path, namespace: str) -> bytes:
    """Return the signature of a text with a key file, or with the agent's key where it is a public one.

    Raises `Failure` saying why it cannot be made.
    """
    done = _run(["-Y", "sign", "-n", namespace, "-f", str(key)], text)
    if done.returncode:
        raise Failure(
            Cause.USAGE,
            f"cannot sign with {key}",
            detail=_said(done),
            hint="give a private key file, or a public one whose private key is in ssh-agent: --key FILE",
        )
    return done.stdout


def agent_keys() -> tuple[str, ...]:
    """Return the public keys that ssh-agent has; none where there is no agent."""
    tool = shutil.which("ssh-add")
    if tool is None:
        return ()
    done = subprocess.run(  # noqa: S603 - a fixed command
        [tool, "-L"], capture_output=True, timeout=_SECONDS, check=False
    )
    return tuple(done.stdout.decode(errors="replace").splitlines()) if done.returncode == 0 else ()


def principals(signature: bytes, signers: Path) -> tuple[tuple[str, ...], str]:
    """Return the names that a file of signers gives to the key of a signature, and what ssh-keygen says."""
    with _kept(signature) as file:
        done = _run(["-Y", "find-principals", "-s", file.name, "-f", str(signers)], "")
    names = done.stdout.decode(errors="replace").splitlines() if done.returncode == 0 else []
    return tuple(name for line in names for name in line.split(",") if name), _said(done)


def verified(text: str, signature: bytes, signers: Path, name: str, namespace: str) -> str:
    """Return why a signature of a text does not hold for a signer; empty where it holds."""
    with _kept(signature) as file:
        arguments = ["-Y", "verify", "-f", str(signers), "-I", name, "-n", namespace, "-s", file.name]
        done = _run(arguments, text)
    return "" if done.returncode == 0 else _said(done) or "it does not verify"


def check_installed() -> str:
    """Return the path of ssh-keygen. Raises `Failure` where it is not installed."""
    tool = shutil.which("ssh-keygen")
    if tool is None:
        raise Failure(
            Cause.USAGE,
            "approvals need ssh-keygen, which is not installed",
            hint="install OpenSSH 8.2 or later (the package openssh-client)",
        )
    return tool


def _kept(content: bytes) -> tempfile._TemporaryFileWrapper[bytes]:
    """Return a file that only we can read, with this content; ssh-keygen takes no other form."""
    file = tempfile.NamedTemporaryFile(prefix="reconciler-", suffix=".sig")  # noqa: SIM115 - the caller's
    file.write(content)
    file.flush()
    return file


def _run(arguments: Sequence[str], text: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - without a shell, and every argument is ours or a path
            [check_installed(), *arguments],
            input=text.encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failure(Cause.USAGE, f"ssh-keygen did not answer within {_SECONDS} s") from None


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return "; ".join(line for line in lines if not line.startswith("Signing data"))
