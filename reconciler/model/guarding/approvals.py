"""Approvals of a saved plan: who signed it, and what each signature is worth."""

from __future__ import annotations

from reconciler.sdk.dataclass import dataclass

NAMESPACE = "reconciler-plan"  # of the signatures: one that was made for anything else is worth nothing


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody who may approve. `key` is the public key as in `authorized_keys`: its type and its text."""

    name: str
    key: str


@dataclass(frozen=True, slots=True)
class ApprovalSettings:
    """The section `approvals`. `required`: how many a plan needs. Signers are listed, or in a file in the
    format of `allowed_signers` (see ssh-keygen(1)).
    """

    required: int = 0
    signers: tuple[Signer, ...] = ()
    signers_file: str | None = None

    @property
    def knows_signers(self) -> bool:
        """Whether signers are named."""
        return bool(self.signers or self.signers_file)


@dataclass(frozen=True, slots=True)
class Approved:
    """A signature that counts: whose, with which key (its SHA256 fingerprint), in which file."""

    name: str
    key: str
    file: str


@dataclass(frozen=True, slots=True)
class Worthless:
    """A signature that does not count, and why."""

    file: str
    why: str


@dataclass(frozen=True, slots=True)
class Approvals:
    """The approvals of a plan, and how many it needs."""

    required: int = 0
    given: tuple[Approved, ...] = ()
    worthless: tuple[Worthless, ...] = ()

    @property
    def is_enough(self) -> bool:
        """Whether enough different signers approved, with different keys."""
        return len(self.given) >= self.required

    def __str__(self) -> str:
        """Return `1 of 2: anna (SHA256:…)`."""
        of = f" of {self.required}" if self.required else ""
        names = ", ".join(f"{item.name} ({item.key})" for item in self.given)
        return f"{len(self.given)}{of}{f': {names}' if names else ''}"


def statement(fingerprint: str, digest: str, lineage: str, serial: int) -> str:
    """Return the text that is signed. It names one plan: the digest covers all that it does, and on what."""
    return (
        "I approve this plan of reconciler.\n"
        f"fingerprint: {fingerprint}\n"
        f"digest: sha256:{digest}\n"
        f"lineage: {lineage or 'none'}\n"
        f"serial: {serial}\n"
    )
