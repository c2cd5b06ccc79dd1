"""NEO301 to NEO315: DataInputConfig, the names and shapes of the model's inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from reconciler.core.canonical import Json
from reconciler.core.json_pointer import pointer
from reconciler.rules.catalog.devices import DeviceKind
from reconciler.rules.catalog.frameworks import LAYOUTS, Layout
from reconciler.rules.families import coreml, image_layout
from reconciler.rules.finding import Finding, quoted
from reconciler.rules.job import INPUTS, Job
from reconciler.rules.json_text import Style, Text, is_positive, read
from reconciler.rules.rule import error, info, warning

NOT_READABLE: Final = error("NEO301", "invalid-data-input-config")
NOT_INPUTS: Final = error("NEO302", "data-input-config-type")
LIST_FORM: Final = warning("NEO303", "unnamed-inputs")
DIMENSION: Final = error("NEO304", "invalid-dimension")
NOT_A_SHAPE: Final = error("NEO305", "invalid-shape")
NO_INPUTS: Final = warning("NEO306", "empty-shape")
MISSING: Final = warning("NEO308", "missing-data-input-config")
XGBOOST_RANK: Final = warning("NEO309", "xgboost-input-rank")
ORDER: Final = warning("NEO311", "input-order")
PYTHON_STYLE: Final = info("NEO312", "python-style-inputs")
DUPLICATE: Final = warning("NEO313", "duplicate-input")
OBJECT_FORM: Final = warning("NEO314", "unsupported-input-object")
EIA_NAMES: Final = warning("NEO315", "missing-output-names")

RULES: Final = (
    NOT_READABLE, NOT_INPUTS, LIST_FORM, DIMENSION, NOT_A_SHAPE, NO_INPUTS, MISSING,
    XGBOOST_RANK, ORDER, PYTHON_STYLE, DUPLICATE, OBJECT_FORM, EIA_NAMES,
)  # fmt: skip

_EXAMPLES: Final = {
    Layout.NCHW: '{"input0": [1, 3, 224, 224]}',
    Layout.NHWC: '{"input": [1, 224, 224, 3]}',
    Layout.FREE: '{"data": [1, 69]}',
}
_XGBOOST_MAX_RANK: Final = 2


@dataclass(frozen=True, slots=True)
class _Input:
    """One entry of DataInputConfig: its name ("" in the list form), its path, its value."""

    name: str
    path: str
    value: Json


class _Setting(NamedTuple):
    """Everything that the findings about a DataInputConfig depend on.

    ``kind`` is None for an unknown target; ``outputs`` says whether CompilerOptions has
    output_names.
    """

    text: str
    framework: str | None
    kind: DeviceKind | None
    outputs: bool


def check(job: Job) -> Iterator[Finding]:
    """Yield findings about DataInputConfig."""
    text = job.text(job.input, "DataInputConfig")
    if text is None:
        yield from _missing(job)
        return
    kind = job.target.kind if job.target is not None else None
    options = None if job.options is None else job.options.value
    outputs = isinstance(options, dict) and "output_names" in options
    yield from _judged(_Setting(text, job.framework, kind, outputs))


@lru_cache(maxsize=1024)
def _judged(job: _Setting) -> tuple[Finding, ...]:
    """Return the findings about one text in one setting; in a fleet most of them repeat."""
    return tuple(_findings(job, read(job.text)))


def _findings(job: _Setting, inputs: Text) -> Iterator[Finding]:
    if inputs.style is Style.INVALID:
        yield _not_readable(job)
        return
    if inputs.style is Style.PYTHON:
        yield PYTHON_STYLE.at(
            INPUTS, "DataInputConfig is written in Python syntax instead of JSON",
            hint="It is read all the same; the API describes JSON with double quotes.",
        )  # fmt: skip
    for name in inputs.duplicates:
        yield DUPLICATE.at(
            INPUTS, f"duplicate input {quoted(name)}; only the last one counts",
            got=name, hint="Remove one of them.",
        )  # fmt: skip
    yield from _inputs(job, inputs.value)


def _not_readable(job: _Setting) -> Finding:
    return NOT_READABLE.at(
        INPUTS, "DataInputConfig cannot be parsed: it is neither JSON nor a Python literal",
        got=quoted(job.text), allowed=_example(job),
        hint="Check quotes, commas and brackets.",
    )  # fmt: skip


def _example(job: Job | _Setting) -> str:
    return _EXAMPLES[LAYOUTS.get(job.framework or "", Layout.NCHW)]


def _missing(job: Job) -> Iterator[Finding]:
    if job.framework is None or "DataInputConfig" in job.input or _is_derivable(job):
        return
    version = f" {job.version}" if job.version else ""
    yield MISSING.at(
        "InputConfig", f"DataInputConfig is required for {job.framework}{version}; Neo "
        "derives it for XGBOOST and PyTorch 2.0 on cloud targets only",
        allowed=_example(job), hint="Give the name and shape of every input.",
    )  # fmt: skip


def _is_derivable(job: Job) -> bool:
    """Return whether Neo derives the inputs (InputConfig; the SDK's own text of 2023-09)."""
    if job.framework in ("XGBOOST", "SKLEARN"):
        return True
    is_edge = job.target is not None and job.target.kind is DeviceKind.EDGE
    return job.framework == "PYTORCH" and not is_edge and (job.version or "").startswith("2.")


def _inputs(job: _Setting, value: Json) -> Iterator[Finding]:
    if isinstance(value, dict):
        entries = [_Input(name, INPUTS + "#" + pointer(name), item) for name, item in value.items()]
    elif isinstance(value, list) and value and {list, dict}.isdisjoint(map(type, value)):
        yield NOT_A_SHAPE.at(
            INPUTS, "DataInputConfig is a single shape; the list form is a list of shapes",
            got=quoted(value), allowed="[[1, 3, 224, 224]], or " + _example(job),
        )  # fmt: skip
        return
    elif isinstance(value, list):
        yield from _list_form(job)
        entries = [_Input("", f"{INPUTS}#/{index}", item) for index, item in enumerate(value)]
    else:
        yield NOT_INPUTS.at(
            INPUTS, "DataInputConfig must be a map of input names to shapes",
            got=quoted(value), allowed=_example(job),
        )  # fmt: skip
        return
    if not entries:
        yield NO_INPUTS.at(INPUTS, "DataInputConfig has no inputs", allowed=_example(job))
    for entry in entries:
        yield from _entry(job, entry)
    yield from _order(job, entries)
    yield from _eia_names(job, entries)


def _list_form(job: _Setting) -> Iterator[Finding]:
    if job.framework in (None, "PYTORCH"):
        return
    yield LIST_FORM.at(
        INPUTS, f"unnamed inputs are documented for PYTORCH only, not for {job.framework}",
        allowed=_example(job), hint="Name the inputs as the model does.",
    )  # fmt: skip


def _entry(job: _Setting, entry: _Input) -> Iterator[Finding]:
    value = entry.value
    if isinstance(value, dict):
        if job.kind not in (DeviceKind.COREML, None):
            yield OBJECT_FORM.at(
                entry.path, "an input as an object (shape, default_shape, …) is for coreml only",
                allowed=_example(job),
            )  # fmt: skip
        yield from coreml.check(entry.path, value)
        for index, shape in coreml.static_shapes(value):
            yield from image_layout.check(job.framework, f"{entry.path}/shape{index}", shape)
        return
    if not isinstance(value, list):
        yield NOT_A_SHAPE.at(
            entry.path, f"the shape of input {quoted(entry.name)} must be a list of dimensions",
            got=quoted(value), allowed="[1, 3, 224, 224]",
        )  # fmt: skip
        return
    yield from _shape(job, entry.path, value)


def _shape(job: _Setting, path: str, shape: list[Json]) -> Iterator[Finding]:
    if not shape:
        yield NO_INPUTS.at(path, "the shape is empty", got="[]", allowed="[1, 3, 224, 224]")
        return
    bad = [index for index, item in enumerate(shape) if not is_positive(item)]
    for index in bad:
        yield _bad_dimension(f"{path}/{index}", shape[index])
    if bad:
        return
    sizes = [item for item in shape if isinstance(item, int)]
    if job.framework == "XGBOOST" and len(sizes) > _XGBOOST_MAX_RANK:
        yield XGBOOST_RANK.at(
            path, f"XGBoost takes two dimensions, rows and features; this shape has {len(sizes)}",
            got=str(sizes), allowed="[1, features], or no DataInputConfig at all",
        )  # fmt: skip
    yield from image_layout.check(job.framework, path, sizes)


def _bad_dimension(path: str, value: Json) -> Finding:
    if isinstance(value, list):
        return DIMENSION.at(
            path, "a dimension must be an integer; several shapes of one input are for coreml only",
            got=quoted(value), allowed="an integer >= 1",
        )  # fmt: skip
    return DIMENSION.at(
        path, "a dimension must be a positive integer: Neo compiles for fixed shapes",
        got="null" if value is None else quoted(value), allowed="an integer >= 1",
        hint="Write the size that you will send at inference; a batch of 1 is usual.",
    )  # fmt: skip


def _order(job: _Setting, entries: list[_Input]) -> Iterator[Finding]:
    names = [entry.name for entry in entries]
    if job.framework != "PYTORCH" or names == sorted(names):
        return
    if job.kind in (None, DeviceKind.INF1, DeviceKind.INF2):
        return  # recorded to complete: input_ids before attention_mask on ml_inf1
    yield ORDER.at(
        INPUTS, "PyTorch inputs are bound by order, and their names are not in lexical order",
        got=", ".join(names), allowed=", ".join(sorted(names)),
        hint="Name them so that their lexical order is that of the model's forward().",
    )  # fmt: skip


def _eia_names(job: _Setting, entries: list[_Input]) -> Iterator[Finding]:
    if job.kind is not DeviceKind.EIA or job.outputs:
        return
    for entry in entries:
        if ":" in entry.name:
            yield EIA_NAMES.at(
                entry.path, "tensor names of a frozen graph require the option output_names",
                got=entry.name, allowed='CompilerOptions {"output_names": ["output_tensor:0"]}',
            )  # fmt: skip
