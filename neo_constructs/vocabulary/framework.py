"""Framework: what a model was trained with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from neo_constructs.synth.typed import typed


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework that Neo reads, by the API's own name.

    Use the constants; ``Framework.of("NEW")`` names one that this library does not know yet.
    Versions are an argument of the job (``framework_version``): Neo takes one for TensorFlow,
    PyTorch, MXNet and TensorFlow Lite.
    """

    name: str

    DARKNET: ClassVar[Framework]
    KERAS: ClassVar[Framework]
    MXNET: ClassVar[Framework]
    ONNX: ClassVar[Framework]
    PYTORCH: ClassVar[Framework]
    SKLEARN: ClassVar[Framework]
    TENSORFLOW: ClassVar[Framework]
    TFLITE: ClassVar[Framework]
    XGBOOST: ClassVar[Framework]

    @staticmethod
    @typed
    def of(name: str) -> Framework:
        """Return a framework by the API's name; may be a token."""
        return Framework(name)

    def to_wire(self) -> str:
        """Return the API's name."""
        return self.name


for _name in filter(str.isupper, Framework.__annotations__):
    setattr(Framework, _name, Framework(_name))
