"""Spec files as jobs: fleets and AWS CLI requests, in YAML, JSON and JSON Lines, in any number."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from reconciler.core.fields import SETTABLE, short_path
from reconciler.core.fleet.variables import has_reference
from reconciler.rules.job import IsDeployTime
from reconciler.specs import codes
from reconciler.specs.job import SpecJob
from reconciler.specs.json_reader import read_json, read_json_lines
from reconciler.specs.requests import is_request, request_jobs
from reconciler.specs.source import Document, Problem, Source, decode, read_source
from reconciler.specs.variables import ENVIRONMENT_PREFIX, Substitution
from reconciler.specs.yaml_reader import read_yaml, without_gc

SUFFIXES: Final = (".yaml", ".yml", ".json", ".jsonl", ".ndjson")
STDIN: Final = "-"
_LINES: Final = (".jsonl", ".ndjson")
_NOT_OURS: Final = frozenset({"node_modules", "cdk.out", "__pycache__"})
_MODEL_KEYS: Final = frozenset(
    {"targets", *(short_path(each.path).partition(".")[0] for each in SETTABLE)}
)
_NO_VARIABLES: Final[Mapping[str, object]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Found:
    """A problem with the file that it is in."""

    source: Source
    problem: Problem


@dataclass
class Loaded:
    """Everything that was read.

    Attributes:
        jobs: In the order of files and of what is in them.
        problems: What kept jobs from being read; all of them.
        sources: The files that were specs.
        skipped: Files in folders that are not specs.
        used: The variables that were referred to.
    """

    jobs: list[SpecJob] = field(default_factory=list)
    problems: list[Found] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def add(self, source: Source, problems: Iterable[Problem]) -> None:
        """Note problems of one file."""
        self.problems.extend(Found(source, problem) for problem in problems)


def environment_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that an environment gives: ``NEO_VAR_bucket`` is ``bucket``."""
    return {
        name.removeprefix(ENVIRONMENT_PREFIX): value
        for name, value in environment.items()
        if name.startswith(ENVIRONMENT_PREFIX)
    }


def load(
    paths: Iterable[Path | str],
    *,
    variables: Mapping[str, object] = _NO_VARIABLES,
    is_deploy_time: IsDeployTime = has_reference,
    deploy_time_allowed: bool = True,
) -> Loaded:
    """Read files and folders (all specs below them); ``-`` is standard input.

    Args:
        paths: What to read.
        variables: Values for the fleets' variables. From code they may be of any type, CDK
            tokens included.
        is_deploy_time: Tells deploy-time values; by default references to variables that are
            declared ``late``.
        deploy_time_allowed: Whether variables that are declared ``late`` may have no value.

    Never raises for what is in the files: what is wrong is in ``problems``, with its place.
    """
    with without_gc():
        return _load(paths, _Given(variables, is_deploy_time, deploy_time_allowed))


@dataclass(frozen=True, slots=True)
class _Given:
    """Values from outside the files; see ``load``."""

    variables: Mapping[str, object]
    is_deploy_time: IsDeployTime
    deploy_time_allowed: bool = True


def _load(paths: Iterable[Path | str], given: _Given) -> Loaded:
    loaded = Loaded()
    for path in paths:
        if str(path) == STDIN:
            source, problems = decode(sys.stdin.buffer.read(), "<stdin>")
            loaded.add(source, problems)
            _read(loaded, source, given, explicit=True, broken=bool(problems))
            continue
        for file, explicit in _files(Path(path)):
            source, problems = read_source(file, file.as_posix())
            loaded.add(source, problems)
            _read(loaded, source, given, explicit=explicit, broken=bool(problems))
    return loaded


def load_text(
    text: str,
    name: str = "<text>",
    *,
    variables: Mapping[str, object] = _NO_VARIABLES,
    is_deploy_time: IsDeployTime = has_reference,
) -> Loaded:
    """Read one spec from a text; the suffix of its name decides between YAML and JSON."""
    loaded = Loaded()
    _read(
        loaded, Source(name, text), _Given(variables, is_deploy_time), explicit=True, broken=False
    )
    return loaded


def documents_of(source: Source) -> tuple[list[Document], list[Problem]]:
    """Return the documents of a file with their places, and all that is wrong with their form."""
    name = source.name.lower()
    if name.endswith(_LINES):
        return read_json_lines(source)
    begins_like_json = source.text.lstrip()[:1] in ("{", "[")
    if name.endswith(".json") or (begins_like_json and not name.endswith((".yaml", ".yml"))):
        return read_json(source)
    return read_yaml(source)


def _files(path: Path) -> Iterable[tuple[Path, bool]]:
    if not path.is_dir():
        return [(path, True)]
    found = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name not in _NOT_OURS
        )
        found += [
            (Path(folder, name), False)
            for name in sorted(names)
            if name.lower().endswith(SUFFIXES) and not name.startswith(".")
        ]
    return found


def _read(
    loaded: Loaded,
    source: Source,
    given: _Given,
    *,
    explicit: bool,
    broken: bool,
) -> None:
    if broken:
        return
    documents, problems = documents_of(source)
    if not explicit and not _is_meant(source, documents, bool(problems)):
        loaded.skipped.append(source.name)
        return
    loaded.sources.append(source)
    loaded.add(source, problems)
    if not documents and not problems:
        loaded.add(source, [Problem(codes.NO_SPEC.at("", "the file is empty"))])
    for document in documents:
        _document(loaded, document, given)


def _is_meant(source: Source, documents: list[Document], broken: bool) -> bool:
    """Return whether a file of a folder is meant as a spec; others may lie there, too."""
    if any(_is_spec(item.value) for item in documents):
        return True
    text = source.text
    return broken and ("neo-as-code/" in text or ("RoleArn" in text and "OutputConfig" in text))


def _document(loaded: Loaded, document: Document, given: _Given) -> None:
    value = document.value
    if _is_fleet(value):
        from reconciler.specs.fleet import fleet_jobs

        substitution = Substitution(given.variables, given.deploy_time_allowed)
        jobs, problems = fleet_jobs(document, substitution, given.is_deploy_time)
        loaded.used |= substitution.used
    else:
        jobs, problems = request_jobs(document)
    loaded.jobs += jobs
    loaded.add(document.source, problems)


def _is_fleet(value: object) -> bool:
    return isinstance(value, dict) and any(
        key in value for key in ("apiVersion", "models", "owner")
    )


def _is_spec(value: object) -> bool:
    if isinstance(value, list):
        return any(is_request(item) for item in value)
    if isinstance(value, dict) and "apiVersion" in value:
        return str(value["apiVersion"]).startswith("neo")
    return is_request(value) or (isinstance(value, dict) and _has_models(value.get("models")))


def _has_models(models: object) -> bool:
    """Return whether a map holds a fleet's models; other tools have ``models`` of their own."""
    return isinstance(models, dict) and any(
        isinstance(model, dict) and not _MODEL_KEYS.isdisjoint(model) for model in models.values()
    )
