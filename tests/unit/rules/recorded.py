"""Requests with every finding about them, word for word, in ``findings.jsonl``.

Each line has a patch of the good request and the fields that are null in it, or ``jobs`` that are
declared together, with a region and a policy where these matter, and what the rules find. After a
change of words that is meant::

    python -m tests.unit.rules.recorded

judges every line again and writes the file; the difference is what users will read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from reconciler.rules.families import cross_job
from reconciler.rules.families.check import check_job
from reconciler.rules.families.cross_job import NamedRequest
from reconciler.rules.finding import Finding
from reconciler.rules.organisation_policy import OrganisationPolicy
from tests.unit.rules.requests import patched

FILE: Final = Path(__file__).with_name("findings.jsonl")


def read() -> list[dict[str, Any]]:
    """Return the lines."""
    return [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def findings(case: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what is found about a line's requests, in order."""
    if "jobs" in case:
        return [
            {"job": each.job, "other": each.other, **_said(each.finding)}
            for each in cross_job.check(_named(job) for job in case["jobs"])
        ]
    policy = OrganisationPolicy.from_mapping(case["policy"]) if "policy" in case else None
    wire = {**patched(case["patch"]), **dict.fromkeys(case.get("nulls", ()))}
    found = check_job(wire, region=case.get("region"), policy=policy)
    return [_said(finding) for finding in found]


def _named(job: Mapping[str, Any]) -> NamedRequest:
    options = {key: value for key, value in job.items() if key not in ("name", "patch")}
    return NamedRequest(job["name"], patched(job["patch"]), **options)


def _said(finding: Finding) -> dict[str, Any]:
    said = asdict(finding)
    return {key: str(value) for key, value in said.items() if value or key == "path"}


def main() -> None:
    """Judge every line again."""
    lines = [{**case, "findings": findings(case)} for case in read()]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
