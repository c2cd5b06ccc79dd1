"""CloudWatch's embedded metric format: metrics as lines of the log, one JSON object each.

CloudWatch Logs takes them out; no call and no permission is needed. Source: the CloudWatch user
guide, "Embedded metric format specification".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from reconciler.core.metric_names import NAMESPACE


def metric_line(
    now: datetime,
    values: Mapping[str, float | list[float]],
    dimensions: Mapping[str, str],
    sets: Sequence[Sequence[str]] = (),
) -> str:
    """Return one line.

    Args:
        now: When it was measured.
        values: By metric; those whose name ends with ``Seconds`` have that unit, others count. At
            most 100 values a metric.
        dimensions: Names and values.
        sets: Under which sets of them the metrics are kept; each is billed as metrics of its own.
            Default: under all at once.
    """
    metrics = [
        {"Name": name, "Unit": "Seconds" if name.endswith("Seconds") else "Count"}
        for name in values
    ]
    kept = [list(names) for names in sets] or [list(dimensions)]
    header = {
        "Timestamp": int(now.timestamp() * 1000),
        "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": kept, "Metrics": metrics}],
    }
    return json.dumps({"_aws": header, **dimensions, **values}, separators=(",", ":"))
