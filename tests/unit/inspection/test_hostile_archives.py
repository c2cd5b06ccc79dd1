"""Archives made to hurt: each ends in findings, soon, in little memory, with nothing written."""

from __future__ import annotations

import gzip
import io
import random
import tempfile
import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from reconciler.inspection.checks.report import InspectionReport, inspect_stream
from reconciler.inspection.inert_pickle import Call, follow
from reconciler.inspection.limits import MEBIBYTE, Limits, ReadBudget
from tests.unit.inspection.archives import BLOCK, MODELS, codes, header, look, pack, padded, raw
from tests.unit.inspection.expensive import EXPENSIVE, measure

MODEL = (MODELS / "dynamic.onnx").read_bytes()


def member(name: str | bytes, data: bytes) -> bytes:
    return header(name, len(data)) + padded(data)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("/etc/model.onnx", "absolute"),
        ("../../model.onnx", "leaves"),
        ("a/../../model.onnx", "leaves"),
        ("C:model.onnx", "absolute"),
        ("..\\model.onnx", "backslashes"),
    ],
)
def test_a_path_that_leaves_the_folder_is_named_and_not_read(name: str, word: str) -> None:
    report = look(raw(member(name, MODEL)))
    assert "NEO804" in codes(report)
    assert word in report.findings[-1].message
    assert report.model is None


def test_links_and_devices_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.onnx"
    secret.write_bytes(MODEL)
    report = look(
        raw(
            header("model.onnx", flag=b"2", link=str(secret)),
            header("hard.onnx", flag=b"1", link=str(secret)),
            header("device.onnx", flag=b"3"),
            header("pipe.onnx", flag=b"6"),
        )
    )
    assert codes(report).count("NEO804") == 4
    assert report.model is None


def test_nothing_is_written_under_a_name_of_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    large = MODEL + bytes(2 * MEBIBYTE)  # beyond what is kept in memory
    look(raw(member("../out.onnx", large), member("model.onnx", large)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.search
def test_a_bomb_of_zeros_is_stopped_by_its_ratio() -> None:
    bomb = io.BytesIO()
    with gzip.GzipFile(fileobj=bomb, mode="wb") as file:
        file.write(header("model.onnx", 4 << 30))
        for _ in range(96):
            file.write(bytes(MEBIBYTE))
    report = look(bomb.getvalue())
    assert "NEO803" in codes(report)
    assert report.expanded < 40 * MEBIBYTE


def test_an_archive_larger_than_allowed_is_stopped() -> None:
    data = random.Random(7).randbytes(3 * MEBIBYTE)
    for limits in (Limits(expanded_bytes=MEBIBYTE), Limits(archive_bytes=MEBIBYTE)):
        report = look(pack({"model.onnx": data}), limits)
        assert codes(report)[0] == "NEO803"


def test_too_many_members_are_stopped() -> None:
    many = raw(*(header(f"file{index}") for index in range(300)))
    assert codes(look(many, Limits(members=200)))[0] == "NEO803"
    assert "NEO803" not in codes(look(many, Limits(members=400)))


def test_time_is_limited() -> None:
    ticks = iter(range(10_000))
    budget = ReadBudget(Limits(seconds=3), clock=lambda: float(next(ticks)))
    report = inspect_stream(io.BytesIO(pack({"model.onnx": MODEL})), budget)
    assert any("more than 3 seconds" in finding.message for finding in report.findings)


def test_of_a_path_that_is_there_twice_the_later_one_is_read() -> None:
    other = (MODELS / "channels_last.onnx").read_bytes()
    report = look(raw(member("model.onnx", MODEL), member("./model.onnx", other)))
    assert "NEO805" in codes(report)
    assert list(report.config.shapes()) == ["pixels"]


@pytest.mark.parametrize("flag", [b"x", b"L", b"K", b"g"])
def test_an_extended_header_that_claims_gigabytes_is_never_held(flag: bytes) -> None:
    claimed = raw(header("pax", 6 << 30, flag), bytes(BLOCK))
    tracemalloc.start()
    report = look(claimed)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert set(codes(report)) & {"NEO802", "NEO803"}
    assert peak < 8 * MEBIBYTE


@pytest.mark.parametrize(
    "record",
    [
        b"99999 path=a\n",
        b"-1 path=a\n",
        b"path=a\n",
        b"0 path=a\n",
        b"1 ",
        b"\xff\xfe\xfd",
        b"20 size=-5        \n",
        b"30 size=99999999999999999999 \n",
        b"16 size=1e9     \n",
    ],
)
def test_a_malformed_pax_header_is_a_finding(record: bytes) -> None:
    report = look(raw(header("pax", len(record), b"x"), padded(record), member("m.onnx", MODEL)))
    assert set(codes(report)) & {"NEO802", "NEO803"}


def test_pax_and_gnu_long_names_are_understood() -> None:
    name = "folder/" * 30 + "model.onnx"
    record = f"path={name}\n"
    length = len(record) + 4
    pax = f"{length} {record}".encode()
    for flag, body in ((b"x", pax), (b"L", name.encode() + b"\0")):
        report = look(raw(header("long", len(body), flag), padded(body), member("m", MODEL)))
        assert report.model is not None
        assert report.model.file == name


def test_a_pax_path_cannot_smuggle_a_traversal() -> None:
    record = b"24 path=../../model.onnx\n"
    pax = b"%d %s" % (len(record), record[3:])
    report = look(raw(header("pax", len(pax), b"x"), padded(pax), member("model.onnx", MODEL)))
    assert "NEO804" in codes(report)
    assert report.model is None


@pytest.mark.parametrize(
    "size_field", [b"\xff" * 12, b"\x80" + b"\xff" * 11, b"-0000000001\0", b"99999999999\0", b"zz"]
)
def test_absurd_sizes_are_a_finding(size_field: bytes) -> None:
    block = bytearray(header("model.onnx", 1))
    block[124 : 124 + len(size_field)] = size_field
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    assert codes(look(raw(member("a.txt", b"x"), bytes(block))))[0] == "NEO802"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"no archive at all",
        b"\x1f\x8b",
        gzip.compress(b""),
        gzip.compress(b"text" * 200),
    ],
)
def test_what_is_no_archive_is_told_so(data: bytes) -> None:
    assert codes(look(data))[0] in ("NEO801", "NEO802")


def test_an_archive_that_breaks_off_is_told_so_and_no_file_is_missed_in_vain() -> None:
    whole = pack({"model.onnx": random.Random(7).randbytes(100_000)})
    report = look(whole[: len(whole) // 2])
    assert codes(report)[0] == "NEO802"
    assert "NEO811" not in codes(report)


def test_gzip_of_several_members_is_read_as_gzip_does() -> None:
    tar = gzip.decompress(pack({"model.onnx": MODEL}))
    split = gzip.compress(tar[:700]) + gzip.compress(tar[700:]) + bytes(64)
    assert look(split).model is not None


@pytest.mark.search
def test_a_zip_bomb_in_a_torchscript_file_is_not_expanded() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("m/data.pkl", bytes(64 * MEBIBYTE))
        archive.writestr("m/code/__torch__.py", b" " * (64 * MEBIBYTE))
        archive.writestr("m/version", b"3")
    tracemalloc.start()
    report = look(pack({"model.pth": buffer.getvalue()}))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "NEO815" in codes(report)
    assert peak < 40 * MEBIBYTE


def test_a_pickle_runs_nothing(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    attack = b"cos\nsystem\n(S'touch %s'\ntR." % str(trace).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("m/data.pkl", attack)
        archive.writestr("m/traced_inputs.pkl", attack)
        archive.writestr("m/code/__torch__.py", b"")
    look(pack({"model.pth": buffer.getvalue(), "xgboost-model": b"\x80\x04" + attack}))
    assert not trace.exists()
    record = follow(attack, ReadBudget())
    assert isinstance(record, Call)


def test_a_pickle_that_refers_to_itself_many_times_over_costs_little() -> None:
    laughs = b"\x80\x02" + b"K\x01" + b"".join(b"q%ch%c\x86" % (i, i) for i in range(200)) + b"."
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("m/data.pkl", laughs)
        archive.writestr("m/traced_inputs.pkl", laughs)
        archive.writestr("m/code/__torch__.py", b"")
    started = time.process_time()
    look(pack({"model.pth": buffer.getvalue()}))
    assert time.process_time() - started < 30


@pytest.mark.search
def test_files_made_to_be_expensive_are_cheap() -> None:
    rows = measure()
    assert len(rows) == len(EXPENSIVE)
    for seconds, growth, found in rows:
        assert "NEO8" in found or "many_nodes" in found
        assert seconds < 30, found  # no measure of speed: a hang would be minutes
        assert growth < 100 * MEBIBYTE, found


def test_a_member_name_cannot_steer_the_terminal() -> None:
    from reconciler.cli.model.report import as_text, finding_lines

    report: InspectionReport = look(pack({"\x1b[2J\x1b]0;owned\x07.onnx": MODEL, "b.onnx": MODEL}))
    lines = [*as_text("m.tar.gz", report)]
    lines += [line for finding in report.findings for line in finding_lines(finding, "m")]
    assert len(lines) > 5
    assert all(character.isprintable() for line in lines for character in line)


def test_an_hdf5_tree_of_several_levels_is_said_to_be_unread() -> None:
    data = bytearray((MODELS / "h5py_dense.h5").read_bytes())
    tree = data.index(b"BTHD")
    data[tree + 12 : tree + 14] = b"\x01\x00"
    assert codes(look(pack({"m.h5": bytes(data)}))) == ["NEO815"]


def test_thousands_of_members_alike_are_reported_a_few_times() -> None:
    report = look(raw(*(header(f"../{index}") for index in range(3000))))
    assert 0 < codes(report).count("NEO804") <= 20
