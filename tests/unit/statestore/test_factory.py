"""Which store a place gets: backends are imported when they are chosen, and only then."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.app.options import Options
from reconciler.app.workspace.configuring import claimed_place, read_configuration, state_place
from reconciler.model.failure import Cause, Failure
from reconciler.model.state_place import ConsulPlace, LocalPlace, PostgresPlace, S3Place, StatePlace
from reconciler.statestore import factory
from reconciler.statestore.local.store import LocalStore


def test_a_directory_is_local(tmp_path: Path) -> None:
    assert isinstance(factory.open_store(tmp_path), LocalStore)
    assert isinstance(factory.open_store(LocalPlace(), root=tmp_path), LocalStore)


@pytest.mark.parametrize(
    ("place", "library", "extra"),
    [(PostgresPlace("s"), "psycopg", "postgres"), (S3Place("b", "p"), "obstore", "objects")],
)
def test_a_library_that_is_missing_names_its_extra(
    place: StatePlace, library: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(factory, "find_spec", lambda name: None)
    with pytest.raises(Failure, match=f"needs {library}, which is not installed") as caught:
        factory.open_store(place)
    assert caught.value.cause is Cause.CONFIGURATION
    assert caught.value.hint == f"run: pip install 'consul-reconciler[{extra}]'"


def test_a_local_state_loads_no_library_of_a_server(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from reconciler.statestore.factory import open_store;"
        "open_store(Path('s')); print([n for n in ('psycopg', 'obstore', 'httpx') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert done.stdout == "[]\n"


def test_the_option_is_a_directory_whatever_the_file_says() -> None:
    configured = ConsulPlace("a", "http://h:8500")
    assert state_place(Options(), configured) == configured
    assert state_place(Options(state_path=Path("d")), configured) == LocalPlace("d")
    assert state_place(Options(), None) == LocalPlace("state")


def test_a_token_that_the_state_uses_is_not_called_unused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("clusters: {dc1: {address: 'https://consul.example.com'}}\n")
    options = Options(root=tmp_path, environ={"CONSUL_HTTP_TOKEN": "x"})
    assert [item.code for item in read_configuration(options).warnings] == ["ignored-token"]
    (tmp_path / "reconciler.yaml").write_text("state: {backend: consul, path: a}\n")
    assert read_configuration(options).warnings == ()


def test_the_files_of_an_owner_are_relative_to_a_directory_that_every_checkout_has() -> None:
    options = Options(root=Path("checkout"))
    local = claimed_place(options, LocalPlace("s"))
    assert (local.shown, local.directory) == ("checkout/s", Path("checkout/s"))
    shared = claimed_place(options, ConsulPlace("a", "http://h:8500"))
    assert (shared.shown, shared.directory) == ("consul://h:8500/a", Path("checkout"))
    assert shared.seen_from == "the configuration"
