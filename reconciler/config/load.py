"""Load: paths and variables -> desired state, or every problem that is in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.config.clusters.names import did_you_mean
from reconciler.config.clusters.spec import BY_CLUSTER, Merger
from reconciler.config.language import check as schema_check
from reconciler.config.lint.applying import Lint, ignore_problems, setting_problems
from reconciler.config.lint.ignores import read
from reconciler.config.operating.reading import read_operator
from reconciler.config.operating.settings import OperatorSettings
from reconciler.config.resolve import resolve
from reconciler.config.sensitive.lines import concealed
from reconciler.config.text import files
from reconciler.config.text.declarations import SECTION, Given
from reconciler.config.text.document import Place, SourceDoc
from reconciler.config.text.variables import Variables
from reconciler.model.desired import DesiredState
from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.consul import CONSUL
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.process.collecting import no_collection

if TYPE_CHECKING:
    from reconciler.config.drafts.declared_places import DeclaredPlaces
    from reconciler.config.drafts.drafts import Drafts
    from reconciler.config.rules.resources import Plugins

# Problems of reading: everything else at their place follows from them.
_UNREAD = frozenset(
    {"alias", "anchor", "tag", "merge-key", "bad-key", "bad-number", "duplicate-key", "null-item"}
    | {"unknown-variable", "missing-variable", "bad-variable", "bad-expression", "sensitive-shown"}
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read. `desired` is `None` where a diagnostic is an error; warnings leave it usable.

    `given` are the values of declared variables that came from outside the configuration, by name. `places`
    is where everything is declared, if that was asked for. `lint` is what the user says of rules, for what is
    found on the clusters.
    """

    desired: DesiredState | None
    diagnostics: tuple[Diagnostic, ...] = ()
    files: tuple[str, ...] = ()
    given: tuple[Given, ...] = ()
    operator: OperatorSettings = field(default_factory=OperatorSettings)
    places: DeclaredPlaces | None = None
    lint: Lint = field(default_factory=Lint)


def load(
    root: Path,
    paths: Sequence[Path] = (),
    variables: Mapping[str, str] | None = None,
    ambient: Mapping[str, str] | None = None,
    plugins: Plugins | None = None,
    *,
    keep_places: bool = False,
) -> Loaded:
    """Read, check and resolve a configuration. Bad input raises nothing: it becomes diagnostics.

    `root` is the directory of the configuration and of `reconciler.yaml`. `paths` (files or directories)
    replace the root's own YAML files. `variables` are the given values of `${var.name}`, as text; so are
    those that lie `ambient` in the environment, weaker, and without complaint where nothing declares them.
    `plugins` says what providers have types of their own; without it those are not checked. `keep_places`:
    keep the documents for who asks where something is declared.
    """
    with no_collection():
        return _load(root, paths, variables or {}, ambient or {}, plugins, keep_places)


def _load(
    root: Path,
    paths: Sequence[Path],
    variables: Mapping[str, str],
    ambient: Mapping[str, str],
    plugins: Plugins | None,
    keep_places: bool,
) -> Loaded:
    operator, problems, operator_doc = read_operator(root)
    found, missing = files.find(root, paths)
    docs, unread = files.read_all(found, operator.limits)
    docs.sort(key=lambda doc: doc.file)
    problems += missing + unread
    merger = Merger()
    if missing or unread:
        merger.spec.blind = True
        merger.spec.incomplete.update(BY_CLUSTER)
    known = Variables(docs, variables, ambient)
    problems += _merge(known, docs, merger)
    desired, more, places, drafts = resolve(merger.spec, known.uses, plugins)
    problems += more
    problems += _nothing_declared(found, desired, problems)
    problems += _strange_credentials(operator, operator_doc, desired)
    ordered = _ordered(concealed(problems, docs, [*places, *known.defaults], known.secrets()))
    lint, ordered = _linted(ordered, docs, operator, operator_doc, desired)
    names = tuple(doc.file for doc in docs)
    broken = any(problem.is_error for problem in ordered)
    given = tuple(known.given[name] for name in sorted(known.given))
    kept = _places(drafts) if keep_places else None
    return Loaded(None if broken else desired, ordered, names, given, operator, kept, lint)


def _places(drafts: Drafts) -> DeclaredPlaces:
    from reconciler.config.drafts.declared_places import DeclaredPlaces

    return DeclaredPlaces(drafts)


def _linted(
    problems: tuple[Diagnostic, ...],
    docs: Sequence[SourceDoc],
    operator: OperatorSettings,
    operator_doc: SourceDoc | None,
    desired: DesiredState,
) -> tuple[Lint, tuple[Diagnostic, ...]]:
    """Return what the user says of rules, and the problems as they count then."""
    said = [doc for doc in (*docs, operator_doc) if doc is not None and doc.comments]
    if not said and not operator.lint.rules:
        return Lint(), problems
    ignores, malformed = read(said)
    plugins = any(cluster.provider != CONSUL for cluster in desired.clusters.values())
    lint = Lint({one.key: one for one in ignores}, operator.lint.rules, plugins)
    kept = list(lint.applied(problems))
    about = [*malformed, *ignore_problems(lint, kept), *setting_problems(lint, operator_doc)]
    return lint, tuple(sorted([*kept, *lint.applied(about)], key=_place_key))


def _merge(variables: Variables, docs: Sequence[SourceDoc], merger: Merger) -> list[Diagnostic]:
    """Expand the variables of all documents, check their form, and put what is usable together."""
    from reconciler.config.language.document import document

    for doc in docs:
        variables.substitute(doc)
        if isinstance(doc.value, dict):
            doc.value.pop(SECTION, None)  # checked above, by its own reader
    model = document({key for doc in docs if isinstance(doc.value, dict) for key in doc.value})
    marked = {use.place.doc.file for use in variables.uses}
    problems: list[Diagnostic] = []
    for doc in docs:
        checked = schema_check.check(doc, model, document)
        problems += checked.problems
        merger.add(doc, checked, marked=doc.file in marked)
        if isinstance(doc.value, dict):
            doc.value.clear()  # the specification has its items; of a large section there are not two copies
    return variables.problems + problems + merger.problems


def _nothing_declared(
    found: Sequence[Path], desired: DesiredState, problems: Sequence[Diagnostic]
) -> list[Diagnostic]:
    """Report an empty configuration: it is more likely a mistake than intended."""
    if not found or desired.clusters or any(problem.is_error for problem in problems):
        return []
    summary = "nothing is declared" + (f" in {len(found)} files" if len(found) > 1 else "")
    hint = "declare clusters and peerings; to remove everything, use destroy"
    return [files.whole(files.shown(found[0]), "empty", summary, hint)]


def _strange_credentials(
    operator: OperatorSettings, doc: SourceDoc | None, desired: DesiredState
) -> list[Diagnostic]:
    """Report credentials of clusters that are not declared: usually a misspelt name."""
    if doc is None or not desired.clusters:
        return []
    place = Place(doc, doc.marks)
    return [
        place.key("credentials", name).problem(
            "unknown-cluster",
            f'credentials for "{name}", and no such cluster is declared',
            did_you_mean(name, desired.clusters),
            warning=True,
        )
        for name in operator.credentials
        if name not in desired.clusters
    ]


def _ordered(problems: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the problems by place. Where something cannot be read, only the first problem is kept."""
    kept: dict[tuple[object, ...], Diagnostic] = {}
    unread = {problem.position for problem in problems if problem.code in _UNREAD}
    for problem in problems:
        alone = problem.position is not None and problem.position in unread
        kept.setdefault((problem.position, *(() if alone else (problem.code, problem.summary))), problem)
    return tuple(sorted(kept.values(), key=_place_key))


def _place_key(problem: Diagnostic) -> tuple[bool, str, int, int]:
    at = problem.position
    return (at is None, at.file if at else "", at.line if at else 0, at.column if at else 0)
