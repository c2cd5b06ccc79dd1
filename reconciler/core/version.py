"""The library's version, as jobs are tagged with it."""

from typing import Final

VERSION: Final = "0.1.0"
