"""A fleet's objects in S3: the pointer ``desired``, the documents by digest, the manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reconciler.core.contract import MANIFEST_OBJECT
from reconciler.core.fleet.generation import FleetGeneration, StateError
from reconciler.core.fleet.manifest import Manifest
from reconciler.core.fleet_document import FleetDocument
from reconciler.core.fleet_schema import digest_of
from reconciler.core.identity import Owner
from reconciler.core.objects import NEW, Objects, WriteConflict

DESIRED: Final = "desired.json"


@dataclass(frozen=True, slots=True)
class FleetState:
    """Reads and writes the state of one fleet.

    Attributes:
        folder: What the keys begin with; ends with a slash.
    """

    objects: Objects
    folder: str
    owner: Owner

    def desired(self) -> tuple[FleetGeneration, str] | None:
        """The pointer and its version; None if there is none. Raises StateError."""
        stored = self.objects.get(self.folder + DESIRED)
        return None if stored is None else (FleetGeneration.from_json(stored.body), stored.version)

    def point(self, desired: FleetGeneration, version: str = NEW) -> str:
        """Write the pointer over this version; its new version.

        A write whose answer was lost and that was repeated looks like a conflict, so what is
        there then is compared. Raises WriteConflict.
        """
        body = desired.to_json()
        try:
            return self.objects.put(self.folder + DESIRED, body, version=version)
        except WriteConflict:
            stored = self.objects.get(self.folder + DESIRED)
            if stored is not None and stored.body == body:
                return stored.version
            raise

    def document(self, digest: str) -> FleetDocument:
        """The resolved document of this digest; raises StateError if it is gone or changed."""
        if not digest:
            return FleetDocument((), {})
        stored = self.objects.get(self._document_key(digest))
        if stored is None or digest_of(stored.body) != digest:
            raise StateError(f"the fleet's document {digest[:12]} is gone or was changed")
        return FleetDocument.parse(stored.body)

    def keep_document(self, document: FleetDocument) -> str:
        """Write a resolved document under its digest, which is returned."""
        text = document.text().encode()
        digest = digest_of(text)
        self.objects.put(self._document_key(digest), text)
        return digest

    def drop_document(self, digest: str) -> None:
        """Delete a document that no generation needs."""
        if digest:
            self.objects.delete(self._document_key(digest))

    def manifest(self) -> Manifest:
        """What the last pass wrote; an empty one if there is none, or none that can be read."""
        stored = self.objects.get(self.folder + MANIFEST_OBJECT)
        try:
            return Manifest(self.owner.name) if stored is None else Manifest.from_json(stored.body)
        except StateError:  # it is only memory: everything in it can be read again
            return Manifest(self.owner.name)

    def keep_manifest(self, manifest: Manifest) -> None:
        """Write the manifest."""
        self.objects.put(self.folder + MANIFEST_OBJECT, manifest.to_json())

    def erase(self, desired: FleetGeneration | None, *, manifest: bool) -> None:
        """Delete the documents, the manifest if that is wanted, and the pointer last."""
        if desired is not None:
            for digest in {desired.document, desired.previous[0], *desired.garbage}:
                self.drop_document(digest)
        if manifest:
            self.objects.delete(self.folder + MANIFEST_OBJECT)
        self.objects.delete(self.folder + DESIRED)

    def _document_key(self, digest: str) -> str:
        return f"{self.folder}documents/{digest}.json"
