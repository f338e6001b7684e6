"""Chooses a store. The only place that knows which ones there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from reconciler.model.auditing.origin import Origin, unknown
from reconciler.model.failure import Cause, Failure
from reconciler.model.state_place import LocalPlace, StatePlace, is_address
from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.ports import StateStore
from reconciler.statestore.shared.ports import Backend

EMERGENCY = ".reconciler"  # directory beside the configuration, for what a server did not take


@dataclass(frozen=True, slots=True)
class _Module:
    """Where a backend is: `connect` of this module returns it. `library` comes with the extra `extra`."""

    name: str
    library: str = ""
    extra: str = ""


_OBJECTS = _Module("objects", "obstore", "objects")
_MODULES: Mapping[str, _Module] = {
    "consul": _Module("consul"),
    "http": _Module("http"),
    "postgres": _Module("postgres", "psycopg", "postgres"),
    "s3": _OBJECTS,
    "gcs": _OBJECTS,
    "azure": _OBJECTS,
}


def open_store(
    place: StatePlace | Path,
    *,
    lock_timeout: float = 0.0,
    root: Path = Path(),
    environ: Mapping[str, str] | None = None,
    origin: Callable[[], Origin] = unknown,
) -> StateStore:
    """Return the store at `place`; nothing is opened yet. A `Path` is a directory of this machine.

    `lock_timeout` is how many seconds a session waits for another run's lock before it raises. Relative paths
    are relative to `root`, the directory of the configuration; credentials are looked up in `environ`.
    `origin` says where the run comes from: it is asked when something is written. Raises `Failure` where the
    library of a backend is not installed, or its credentials cannot be used.
    """
    if isinstance(place, Path | LocalPlace):
        from reconciler.statestore.local.store import LocalStore

        directory = place if isinstance(place, Path) else root / place.path
        if is_address(str(place) if isinstance(place, Path) else place.path):
            raise _no_directory()
        return LocalStore(directory, lock_timeout=lock_timeout, origin=origin)
    from reconciler.statestore.shared.store import SharedStore

    connect = connector(place, root=root, environ=environ or {})
    rescue = root / EMERGENCY
    return SharedStore(place.shown, connect, lock_timeout=lock_timeout, rescue=rescue, origin=origin)


def connector(place: StatePlace, *, root: Path, environ: Mapping[str, str]) -> Callable[[], Backend]:
    """Return what gives a connection to a shared state. Raises `Failure` as `open_store` does."""
    module = _MODULES[place.backend]
    if module.library and find_spec(module.library) is None:
        raise _not_installed(place, module)
    try:
        connect = import_module(f"reconciler.statestore.backends.{module.name}").connect
    except ImportError as error:
        if not module.library or (error.name or "").startswith("reconciler."):
            raise
        raise _not_installed(place, module, str(error)) from None
    return partial(connect, place, environ, root)


def _no_directory() -> Failure:
    """Return the failure of an address in place of a directory. It may have a credential: it is not shown."""
    return Failure(
        Cause.USAGE,
        "the address of a server is no directory for a state",
        detail="Credentials are never part of a place; each backend takes them from where its tools do.",
        hint="name a server by the keys of `state`: in reconciler.yaml, or with `state migrate` as in "
        "backend=consul,path=teams/a",
    )


def _not_installed(place: StatePlace, module: _Module, why: str = "") -> Failure:
    return Failure(
        Cause.CONFIGURATION,
        f"the state backend {place.backend} needs {module.library}, which is not installed",
        detail=why,
        hint=f"run: pip install 'consul-reconciler[{module.extra}]'",
    )
