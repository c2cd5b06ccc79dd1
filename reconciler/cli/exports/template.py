"""Declared jobs as a CloudFormation template: the exported CDK app, synthesized."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

APP = "app.py"


class SynthesisFailed(RuntimeError):
    """The CDK app could not be synthesized."""


def write_template(code: str, folder: Path) -> None:
    """Write the app, its template and assets into a folder. Raises SynthesisFailed, OSError.

    The app runs as a process of its own: nothing here knows the CDK.
    """
    folder.mkdir(parents=True, exist_ok=True)
    app = folder / APP
    app.write_text(code, encoding="utf-8")
    environment = {**os.environ, "CDK_OUTDIR": str(folder.absolute())}
    ran = subprocess.run(
        [sys.executable, str(app.absolute())], env=environment, capture_output=True, text=True,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if "No module named 'aws_cdk'" in ran.stderr:
        raise SynthesisFailed("the CDK is not installed here: pip install 'neo-as-code[cdk]'")
    if ran.returncode:
        raise SynthesisFailed(f"{app}: {(ran.stderr.strip() or ran.stdout).splitlines()[-1]}")
