"""Small shared libraries for every kind of device, linked against a glibc of 2019.

Not part of any test run: `python libraries.py OUT_DIR` under a Python that has ziglang 0.17.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

OUT = Path(sys.argv[1]).absolute()
CODE = """
#include <math.h>
#include <string.h>
void predict(const float *in, float *out, int count) {
  memmove(out, in, count * sizeof *in);
  for (int i = 0; i < count; ++i) out[i] = expf(in[i]) + powf(in[i], out[i]);
}
"""
TARGETS = {
    "x86_64.so": "x86_64-linux-gnu.2.30",
    "aarch64.so": "aarch64-linux-gnu.2.30",
    "armhf.so": "arm-linux-gnueabihf.2.30",
    "armel.so": "arm-linux-gnueabi.2.30",
}
ALONE = "__declspec(dllexport) int answer(void) { return 42; }"  # needs no library of Windows


def compile_library(name: str, target: str, code: str, *options: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "model.c").write_text(code)
        command = [sys.executable, "-m", "ziglang", "cc", "-target", target, "-shared", "-Os", "-s"]
        files = ["model.c", "-o", str(OUT / name)]
        subprocess.run([*command, *options, *files], check=True, cwd=folder)


OUT.mkdir(parents=True, exist_ok=True)
for library, triple in TARGETS.items():
    compile_library(library, triple, CODE, "-lm")
compile_library("windows.dll", "x86_64-windows-gnu", ALONE, "-nostdlib", "-Wl,--entry=answer")
