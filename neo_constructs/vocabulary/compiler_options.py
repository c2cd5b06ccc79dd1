"""CompilerOptions: options of a target's compiler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from neo_constructs.synth.typed import typed
from reconciler.core.extraction import JsonDocument


@dataclass(frozen=True, slots=True)
class CompilerOptions:
    """Options of the compiler, as a JSON value or as ready text.

    The builders know the documented options; ``of`` takes any, since Neo accepts options that its
    documentation does not list. A plain dict or str given to ``compiler_options`` means the same.
    Source: CreateCompilationJob, OutputConfig.CompilerOptions.
    """

    value: Mapping[str, object] | str
    is_text: bool = False

    @classmethod
    @typed
    def of(cls, options: Mapping[str, object]) -> Self:
        """Take any options, by the compiler's own names (``gpu-code``, with a hyphen)."""
        return cls(options)

    @classmethod
    @typed
    def nvidia(
        cls,
        *,
        gpu_code: str,
        trt_ver: str,
        cuda_ver: str,
        extra: Mapping[str, object] | None = None,
    ) -> Self:
        """Return options for an NVIDIA accelerator, which needs all three.

        Args:
            gpu_code: The GPU's architecture, ``sm_72``.
            trt_ver: TensorRT's version on the device, ``7.1.3``.
            cuda_ver: CUDA's version on the device, ``10.2``.
            extra: Further options, such as ``{"precision-mode": "fp16"}``.
        """
        own = {"gpu-code": gpu_code, "trt-ver": trt_ver, "cuda-ver": cuda_ver}
        return cls({**own, **(extra or {})})

    @classmethod
    @typed
    def cpu(cls, *, mcpu: str | None = None, mattr: Sequence[str] | None = None) -> Self:
        """Return options for a CPU: model (``skylake-avx512``) and features (``["+neon"]``)."""
        return cls(_present({"mcpu": mcpu, "mattr": mattr}))

    @classmethod
    @typed
    def android(cls, *, platform: int | float, mattr: Sequence[str] | None = None) -> Self:
        """Return options for Android: the API level, 21 to 29, and the CPU's features."""
        return cls(_present({"ANDROID_PLATFORM": platform, "mattr": mattr}))

    @classmethod
    @typed
    def inferentia(cls, flags: str) -> Self:
        """Return options for ml_inf1: flags of Neuron, ``--verbose 1 --num-neuroncores 2``.

        The field's text is then a JSON string, quotes included.
        """
        return cls(flags)

    @classmethod
    @typed
    def core_ml(cls, *, class_labels: str) -> Self:
        """Return options for coreml: the archive's file of class labels, one a line."""
        return cls({"class_labels": class_labels})

    @classmethod
    @typed
    def pytorch(cls, *, dtype: str) -> Self:
        """Return options for PyTorch on ml_* instances: the type of the inputs."""
        return cls({"dtype": dtype})

    @classmethod
    @typed
    def elastic_inference(
        cls, *, output_names: Sequence[str] | None = None, signature_def_key: str | None = None
    ) -> Self:
        """Return options for ml_eia2: outputs of a graph, or a SavedModel's signature."""
        return cls(_present({"output_names": output_names, "signature_def_key": signature_def_key}))

    @classmethod
    @typed
    def text(cls, text: str) -> Self:
        """Take the field's text as it is, for instance a token."""
        return cls(text, is_text=True)

    def to_wire(self) -> JsonDocument | str:
        """Return the field's text, or the value whose JSON text it will be."""
        return str(self.value) if self.is_text else JsonDocument(self.value)


def _present(options: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in options.items() if value is not None}
