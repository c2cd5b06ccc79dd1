"""`make bench`: runs every case of benchmarks/cases, keeps the numbers, checks the budgets."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import cases
from benchmarks.measure import Case, Result, run

RESULTS = Path(__file__).resolve().parent / "results"
NOTED = ("aws-cdk-lib", "boto3", "botocore", "pydantic")


def found() -> list[Case]:
    """Return the cases of every module in benchmarks/cases: its CASES."""
    names = [item.name for item in pkgutil.iter_modules(cases.__path__)]
    modules = [importlib.import_module(f"benchmarks.cases.{name}") for name in names]
    return [case for module in modules for case in module.CASES]


def keep(result: Result, folder: Path) -> None:
    """Write the raw numbers with what they depend on."""
    machine = {"python": platform.python_version(), "machine": platform.machine()}
    shown = {
        "case": result.case.name,
        "question": result.case.question,
        "unit": result.case.unit,
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine | {"cores": os.cpu_count(), "system": platform.system()},
        "versions": {name: version(name) for name in NOTED},
        "budgets": dict(result.case.budgets),
        "medians": {name: round(result.median(name), 3) for name in result.numbers},
        "ratios": {name: round(result.ratio(name), 4) for name in result.numbers},
        "numbers": {name: [round(n, 3) for n in row] for name, row in result.numbers.items()},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{result.case.name}.json").write_text(json.dumps(shown, indent=1) + "\n")


def table(result: Result) -> str:
    """Return the variants of a case with their medians and ratios."""
    lines = [f"{result.case.name}: {result.case.question}"]
    for variant in result.case.variants:
        limit = result.case.budgets.get(variant.name)
        budget = f"  (budget {limit})" if limit is not None else ""
        lines.append(
            f"  {variant.name:<44} {result.median(variant.name):10.1f} {result.case.unit:<5}"
            f" {result.ratio(variant.name):6.2f}x{budget}"
        )
    return "\n".join(lines)


def main() -> int:
    """Run the measurements. Return 1 if a budget is exceeded."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these cases")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    over: list[str] = []
    for case in found():
        if options.names and case.name not in options.names:
            continue
        result = run(case, options.rounds)
        print(table(result), end="\n\n", flush=True)
        keep(result, options.results)
        over += result.over()
    print("\n".join(over) if over else "every budget is kept")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
