"""Operators on which compilation jobs are on record to have failed.

A table of what people reported, not of what Neo can do: that is known to Neo alone and changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.inspection import codes
from reconciler.inspection.model import Model
from reconciler.rules.finding import Finding

FAILED: Final[Mapping[str, Mapping[str, str]]] = {
    "ONNX": {
        "Range": "neo-ai/tvm#132, 2020",
        "ScatterND": "neo-ai/tvm#132, 2020",
        "Upsample": "neo-ai/tvm#166, 2020",
    },
    "PYTORCH": {"nms": "aws-samples/aws-panorama-samples#16, 2021"},
}
"""By framework and operator, where the failure is reported."""


def check_operators(model: Model) -> Iterator[Finding]:
    """Yield a warning if a model uses operators that jobs have failed on."""
    known = FAILED.get(model.framework, {})
    used = sorted(name for name in known if name in model.operators)
    if used:
        yield codes.FAILED_OPERATOR.in_archive(
            f"{model.file} uses operators that recorded jobs have failed on",
            got=", ".join(used),
            hint="Neo answered 'operators are not supported'. Leave post-processing out of the "
            "model, or export with a lower opset. Reported in: "
            + "; ".join(sorted({known[name] for name in used}))
            + ".",
        )
