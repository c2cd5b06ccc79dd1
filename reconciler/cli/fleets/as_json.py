"""A fleet as JSON; docs/reference/status.schema.json describes it."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Final

from reconciler.cli.fleets.status import FleetStatus, JobRow
from reconciler.core.canonical import Json
from reconciler.core.job_logs import LOG_GROUP

FORMAT_VERSION: Final = 1
KIND: Final = "neoctl-status"


def to_json(status: FleetStatus) -> dict[str, Json]:
    """Return a fleet's JSON form: every key is there, null or empty where nothing is known."""
    return {
        "kind": KIND,
        "format_version": FORMAT_VERSION,
        "account": status.account,
        "region": status.region,
        "observed": status.observed.isoformat(timespec="seconds"),
        "counts": {state.value: count for state, count in status.counts().items()},
        "jobs": [row_json(row, status.observed) for row in status.rows],
    }


def row_json(row: JobRow, now: datetime) -> dict[str, Json]:
    """Return one job's JSON form."""
    return {
        "owner": row.owner,
        "logical_name": row.logical_name,
        "model": row.model,
        "target": row.target,
        "job": row.job,
        "arn": row.arn,
        "state": row.state.value,
        "created": _instant(row.created),
        "started": _instant(row.started),
        "ended": _instant(row.ended),
        "age_seconds": row.age(now),
        "duration_seconds": row.duration(now),
        "artifact": row.artifact,
        "artifact_bytes": row.artifact_bytes,
        "digest": row.digest,
        "inference_image": row.inference_image,
        "note": row.note,
        "failure": None if row.failure is None else asdict(row.failure),
        "log_group": LOG_GROUP if row.log_stream else "",
        "log_stream": row.log_stream,
    }


def render_line(status: FleetStatus) -> str:
    """Return a fleet as JSON on one line, for a stream of them."""
    return json.dumps(to_json(status), separators=(",", ":")) + "\n"


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
