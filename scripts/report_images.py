"""Write docs/images/report-*.png: the page of neoctl report in a real browser.

Run it after the page has changed, where Chromium is installed:
`PYTHONPATH=. .venv/bin/python -m scripts.report_images`. Fonts differ from machine to machine, so
the images are looked at, and not compared by a test.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

from reconciler.cli.html_report.page import render
from scripts.chromium import Chromium
from tests.unit.cli.reports import example

IMAGES: Final = Path(__file__).resolve().parent.parent / "docs" / "images"
OPEN_A_FAILURE: Final = "document.querySelector('#failures button').click()"
OPEN_A_SUCCESS: Final = "document.querySelector('.board button.done').click()"
VIEWS: Final = (
    # name, width, height, dark, part of the address, what is done first
    ("report-desktop", 1280, 860, False, "", ""),
    ("report-dark", 1280, 860, True, "", OPEN_A_SUCCESS),
    ("report-list", 1280, 860, False, "view=list", ""),
    ("report-phone", 390, 844, False, "", ""),
    ("report-phone-dark", 390, 844, True, "", OPEN_A_FAILURE),
)


def main() -> int:
    """Write every image, or those that are named."""
    names = sys.argv[1:] or [view[0] for view in VIEWS]
    with tempfile.TemporaryDirectory() as folder, Chromium.started(Path(folder)) as browser:
        page = Path(folder, "report.html")
        page.write_text(render(example()), encoding="utf-8")
        for name, width, height, dark, part, first in VIEWS:
            if name not in names:
                continue
            browser.look_like(width, height, dark=dark)
            browser.open(f"{page.as_uri()}?{name}#{part}")
            browser.evaluate(f"new Promise(requestAnimationFrame).then(() => {{ {first} }})")
            (IMAGES / f"{name}.png").write_bytes(browser.screenshot())
    return 0


if __name__ == "__main__":
    sys.exit(main())
