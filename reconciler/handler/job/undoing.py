"""Which requests undo an update, whatever is read of the stack."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.core.identity import Identity
from reconciler.core.request import RequestError
from reconciler.handler.cfn.answer import ResourceFailed
from reconciler.handler.cfn.event import Event, RequestType
from reconciler.handler.cfn.properties import PropertiesError
from reconciler.handler.job.properties import decode


def undoes_a_failed_update(event: Event) -> bool:
    """Return whether an Update wants what the resource already is, after another was tried.

    Only a rollback sends that, so a reading that still shows the update is out of date.
    """
    if event.type is not RequestType.UPDATE:
        return False
    wanted = str(declared_identity(event, event.properties))
    return wanted == event.physical_id != _old_identity(event)


def declared_identity(event: Event, properties: Mapping[str, object]) -> Identity:
    """Return the identity that properties declare. Raises ResourceFailed if they cannot be read."""
    try:
        return decode(properties, event.owner).declaration.identity
    except (PropertiesError, RequestError) as error:
        raise ResourceFailed(f"{event.logical_id}: {error}") from None


def _old_identity(event: Event) -> str:
    try:
        return str(declared_identity(event, event.old_properties))
    except ResourceFailed:  # what was tried cannot be read
        return ""
