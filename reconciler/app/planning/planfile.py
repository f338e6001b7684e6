"""Plan files: data that is recomputed and compared, never executed.

A plan file holds the plan and a checksum. The checksum finds accidents. Against forgery two things help: the
digest and the fingerprint are computed from the content when the file is read, so that they match what is
shown; `apply` plans again and compares the whole digest. The file is written 0600: bodies of config entries
are not secret, but who may call whom is not public either.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Plan
from reconciler.model.plan_codec import decode, encode
from reconciler.model.plan_digest import sealed
from reconciler.sdk.causes import out_of_files
from reconciler.sdk.files import read_file, write_file

MAX_BYTES = 512 * 1024 * 1024


def save_plan(plan: Plan, path: Path) -> None:
    """Write a plan. Raises `Failure` where the file cannot be written."""
    content = encode(plan)
    text = json.dumps({"plan": content, "checksum": _checksum(content)}, ensure_ascii=True)
    try:
        write_file(path, text.encode())
    except (OSError, ValueError) as error:  # ValueError: a path without a name, or with a NUL
        why = getattr(error, "strerror", None) or str(error)
        raise Failure(Cause.USAGE, f"cannot write the plan to {path}", detail=why) from None


def load_plan(path: Path) -> Plan:
    """Read a plan file. Raises `Failure` naming what is wrong with it."""
    try:
        value = json.loads(read_file(path, MAX_BYTES))
    except OSError as error:
        raise _bad(path, out_of_files(error) or error.strerror or str(error)) from None
    except (ValueError, RecursionError):
        raise _bad(path, "it is not a plan file") from None
    return _checked(path, value)


def _checked(path: Path, value: Any) -> Plan:
    if not isinstance(value, dict) or not isinstance(value.get("plan"), dict):
        raise _bad(path, "it is not a plan file")
    if value.get("checksum") != _checksum(value["plan"]):
        raise _bad(path, "it was changed after it was written")
    try:
        written = decode(value["plan"])
        plan = sealed(written)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _bad(path, f"not a plan: {error}") from None
    if (plan.digest, plan.fingerprint) != (written.digest, written.fingerprint):
        raise _bad(path, "its content does not match its digest")
    return plan


def _bad(path: Path, why: str) -> Failure:
    return Failure(
        Cause.BAD_PLAN_FILE,
        f"cannot read the plan file {path}",
        detail=why,
        hint="create a new one: reconciler plan -out FILE",
    )


def _checksum(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
