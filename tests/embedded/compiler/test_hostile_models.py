"""Models made to hurt: none runs code, each fails with a sentence, soon, and alone."""

from __future__ import annotations

import contextlib
import io
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from neo_local.jobs.compilation import WorkerLimits
from neo_local.jobs.control import Control
from neo_local.jobs.outcome import JobFailed, JobTimedOut
from tests.embedded.optional import needs_environment
from tests.paths import ROOT
from tests.unit.neo_local.compiling import LINUX_X86_64, Bench, archive_of, packed_file

pytestmark = pytest.mark.compiles
TRACED = ROOT / "tests/unit/inspection/models/traced.pth"
LONG = pytest.mark.long
FORWARD = "    image: Tensor) -> Tensor:\n"


def reason(
    bench: Bench, archive: bytes, framework: str, config: str, seconds: float = 240.0
) -> str:
    """Return why a job failed; nothing of its model was run, nothing is left of it."""
    source = {"Framework": framework, "DataInputConfig": config}
    with pytest.raises((JobFailed, JobTimedOut)) as ended:
        bench.compile(archive, source, LINUX_X86_64, Control(seconds))
    logs = b"".join(path.read_bytes() for path in bench.folder.rglob("*.log"))
    assert b"owned" not in logs
    assert list((bench.folder / "work").iterdir()) == []
    text = "timed out" if isinstance(ended.value, JobTimedOut) else str(ended.value)
    assert text.isprintable()
    assert "Traceback" not in text
    assert "ServerError" not in text
    return text


def torchscript(changed: Mapping[str, bytes], more: Mapping[str, bytes] | None = None) -> bytes:
    """Return the archive of a traced model, whose files are replaced."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(TRACED) as known, zipfile.ZipFile(buffer, "w", 8) as archive:
        for name in known.namelist():
            archive.writestr(name, changed.get(name.partition("/")[2], known.read(name)))
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return archive_of({"model.pth": buffer.getvalue()})


def statement(line: str) -> bytes:
    """Return the archive of a traced model that begins with a statement."""
    with zipfile.ZipFile(TRACED) as known:
        code = known.read("traced/code/__torch__.py").decode()
    assert FORWARD in code
    new = code.replace(FORWARD, f"{FORWARD}    {line}\n")
    return torchscript({"code/__torch__.py": new.encode()})


TORCH = {
    "a pickle that calls": lambda: torchscript({"data.pkl": b"cos\nsystem\n(S'echo own''ed'\ntR."}),
    "a file that is written": lambda: statement('torch.save([1], "result.json")'),
    "an exception that steers the terminal": lambda: statement(
        'ops.prim.RaiseException("\x1b]0;red\x07\x1b[2J")'
    ),
    "an unknown library": lambda: statement("image = ops.stolen.goods(image)"),
    "a deep expression": lambda: statement(f"image = {'(' * 90_000}image{')' * 90_000}"),
    "a terabyte": lambda: statement(
        "image = torch.add(image, torch.mean(torch.ones([1000000, 1000000], dtype=6, layout=None, "
        'device=torch.device("cpu"), pin_memory=False)))'
    ),
    "a truncated file": lambda: archive_of({"model.pth": TRACED.read_bytes()[:2000]}),
    "no weights": lambda: torchscript({"data/0": b"", "data/1": b""}),
}


@needs_environment("pytorch")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name == "an exception that steers the terminal" else LONG)
        for name in TORCH
    ],
)
def test_torchscript(bench: Bench, name: str) -> None:
    assert reason(bench, TORCH[name](), "PYTORCH", '{"image": [1, 3, 16, 16]}')


@LONG
@needs_environment("pytorch")
def test_code_without_an_end_is_ended(bench: Bench) -> None:
    endless = statement("while True:\n      image = torch.add(image, 1)")
    config = '{"image": [1, 3, 16, 16]}'
    assert reason(bench, endless, "PYTORCH", config, seconds=15.0) == "timed out"


@LONG
@needs_environment("pytorch")
def test_a_bomb_within_a_zip_fails_by_its_limit(tmp_path: Path, bench: Bench) -> None:
    small = Bench(tmp_path, bench.python, WorkerLimits(file_mb=64, memory_mb=2048))
    bomb = torchscript({}, {"traced/data/9": bytes(400 << 20)})
    assert len(bomb) < 1 << 20
    told = reason(small, bomb, "PYTORCH", '{"image": [1, 3, 17, 17]}')
    assert told.endswith("the job writes more to files than it may.")


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    python = ROOT / ".venv-tensorflow" / "bin" / "python"
    script = Path(__file__).with_name("make_hostile_tensorflow.py")
    subprocess.run([python, "-W", "ignore", script, folder], check=True, capture_output=True)
    return folder


@LONG
@needs_environment("tensorflow")
@pytest.mark.parametrize(
    ("name", "word"),
    [
        *((f"lambda{version}.h5", "holds code") for version in (2, 3)),
        *((f"imports{version}.h5", "holds code") for version in (2, 3)),
        *((f"loads_library{version}.h5", "holds code") for version in (2, 3)),
        *((f"huge{version}.h5", "") for version in (2, 3)),
        *((f"nested{version}.h5", "") for version in (2, 3)),
        *((f"names{version}.h5", "") for version in (2, 3)),
        ("cycle.pb", "cycle"),
        ("writes.pb", "WriteFile"),
        ("python.pb", "PyFunc"),
        ("python", "EagerPyFunc"),
        ("unknown.pb", "Exfiltrate"),
        ("terabyte.pb", ""),
        ("recursive.pb", ""),
    ],
)
def test_tensorflow_and_keras(bench: Bench, hostile: Path, name: str, word: str) -> None:
    framework = "KERAS" if name.endswith(".h5") else "TENSORFLOW"
    assert word in reason(bench, packed_file(hostile / name), framework, '{"a": [1, 4]}', 120.0)
    assert not Path("/tmp/written-by-a-graph").exists()


@LONG
@needs_environment("tensorflow")
def test_a_graph_of_thousands_of_operations_is_compiled_or_ended_in_time(
    bench: Bench, hostile: Path
) -> None:
    source = {"Framework": "TENSORFLOW", "DataInputConfig": '{"a": [1, 4]}'}
    with contextlib.suppress(JobTimedOut):
        artifact = bench.compile(
            packed_file(hostile / "long.pb"), source, LINUX_X86_64, Control(120.0)
        )
        assert artifact.content
    assert list((bench.folder / "work").iterdir()) == []
