"""CompilationMatrix: models times targets, one compilation job for each pair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final, Unpack

from constructs import Construct

from neo_constructs.job.compilation_job import CompilationJob
from neo_constructs.request.argument_types import check_arguments
from neo_constructs.request.defaults import DEFAULTS
from neo_constructs.request.job_arguments import (
    JobArguments,
    ModelArguments,
    RunArguments,
    SourceArguments,
)
from neo_constructs.synth.errors import ConstructError
from neo_constructs.synth.tokens import has_token
from neo_constructs.synth.unpacked_signature import signed, unpacked
from neo_constructs.vocabulary.model_artifact import ModelArtifact
from neo_constructs.vocabulary.target import Target


@signed
class MatrixModel:
    """One model of a matrix, with what is true of it for every target."""

    @unpacked(ModelArguments, defaults=DEFAULTS)
    def __init__(self, artifact: ModelArtifact, **arguments: Unpack[ModelArguments]) -> None:
        """Name a model.

        Args:
            artifact: The trained model.
            **arguments: Each by its name.
        """
        check_arguments("MatrixModel", {"artifact": artifact, **arguments})
        self.artifact = artifact
        self.arguments = arguments


@signed
class CompilationMatrix(Construct):
    """Every model compiled for every target; one CompilationJob per pair.

    A pair is called `model/target`, the target by its label (`ml_c5`, `LINUX_ARM64_NVIDIA`). Its
    job's construct id is the same, so adding or removing a model or target touches no other job.
    """

    @unpacked(ModelArguments, SourceArguments, RunArguments, JobArguments, defaults=DEFAULTS)
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        models: Mapping[str, MatrixModel],
        targets: Iterable[Target],
        overrides: Mapping[str, JobArguments] | None = None,
        exclude: Iterable[str] = (),
        **common: Unpack[JobArguments],
    ) -> None:
        """Declare the jobs of a matrix.

        Args:
            scope: The parent construct.
            id: The construct's id.
            models: Models by name.
            targets: Targets; their labels must differ.
            overrides: Arguments of CompilationJob for some pairs, by a pattern of pairs in which
                `*` stands for anything: `{"*/jetson_xavier": {"compiler_options": …}}`. Of
                several patterns that match, later ones win.
            exclude: Patterns of pairs that are left out.
            **common: Each by its name, for all pairs.

        Raises:
            ConstructError: Jobs are refused (all reasons together), a pattern matches no pair, or
                two targets have one label.
        """
        super().__init__(scope, id)
        check_arguments(self.node.path, {**common, "overrides": overrides, "exclude": exclude})
        self._jobs: dict[str, CompilationJob] = {}
        wanted = _checked(self.node.path, models, targets, overrides or {})
        pairs = self._pairs(models, wanted, list(exclude), list(overrides or {}))
        refused: list[str] = []
        for name, (model, target) in pairs.items():
            arguments: dict[str, Any] = {**common, **_given(model.arguments)}
            for pattern, override in (overrides or {}).items():
                if fnmatchcase(name, pattern):
                    arguments.update(override)
            try:
                self._jobs[name] = CompilationJob(
                    self._family(name), target.label, model=model.artifact, target=target,
                    **arguments,
                )  # fmt: skip
            except ConstructError as error:
                refused.append(str(error))
        if refused:
            raise ConstructError(self.node.path, "\n".join(["jobs are refused", *refused]))

    @property
    def jobs(self) -> Mapping[str, CompilationJob]:
        """The jobs by pair, in the order of models and targets."""
        return dict(self._jobs)

    def job(self, model: str, target: Target) -> CompilationJob:
        """Return the job of one pair; raise ConstructError if the matrix has no such pair."""
        check_arguments(self.node.path, {"target": target})
        name = f"{model}/{target.label}"
        if name not in self._jobs:
            raise ConstructError(
                self.node.path, f"unknown job {name!r}; known jobs: {', '.join(self._jobs)}"
            )
        return self._jobs[name]

    def _pairs(
        self,
        models: Mapping[str, MatrixModel],
        targets: Sequence[Target],
        exclude: Sequence[str],
        overrides: Sequence[str],
    ) -> dict[str, tuple[MatrixModel, Target]]:
        labels = [target.label for target in targets]
        doubled = sorted({label for label in labels if labels.count(label) > 1})
        if doubled:
            raise ConstructError(self.node.path, f"targets given twice: {', '.join(doubled)}")
        every = {
            f"{name}/{target.label}": (model, target)
            for name, model in models.items()
            for target in targets
        }
        for kind, patterns in (("exclude", exclude), ("overrides", overrides)):
            for pattern in patterns:
                if not any(fnmatchcase(name, pattern) for name in every):
                    raise ConstructError(
                        self.node.path,
                        f"{kind}: {pattern!r} matches no pair; pairs are {', '.join(every)}",
                    )
        return {
            name: pair
            for name, pair in every.items()
            if not any(fnmatchcase(name, pattern) for pattern in exclude)
        }

    def _family(self, name: str) -> Construct:
        model = name.partition("/")[0]
        known = self.node.try_find_child(model)
        return known if isinstance(known, Construct) else Construct(self, model)


def _given(arguments: ModelArguments) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


_MODELS: Final = "models by name, as {'net': MatrixModel(artifact, framework=Framework.ONNX)}"


def _checked(
    path: str,
    models: Mapping[str, MatrixModel],
    targets: Iterable[Target],
    overrides: Mapping[str, JobArguments],
) -> list[Target]:
    """Return the targets; raise ConstructError for an argument of the wrong type."""
    if not isinstance(models, Mapping):
        raise ConstructError(path, f"models is a {type(models).__name__}; allowed are {_MODELS}")
    for name, model in models.items():
        if not isinstance(model, MatrixModel):
            got = f"{model!r} ({type(model).__name__})"
            raise ConstructError(path, f"models: {name!r} is {got}; allowed are {_MODELS}")
    wanted = _listed(path, targets)
    for target in wanted:
        check_arguments(f"{path}: targets", {"target": target})
        if has_token(target.label):
            raise ConstructError(
                path,
                f"targets: {target.label} is known at deployment only, and jobs of a matrix are "
                "called by their targets; declare that one as a CompilationJob",
            )
    for pattern, override in overrides.items():
        _check_override(f"{path}: overrides of {pattern!r}", override)
    return wanted


def _listed(path: str, targets: Iterable[Target]) -> list[Target]:
    if isinstance(targets, Target | str):
        raise ConstructError(path, f"targets is {targets!r} alone; put it in a list: [{targets!r}]")
    if not isinstance(targets, Iterable) or isinstance(targets, type):
        raise ConstructError(path, f"targets is {targets!r}; allowed is a list of Targets")
    return list(targets)


def _check_override(where: str, override: JobArguments) -> None:
    if not isinstance(override, Mapping):
        raise ConstructError(
            where, f"got {override!r}; allowed is a dict of CompilationJob's arguments"
        )
    known = JobArguments.__annotations__
    for name in override:
        if name not in known:
            raise ConstructError(
                where,
                f"{name!r} is not an argument that can be overridden; allowed: {', '.join(known)}",
            )
