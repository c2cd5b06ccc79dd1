"""A job's own process: reads job.json in its folder, leaves result.json and the artifact there."""

from __future__ import annotations

import errno
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neo_local import ENGINE
from neo_local.compiler.archive import ArchiveLimits, unpack
from neo_local.compiler.failure import CompileFailure, local_limit
from neo_local.compiler.frameworks import frontend_of
from neo_local.compiler.layout import check_layout
from neo_local.compiler.limits import confine, die_with_parent
from neo_local.compiler.model import ModelSource
from neo_local.compiler.options import ignored_options, parse_options
from neo_local.compiler.targets import resolve
from neo_local.worker.pack import manifest, pack

JOB, RESULT, MODEL, ARTIFACT = "job.json", "result.json", "model.tar.gz", "artifact.tar.gz"


def main(folder: Path) -> None:
    """Run the job in `folder`; write its outcome to result.json unless it crashes."""
    job = json.loads((folder / JOB).read_text())
    die_with_parent()
    confine(job["limits"])
    tempfile.tempdir = str(folder)
    os.chdir(folder)
    try:
        result: dict[str, Any] = {"derived_inputs": _compile(job, folder)}
    except CompileFailure as failure:
        traceback.print_exc()
        result = {"failure": str(failure)}
    except MemoryError:
        result = {"failure": str(local_limit("the job needs more memory than it may use."))}
    except Exception as problem:
        traceback.print_exc()
        result = {"failure": _unforeseen(problem)}
    temporary = folder / f"{RESULT}.new"
    temporary.write_text(json.dumps(result))
    temporary.replace(folder / RESULT)


def _unforeseen(problem: Exception) -> str:
    """Return why the job failed, by a limit of the system or a bug of ours."""
    if isinstance(problem, OSError) and problem.errno in (errno.EFBIG, errno.ENOSPC):
        return str(local_limit("the job writes more to files than it may."))
    return (
        "ServerError: There was an internal server error during the compilation job. "
        f"(engine={ENGINE}: {type(problem).__name__}: {problem})"
    )


def _compile(job: Mapping[str, Any], folder: Path) -> str:
    source, output = job["input"], job["output"]
    unpacked = folder / "model"
    unpacked.mkdir()
    limits = ArchiveLimits(job["limits"]["archive_mb"] << 20)
    files = unpack(folder / MODEL, unpacked, limits)
    framework = source["Framework"]
    check_layout(framework, files, unpacked)
    options = parse_options(output.get("CompilerOptions"))
    if ignored := ignored_options(options):
        print(f"CompilerOptions that the local engine (engine={ENGINE}) ignores:", *ignored)
    target = resolve(output, options)
    if target.limit:
        raise local_limit(target.limit)
    frontend = frontend_of(framework)
    environment = Path(job["environment"]) if job["environment"] else None
    given = ModelSource(framework, files, source.get("DataInputConfig"), environment, folder)
    model = frontend.read_model(given)
    library = folder / target.library
    model.program.build(target, library)
    pack(library, manifest(model, target, framework, options), folder / ARTIFACT)
    return model.derived_inputs


if __name__ == "__main__":
    main(Path(sys.argv[1]))
