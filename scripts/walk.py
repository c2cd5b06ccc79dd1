"""Show the walk of one job through the project's files: from a fleet file, or from a construct.

Prints every file whose functions were entered, in the order of the first entry, with the names of
those functions; then how many files, functions and calls from one file into another there were.
What runs only because a module is imported does not count.

    python scripts/walk.py build --format json fleet.yaml   any command of neoctl
    python scripts/walk.py construct                        a CompilationJob's arguments, until its
                                                            request is read in the Lambda
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("neo_constructs", "reconciler")


class Walk:
    """The functions of the project that were entered, by file."""

    def __init__(self) -> None:
        self.entered: dict[str, dict[str, None]] = {}
        self.hops = 0
        self._importing = 0

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        """Note an event of ``sys.setprofile``."""
        code = frame.f_code
        if code.co_name == "<module>" and event in ("call", "return"):
            self._importing += 1 if event == "call" else -1
        file = Path(code.co_filename)
        if event != "call" or self._importing or not file.is_relative_to(ROOT):
            return
        name = file.relative_to(ROOT)
        if name.parts[0] not in PACKAGES:
            return
        caller = frame.f_back.f_code.co_filename if frame.f_back else ""
        self.hops += caller != code.co_filename
        self.entered.setdefault(name.as_posix(), {})[_name(code.co_qualname)] = None

    def watch(self, step: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the step returns
        """Return what a step returns, its walk noted."""
        sys.setprofile(self)
        try:
            return step()
        finally:
            sys.setprofile(None)


def _name(qualified: str) -> str:
    return qualified.rpartition("<locals>.")[2]


def of_a_command(walk: Walk, arguments: list[str]) -> None:
    """Walk through a command of neoctl."""
    from reconciler.cli.main import main as neoctl

    sys.argv = ["neoctl", *arguments]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        walk.watch(neoctl)


def of_a_construct(walk: Walk) -> None:
    """Walk from the arguments of a stack's second CompilationJob to the Lambda's request."""
    import aws_cdk as cdk
    from aws_cdk import aws_s3 as s3

    from neo_constructs import CompilationJob, Framework, ModelArtifact, Target
    from reconciler.core.identity import Owner
    from reconciler.handler.job.properties import decode

    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "Stack")
    bucket = s3.Bucket(stack, "Models")

    def declare(name: str) -> CompilationJob:
        return CompilationJob(
            stack, name, model=ModelArtifact.from_bucket(bucket, "net.tar.gz"), target=Target.ML_C5,
            framework=Framework.ONNX, data_input_config={"data": [1, 3, 224, 224]},
        )  # fmt: skip

    declare("First")  # makes the provider and the bucket of artifacts
    walk.watch(lambda: declare("Second"))
    resources = app.synth().get_stack_by_name("Stack").template["Resources"].values()
    [_, job] = [each for each in resources if each["Type"] == "Custom::NeoCompilationJob"]
    late = dict.fromkeys(job["Properties"]["LateBound"], "arn:aws:iam::111122223333:role/Neo")
    properties = {**job["Properties"], "LateBound": late}
    declaration = walk.watch(lambda: decode(properties, Owner("vision")).declaration)
    name = str(declaration.identity)
    print(json.dumps(walk.watch(lambda: declaration.create_request(name, ())), indent=2))


def main() -> int:
    sys.path.insert(0, str(ROOT))
    walk = Walk()
    if sys.argv[1:] == ["construct"]:
        of_a_construct(walk)
    else:
        of_a_command(walk, sys.argv[1:])
    for file, functions in walk.entered.items():
        print(f"{file}: {', '.join(functions)}")
    count = sum(map(len, walk.entered.values()))
    print(f"{len(walk.entered)} files, {count} functions, {walk.hops} calls between files")
    parts = Counter("/".join(Path(file).parts[:2]) for file in walk.entered)
    print(", ".join(f"{part} {files}" for part, files in parts.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
