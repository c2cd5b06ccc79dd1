"""Synthesizes examples with CDK's own template validation on; prints what it finds, as JSON.

A program of its own: whether CDK validates is decided when it is imported.
"""

from __future__ import annotations

import contextlib
import json
import runpy
import sys
from pathlib import Path

import aws_cdk as cdk


def findings(path: Path) -> list[str]:
    """Return every finding in the templates of one example."""
    app = cdk.App(analytics_reporting=False)
    runpy.run_path(str(path), run_name="example")["build"](app)
    with contextlib.suppress(RuntimeError):  # what a synthesis with findings ends with
        app.synth()
    report = json.loads((Path(app.outdir) / "validation-report.json").read_text())
    return sorted(
        f"{place['constructPath']}: {violation['ruleName']} {violation['description']}"
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for place in violation["violatingConstructs"]
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps({name: findings(Path(name)) for name in sys.argv[1:]}))
