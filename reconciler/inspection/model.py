"""What a model says about itself, whatever its format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.inspection.source import ByteSource
from reconciler.rules.finding import Finding

Dimension = int | str | None
"""A size; the name of one that the caller chooses; or None, chosen by the caller and nameless."""

Shape = tuple[Dimension, ...] | None
"""None where not even the rank is known."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input or output.

    Attributes:
        name: As DataInputConfig names it.
        shape: In the model's own order of axes.
        dtype: numpy's word for the element type; empty if the file does not say.
        layout: ``NCHW``, ``NHWC`` or empty where the file does not show it.
        aliases: Other names by which the same tensor is known (``input:0``).
        optional: An input that need not be given: a loss's label, or part of a structure.
        example: Sizes in `shape` are those of an example (a trace), not demands of the model.
    """

    name: str
    shape: Shape = None
    dtype: str = ""
    layout: str = ""
    aliases: tuple[str, ...] = ()
    optional: bool = False
    example: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """One model file, read.

    Attributes:
        framework: The API's term (``ONNX``); empty if Neo takes no such model.
        format: The file format in words.
        file: Path in the archive.
        version: Version of the framework that wrote it, as far as the file says.
        inputs: What a caller has to give.
        outputs: What it gets back; names only, for some formats.
        operators: How often each operator occurs.
        details: Further facts, such as the opset.
        findings: What is wrong with this file, whatever is asked of it.
        names_matter: Whether DataInputConfig has to use the model's own input names.
    """

    framework: str
    format: str
    file: str
    version: str = ""
    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    operators: Mapping[str, int] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    names_matter: bool = True


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else is in the archive: every regular file's path, and the files that can be read."""

    paths: frozenset[str] = frozenset()
    sources: Mapping[str, ByteSource] = field(default_factory=dict)
