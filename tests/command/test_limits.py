"""Few file descriptors (`ulimit -n`): named, with the limit and what to do, wherever they run out."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
from pathlib import Path
from typing import Any, NoReturn

import httpx
import pytest

from reconciler.app.workspace.credentials import find_token
from reconciler.config.operating.settings import Credential
from reconciler.model.failure import Failure
from reconciler.sdk.causes import MORE_FILES, out_of_files
from reconciler.sdk.errors import NotSent
from reconciler.sdk.http.errors import from_transport
from reconciler.statestore.factory import open_store
from reconciler.statestore.local.files import Files
from tests.support.command.lab import CommandLab

FULL = OSError(errno.EMFILE, "Too many open files")


def full(*_: object, **__: object) -> NoReturn:
    raise OSError(errno.EMFILE, "Too many open files")


@pytest.mark.long
@pytest.mark.parametrize("limit", range(7, 20))
def test_with_few_files_a_run_works_or_says_what_it_lacks(lab: CommandLab, limit: int) -> None:
    """Each limit strikes at another place: a module, the state, a socket, a generation."""
    process = lab.start(
        "apply",
        "--auto-approve",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)),
    )
    ended = lab.end(process, "apply")
    assert "defect" not in ended.text
    assert "Traceback" not in ended.text
    assert "Exception ignored" not in ended.text
    if ended.code:
        ended.expect(ended.code, "too many open files", str(limit), "ulimit -n")


def test_a_connection_this_machine_cannot_open_is_not_the_clusters_fault() -> None:
    error = httpx.ConnectError("All connection attempts failed")
    error.__cause__ = ExceptionGroup("several", [FULL])
    mapped = from_transport(error, "dc1", "127.0.0.1:8500")
    assert isinstance(mapped, NotSent)
    assert "no connection to dc1" in mapped.message
    assert str(os.sysconf("SC_OPEN_MAX")) in mapped.message
    assert mapped.hint == MORE_FILES


def test_a_machine_without_file_descriptors_has_a_message_of_its_own() -> None:
    assert out_of_files(OSError(errno.ENFILE, "x")) == "too many open files on this machine"
    assert out_of_files(OSError(errno.ENOENT, "x")) == ""


async def test_a_state_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "state.json").write_text("{}")
    monkeypatch.setattr(Files, "open", full)
    with pytest.raises(Failure, match="too many open files") as raised:
        await open_store(tmp_path / "state", lock_timeout=0.0).read()
    assert raised.value.hint == MORE_FILES


@pytest.mark.parametrize(
    "credential", [Credential(token_command=("vault", "read")), Credential(token_file="token")]
)
def test_a_token_that_cannot_be_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, credential: Credential
) -> None:
    monkeypatch.setattr(subprocess, "run", full)
    monkeypatch.setattr("reconciler.app.workspace.credentials.read_file", full)
    with pytest.raises(Failure, match=f"too many open files.*{os.sysconf('SC_OPEN_MAX')}"):
        find_token("dc1", credential, {}, tmp_path)


def test_the_cause_is_found_however_deep_it_lies() -> None:
    inner: Any = RuntimeError("x")
    inner.__context__ = FULL
    assert "too many open files" in out_of_files(ExceptionGroup("a", [ExceptionGroup("b", [inner])]))
