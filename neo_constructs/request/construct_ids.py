"""Ids of constructs that other parts of the library look for; deployed templates hold them."""

from typing import Final

PROVIDER_ID: Final = "NeoCompilationProvider"
DEFAULT_BUCKET_ID: Final = "NeoArtifacts"
