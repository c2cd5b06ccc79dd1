"""PyTorch files: TorchScript archives, read without torch and without unpickling.

A TorchScript file is a zip with the model's code as text, its tensors, and, when it was traced by
PyTorch 2.0 or later, the example inputs; shapes are read from their records. Every other PyTorch
file (a state_dict, a whole pickled module, an exported program) is recognised and said to be what
it is: Neo takes traced TorchScript only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reconciler.inspection import codes
from reconciler.inspection.errors import Damaged, InspectionError
from reconciler.inspection.inert_pickle import Call, Global, Pairs, follow
from reconciler.inspection.model import Model, Shape, Surroundings, Tensor
from reconciler.inspection.readers.torch_code import Code, read_code
from reconciler.inspection.readers.torch_records import (
    first_convolution,
    traced_tensors,
)
from reconciler.inspection.source import ByteSource
from reconciler.inspection.zip_member import Zip
from reconciler.rules.finding import Finding

LEGACY_MARK = b"\x80\x02\x8a\x0al\xfc\x9cF"
_EXPORTED = ("archive_format", "models/model.json", "serialized_exported_program.json")


def read(source: ByteSource, _around: Surroundings) -> Model:
    """Return the model in a .pt or .pth file.

    Raises:
        Damaged: It is not a PyTorch file.
        LimitReached: A part is larger than is read.
    """
    head = source.head(16)
    if head[:4] == b"PK\x03\x04":
        return _from_zip(source, Zip(source))
    if head[:1] == b"\x80":
        form = "PyTorch pickle (before 1.6)" if head.startswith(LEGACY_MARK) else "Python pickle"
        return _eager(source, form, "")
    raise Damaged("it is neither a zip nor a pickle, as PyTorch's files are")


def _from_zip(source: ByteSource, archive: Zip) -> Model:
    root = archive.root
    if any(name.removeprefix(root) in _EXPORTED for name in archive.names):
        return _exported(source)
    if f"{root}model.json" in archive.names:
        return _eager_or_old(source)
    if f"{root}data.pkl" not in archive.names:
        raise Damaged("it is a zip, but not one of PyTorch's")
    record = follow(archive.read(f"{root}data.pkl"), source.budget)
    if not any(name.startswith(f"{root}code/") for name in archive.names):
        return _eager(source, "PyTorch pickle in a zip", _kind_of(record))
    return _script(source, archive, record)


def _examples(archive: Zip) -> list[tuple[Shape, str]]:
    """Return the traced inputs; none if they are there in a form that is not followed."""
    try:
        record = follow(archive.read(f"{archive.root}traced_inputs.pkl"), archive.source.budget)
    except InspectionError:
        return []
    return traced_tensors(record)


def _kind_of(record: object) -> str:
    if isinstance(record, Pairs):
        return "a state_dict or checkpoint"
    function = record.function if isinstance(record, Call) else None
    name = function.name if isinstance(function, Global) else ""
    if name == "collections OrderedDict":
        return "a state_dict"
    return f"a pickled {name.split(' ')[-1]}" if name else ""


def _script(source: ByteSource, archive: Zip, record: object) -> Model:
    code = read_code(archive, record)
    traced = f"{archive.root}traced_inputs.pkl" in archive.names
    examples = _examples(archive) if traced else []
    channels = first_convolution(record)
    details = {
        "made by": "trace" if traced else ("script" if code.scripted else "trace or script"),
        "file version": archive.read(f"{archive.root}version").decode("ascii", "replace").strip()
        if f"{archive.root}version" in archive.names
        else "",
    }
    if channels:
        details["first convolution's channels"] = str(channels)
    inputs = tuple(_inputs(code, examples, channels))
    return Model(
        framework="PYTORCH",
        format="TorchScript",
        file=source.name,
        version="2.0 or later" if traced else "",
        inputs=inputs,
        outputs=(Tensor(code.returns),) if code.returns else (),
        operators=dict(Counter(code.operators)),
        details=details,
        findings=tuple(_findings(source.name, code, examples, traced=traced)),
        names_matter=False,
    )


def _inputs(code: Code, examples: list[tuple[Shape, str]], channels: int) -> Iterator[Tensor]:
    tensors = [name for name, kind in code.parameters if "Tensor" in kind or not kind]
    nested = any(kind not in ("Tensor", "") for _, kind in code.parameters)
    if examples and len(tensors) != len(examples):
        tensors = [f"input{index}" for index in range(len(examples))]
    for index, name in enumerate(tensors):
        if index < len(examples):
            shape, dtype = examples[index]
            yield Tensor(name, shape, dtype, _layout(shape, channels), (), nested, example=True)
        elif channels and len(tensors) == 1:
            yield Tensor(name, (None, channels, None, None), "", "NCHW", (), nested, example=True)
        else:
            yield Tensor(name, optional=nested)


def _layout(shape: Shape, channels: int) -> str:
    """Return NCHW if the second size of the shape is what the first convolution takes."""
    return "NCHW" if shape is not None and len(shape) == 4 and shape[1] == channels else ""


def _findings(
    file: str, code: Code, examples: list[tuple[Shape, str]], *, traced: bool
) -> Iterator[Finding]:
    if code.control_flow or (code.scripted and not traced):
        got = "control flow: " + ", ".join(code.control_flow) if code.control_flow else "script"
        yield codes.TORCH_SCRIPTED.in_archive(
            f"{file} was made by torch.jit.script, or calls scripted code; Neo expects a trace",
            got=got,
            allowed="torch.jit.trace(model.eval(), example)",
            hint="Neo has failed on scripted models with \"No module named '__torch__'\" and "
            '"Could not find a torch implementation for prim::If".',
        )
    others = sorted({dtype for _, dtype in examples if dtype != "float32"})
    if others:
        yield codes.TORCH_DTYPE.in_archive(
            f"{file} was traced with {', '.join(others)} input",
            got=", ".join(others),
            allowed="float32",
            hint="Set CompilerOptions dtype (int64, long) on ml_* targets, or trace with float32.",
        )


def _eager(source: ByteSource, form: str, kind: str) -> Model:
    return Model(
        framework="PYTORCH",
        format=form,
        file=source.name,
        details={"content": kind} if kind else {},
        findings=(
            codes.TORCH_EAGER.in_archive(
                f"{source.name} is {kind or 'a pickle'}, not TorchScript; it was not unpickled",
                got=form,
                allowed="TorchScript, as torch.jit.save writes it",
                hint="torch.jit.save(torch.jit.trace(model.eval(), example), 'model.pth'). Neo "
                "answers 'Invalid PyTorch model or input-shape mismatch'.",
            ),
        ),
        names_matter=False,
    )


def _eager_or_old(source: ByteSource) -> Model:
    return Model(
        framework="PYTORCH",
        format="TorchScript before 1.4",
        file=source.name,
        version="before 1.4",
        findings=(
            codes.TORCH_VERSION.in_archive(
                f"{source.name} was saved by PyTorch 1.0 to 1.3",
                allowed="PyTorch 1.4 to 2.0",
                hint="Load and save it again with a listed version.",
            ),
        ),
        names_matter=False,
    )


def _exported(source: ByteSource) -> Model:
    return Model(
        framework="PYTORCH",
        format="torch.export program",
        file=source.name,
        findings=(
            codes.TORCH_EAGER.in_archive(
                f"{source.name} is a program of torch.export, not TorchScript",
                allowed="TorchScript, as torch.jit.save writes it",
                hint="torch.jit.save(torch.jit.trace(model.eval(), example), 'model.pth').",
            ),
        ),
        names_matter=False,
    )
