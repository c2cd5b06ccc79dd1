"""A managed policy of one role that permissions can be added to."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from neo_constructs.iam.statements import Allow, document


class RightsPolicy:
    """A managed policy of one role."""

    def __init__(
        self, scope: Construct, id: str, *, role_name: str, rights: Sequence[Allow]
    ) -> None:
        self._rights = list(rights)
        self.resource = iam.CfnManagedPolicy(
            scope, id, roles=[role_name], policy_document=document(self._rights)
        )

    def add(self, *rights: Allow) -> None:
        """Add permissions, each once."""
        self._rights += [right for right in rights if right not in self._rights]
        self.resource.policy_document = document(self._rights)
