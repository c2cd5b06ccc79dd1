"""A fleet's objects in S3: the generation, the documents by digest, the manifest."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Final, NamedTuple

from reconciler.core.contract import MANIFEST_OBJECT
from reconciler.core.fleet.document import FleetDocument, digest_of
from reconciler.core.fleet.generation import FleetGeneration, StateError
from reconciler.core.fleet.manifest import Manifest
from reconciler.core.identity import Owner
from reconciler.core.objects import NEW, Objects
from reconciler.core.ports import WriteConflict

GENERATION: Final = "desired.json"


class StoredGeneration(NamedTuple):
    """A generation, and the version of its object that a conditional write compares."""

    generation: FleetGeneration
    version: str


@dataclass(frozen=True, slots=True)
class FleetState:
    """Reads and writes the state of one fleet.

    Attributes:
        folder: What the keys begin with; ends with a slash.
    """

    objects: Objects
    folder: str
    owner: Owner

    def generation(self) -> StoredGeneration | None:
        """Return the current generation, or None if there is none. Raises StateError."""
        stored = self.objects.get(self.folder + GENERATION)
        if stored is None:
            return None
        return StoredGeneration(FleetGeneration.from_json(stored.body), stored.version)

    def write_generation(self, generation: FleetGeneration, version: str = NEW) -> str:
        """Write the generation over this version and return its new version.

        A write whose answer was lost and that was repeated looks like a conflict, so the object
        is compared then. Raises WriteConflict.
        """
        body = generation.to_json()
        try:
            return self.objects.put(self.folder + GENERATION, body, version=version)
        except WriteConflict:
            stored = self.objects.get(self.folder + GENERATION)
            if stored is not None and stored.body == body:
                return stored.version
            raise

    def document(self, digest: str) -> FleetDocument:
        """Return the resolved document of this digest. Raises StateError if it is not there."""
        if not digest:
            return FleetDocument((), {})
        stored = self.objects.get(self._document_key(digest))
        if stored is None or digest_of(stored.body) != digest:
            raise StateError(f"the fleet's document {digest[:12]} was deleted or changed")
        return FleetDocument.parse(stored.body)

    def write_document(self, document: FleetDocument, unneeded: Container[str] = ()) -> str:
        """Write a resolved document under its digest and return the digest.

        Args:
            document: The document.
            unneeded: Digests that actors of earlier generations may still be deleting. A document
                of such a digest gets another one, by white space at its end.
        """
        text = document.text().encode()
        while (digest := digest_of(text)) in unneeded:
            text += b" "
        self.objects.put(self._document_key(digest), text)
        return digest

    def delete_document(self, digest: str) -> None:
        """Delete a document that no generation needs."""
        if digest:
            self.objects.delete(self._document_key(digest))

    def manifest(self) -> Manifest:
        """Return the last pass's manifest, or an empty one: what it says can be reread."""
        stored = self.objects.get(self.folder + MANIFEST_OBJECT)
        try:
            return Manifest(self.owner.name) if stored is None else Manifest.from_json(stored.body)
        except StateError:
            return Manifest(self.owner.name)

    def write_manifest(self, manifest: Manifest) -> None:
        """Write the manifest."""
        self.objects.put(self.folder + MANIFEST_OBJECT, manifest.to_json())

    def erase(self, generation: FleetGeneration | None, *, manifest: bool) -> None:
        """Delete the documents, the manifest if asked to, and the generation last."""
        if generation is not None:
            documents = {generation.document, generation.previous[0]}
            for digest in documents | {*generation.unneeded_documents}:
                self.delete_document(digest)
        if manifest:
            self.objects.delete(self.folder + MANIFEST_OBJECT)
        self.objects.delete(self.folder + GENERATION)

    def _document_key(self, digest: str) -> str:
        return f"{self.folder}documents/{digest}.json"
