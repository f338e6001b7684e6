"""Approvals: a saved plan is signed with SSH keys, and applied when enough different signers did so.

A signature is over a small text that names the plan (`statement`). It lies beside the plan, as
`PLANFILE.NAME.sig`, and the text as `PLANFILE.statement`, so that ssh-keygen alone can verify it. The text of
that file is not read: it is derived from the plan.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.app.guarding import signatures
from reconciler.app.options import Options
from reconciler.app.planning.planfile import load_plan
from reconciler.config.operating.reading import load_operator
from reconciler.config.operating.settings import OperatorSettings
from reconciler.model.failure import Cause, Failure
from reconciler.model.guarding.approvals import (
    NAMESPACE,
    Approvals,
    ApprovalSettings,
    Approved,
    Worthless,
    statement,
)
from reconciler.model.plan import Plan
from reconciler.sdk.files import read_file, write_file

MAX_BYTES = 64 * 1024
_NONE = "no signer is named in reconciler.yaml"
_NAME_THEM = "name them: approvals: {required: 2, signers: [{name: anna, key: ssh-ed25519 …}]}"


def approve(options: Options, planfile: Path, key: Path | None) -> tuple[Approved, Approvals]:
    """Sign a saved plan, and return the signature and all approvals of the plan. Without a key, the agent's
    key of a signer signs. Raises `Failure` where the key is no signer's or cannot sign.
    """
    signatures.check_installed()
    plan = load_plan(planfile)
    settings = load_operator(options.root).approvals
    if not settings.knows_signers:
        raise Failure(Cause.USAGE, f"cannot approve: {_NONE}", hint=_NAME_THEM)
    with _signers(settings, options.root) as allowed, _key(key, settings) as used:
        signed = signatures.sign(_text(plan), used, NAMESPACE)
        found = _judged(signed, "", plan, allowed)
    if isinstance(found, Worthless):
        raise Failure(
            Cause.USAGE,
            f"this signature would count for nothing: {found.why}",
            hint="sign with a signer's key",
        )
    file = planfile.with_name(f"{planfile.name}.{_in_file_name(found.name)}.sig")
    _write(planfile.with_name(planfile.name + ".statement"), _text(plan).encode())
    _write(file, signed)
    return Approved(found.name, found.key, file.name), of_plan(settings, options, planfile, plan)


def approvals(options: Options, planfile: Path) -> Approvals:
    """Return the approvals of a saved plan, with those that do not count. Raises `Failure`."""
    settings = load_operator(options.root).approvals
    return of_plan(settings, options, planfile, load_plan(planfile))


def check_approved(
    operator: OperatorSettings, options: Options, saved: Path | None, plan: Plan | None
) -> tuple[Approved, ...]:
    """Return the approvals of the saved plan of a run.

    Raises `Failure` where fewer are given than the operator, or the run, asks for.
    """
    settings = operator.approvals
    required = max(settings.required, options.permits.approvals)
    if saved is None or plan is None:
        if required:
            raise _unsaved(required)
        return ()
    if required and not settings.knows_signers:
        raise Failure(Cause.CONFIGURATION, f"approvals are required, and {_NONE}", hint=_NAME_THEM)
    if not required and not (settings.knows_signers and _files(saved)):
        return ()
    found = of_plan(settings, options, saved, plan)
    if not found.is_enough:
        raise _too_few(found, saved)
    return found.given


def of_plan(settings: ApprovalSettings, options: Options, planfile: Path, plan: Plan) -> Approvals:
    """Return the approvals of a plan that was read from this file. Raises `Failure`."""
    required = max(settings.required, options.permits.approvals)
    files = _files(planfile)
    if not files or not settings.knows_signers:
        return Approvals(required, (), tuple(Worthless(file.name, _NONE) for file in files))
    signatures.check_installed()
    given: list[Approved] = []
    worthless: list[Worthless] = []
    with _signers(settings, options.root) as allowed:
        for file in files:
            found = _read(file, plan, allowed)
            twice = isinstance(found, Approved) and _twice(found, given)
            if isinstance(found, Worthless):
                worthless.append(found)
            elif twice:
                worthless.append(Worthless(file.name, twice))
            else:
                given.append(found)
    return Approvals(required, tuple(given), tuple(worthless))


def _twice(found: Approved, given: list[Approved]) -> str:
    """Return why an approval counts only once; empty where it is the first one."""
    for other in given:
        if other.key == found.key:
            return f"{other.file} is of the same key"
        if other.name == found.name:
            return f"{other.file} is of the same signer, {other.name}"
    return ""


def _read(file: Path, plan: Plan, allowed: Path) -> Approved | Worthless:
    try:
        content = read_file(file, MAX_BYTES)
    except (OSError, ValueError) as error:
        return Worthless(file.name, getattr(error, "strerror", None) or str(error))
    return _judged(content, file.name, plan, allowed)


def _judged(content: bytes, name: str, plan: Plan, allowed: Path) -> Approved | Worthless:
    """Return what a signature is worth for this plan and these signers."""
    try:
        says = signatures.read_signature(content)
    except ValueError as error:
        return Worthless(name, str(error))
    if says.namespace != NAMESPACE:
        return Worthless(name, f'it was made for "{says.namespace}", not for {NAMESPACE}')
    names, said = signatures.principals(content, allowed)
    if not names:
        why = "has expired" if "expired" in said else "is not yet valid" if "not yet" in said else ""
        return Worthless(name, f"the key {says.key} {why or 'is of no signer'}")
    why = signatures.verified(_text(plan), content, allowed, names[0], NAMESPACE)
    if why:
        return Worthless(name, f"it is not of this plan, or was changed ({names[0]}: {why})")
    return Approved(names[0], says.key, name)


def _text(plan: Plan) -> str:
    """Return the text that is signed for a plan."""
    return statement(plan.fingerprint, plan.digest, plan.lineage, plan.serial)


def _files(planfile: Path) -> list[Path]:
    """Return the files of signatures beside a plan, in the order of their names."""
    begin, end = f"{planfile.name}.", ".sig"
    try:
        found = [one for one in planfile.parent.iterdir() if one.name.startswith(begin)]
    except OSError:
        return []
    return sorted(one for one in found if one.name.endswith(end) and len(one.name) > len(begin + end) - 1)


@contextmanager
def _signers(settings: ApprovalSettings, root: Path) -> Iterator[Path]:
    """Yield a file of signers as ssh-keygen reads it."""
    if settings.signers_file is not None:
        path = root / settings.signers_file
        if not path.is_file():
            raise Failure(Cause.CONFIGURATION, f"approvals.signers_file: there is no file {path}")
        yield path
        return
    lines = [f'{one.name} namespaces="{NAMESPACE}" {one.key}\n' for one in settings.signers]
    with tempfile.NamedTemporaryFile("w", prefix="reconciler-", suffix=".signers") as file:
        file.writelines(lines)
        file.flush()
        yield Path(file.name)


@contextmanager
def _key(key: Path | None, settings: ApprovalSettings) -> Iterator[Path]:
    """Yield the key file to sign with: the one that is given, else the agent's key of a listed signer."""
    if key is not None:
        yield key
        return
    with tempfile.NamedTemporaryFile("w", prefix="reconciler-", suffix=".pub") as file:
        file.write(_of_agent(settings) + "\n")
        file.flush()
        yield Path(file.name)


def _of_agent(settings: ApprovalSettings) -> str:
    """Return the only key of the agent, or the one that is a signer's. Raises `Failure` where none is."""
    held = signatures.agent_keys()
    listed = {signatures.key_fingerprint(one.key) for one in settings.signers}
    fit = [key for key in held if signatures.key_fingerprint(key) in listed] if listed else list(held)
    if len(fit) == 1:
        return fit[0]
    why = "ssh-agent has no key of a signer" if not fit else f"ssh-agent has {len(fit)} keys that could sign"
    raise Failure(Cause.USAGE, f"cannot approve: {why}", hint="say which key: --key FILE")


def _in_file_name(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "@.-_+" else "_" for letter in name)


def _write(path: Path, content: bytes) -> None:
    try:
        write_file(path, content)
    except OSError as error:
        raise Failure(Cause.USAGE, f"cannot write {path}", detail=error.strerror or str(error)) from None


def _unsaved(required: int) -> Failure:
    some = "1 approval is" if required == 1 else f"{required} approvals are"
    return Failure(
        Cause.REFUSED,
        f"{some} required, and only a saved plan can be approved",
        detail="Nothing was written.",
        hint="save the plan and have it approved: reconciler plan -out FILE, reconciler approve FILE",
    )


def _too_few(found: Approvals, saved: Path) -> Failure:
    lines = [f"{item.file} counts for nothing: {item.why}" for item in found.worthless]
    return Failure(
        Cause.REFUSED,
        f"{saved} has {len(found.given)} of {found.required} approvals that are required",
        detail="\n".join([*(f"approved by {item.name} ({item.key})" for item in found.given), *lines])
        or "Nothing was written.",
        hint=f"each signer approves it with a key of their own: reconciler approve {saved}",
    )
