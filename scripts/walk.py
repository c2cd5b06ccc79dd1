"""Show the walk of one neoctl command through the project's files.

Prints every file whose functions were entered, in the order of the first entry, with the names of
those functions; then how many files, functions and calls from one file into another there were.
What runs only because a module is imported does not count.

    python scripts/walk.py build --format json fleet.yaml
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent


class Walk:
    """The functions of the project that were entered, by file."""

    def __init__(self) -> None:
        self.entered: dict[str, dict[str, None]] = {}
        self.hops = 0
        self._importing = 0

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        """Note an event of ``sys.setprofile``."""
        code = frame.f_code
        if code.co_name == "<module>" and event in ("call", "return"):
            self._importing += 1 if event == "call" else -1
        file = Path(code.co_filename)
        if event != "call" or self._importing or not file.is_relative_to(ROOT / "reconciler"):
            return
        name = file.relative_to(ROOT / "reconciler").as_posix()
        caller = frame.f_back.f_code.co_filename if frame.f_back else ""
        self.hops += caller != code.co_filename
        self.entered.setdefault(name, {})[code.co_qualname.rpartition("<locals>.")[2]] = None


def main() -> int:
    sys.path.insert(0, str(ROOT))
    from reconciler.cli.main import main as neoctl

    walk = Walk()
    sys.argv = ["neoctl", *sys.argv[1:]]
    output = io.StringIO()
    sys.setprofile(walk)
    try:
        with contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
            neoctl()
    finally:
        sys.setprofile(None)
    for file, functions in walk.entered.items():
        print(f"{file}: {', '.join(functions)}")
    count = sum(map(len, walk.entered.values()))
    print(f"{len(walk.entered)} files, {count} functions, {walk.hops} calls between files")
    parts = Counter(file.partition("/")[0] for file in walk.entered)
    print(", ".join(f"{part} {files}" for part, files in parts.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
