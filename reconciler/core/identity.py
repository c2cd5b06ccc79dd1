"""Job names that carry the identity of what they compile.

Jobs are immutable and their names unique per account and region, so the name is the identity:
``<owner>-<slug>-<id>``, and for further attempts ``-r1`` to ``-r999``. The longest name is 63
characters, the service's limit (EntityName), and every name matches the service's pattern and is
lower case. The identity, without attempt, is the PhysicalResourceId of the custom resource.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from reconciler.core.contract import STACK_OWNER_PREFIX

MAX_NAME: Final = 63
MAX_ATTEMPT: Final = 999
ID_LENGTH: Final = 12
_MAX_ATTEMPT_SUFFIX: Final = len(f"-r{MAX_ATTEMPT}")

_OWNER = re.compile(r"[a-z][a-z0-9]{2,19}")
_STACK_GUID = re.compile(r"arn:[^:]+:cloudformation:[^:]*:[^:]*:stack/[^/]+/([0-9a-fA-F]{8})-")
_NAME = re.compile(
    r"(?P<owner>[a-z][a-z0-9]{2,19})"
    r"-(?P<slug>[a-z0-9](?:-?[a-z0-9])*)"
    r"-(?P<id>[a-z2-7]{12})"
    r"(?:-r(?P<attempt>[1-9][0-9]{0,2}))?"
)


class OwnerError(ValueError):
    """An owner does not have the form ``[a-z][a-z0-9]{2,19}``."""


@dataclass(frozen=True, slots=True, order=True)
class Owner:
    """Whose jobs these are: 3 to 20 characters, lower case, no hyphen.

    Without hyphens no owner's name prefix can be the prefix of another's.
    Raises OwnerError for any other text.
    """

    name: str

    def __post_init__(self) -> None:
        if not _OWNER.fullmatch(self.name):
            raise OwnerError(
                f"owner {self.name!r}: 3 to 20 lower-case letters and digits are allowed, "
                "the first a letter, without hyphens"
            )

    @staticmethod
    def of_stack(stack_id: str) -> Owner:
        """Return a CloudFormation stack's owner: ``s`` and 8 characters of its id's GUID.

        A recreated stack has another id, so it never takes the old one's jobs for its own.
        Raises OwnerError if ``stack_id`` is not the ARN of a stack.
        """
        match = _STACK_GUID.match(stack_id)
        if match is None:
            raise OwnerError(f"{stack_id!r} is not the ARN of a CloudFormation stack")
        return Owner(STACK_OWNER_PREFIX + match[1].lower())

    @property
    def prefix(self) -> str:
        """What all of the owner's job names begin with."""
        return f"{self.name}-"


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """What a job compiles, for whom: the job's name without its attempt."""

    owner: Owner
    slug: str
    id: str

    def __str__(self) -> str:
        return f"{self.owner.name}-{self.slug}-{self.id}"

    def attempt(self, number: int) -> JobName:
        """Return the name of the numbered attempt; 0 is the first and has no suffix."""
        return JobName(self, number)

    @property
    def family_prefix(self) -> str:
        """What the names of every generation of this declaration begin with.

        Declarations whose names shorten to the same slug share it: check the owner tags before
        anything is touched.
        """
        return f"{self.owner.name}-{self.slug}-"


@dataclass(frozen=True, slots=True, order=True)
class JobName:
    """A compilation job's name, taken apart.

    Raises ValueError for an attempt outside 0 to 999.
    """

    identity: Identity
    attempt: int

    def __post_init__(self) -> None:
        if not 0 <= self.attempt <= MAX_ATTEMPT:
            raise ValueError(f"attempt {self.attempt}: 0 to {MAX_ATTEMPT} are allowed")

    def __str__(self) -> str:
        suffix = f"-r{self.attempt}" if self.attempt else ""
        return f"{self.identity}{suffix}"

    @staticmethod
    @lru_cache(maxsize=1 << 15)
    def parse(text: str) -> JobName | None:
        """Take a name apart; return None for one that is not of our form."""
        match = _NAME.fullmatch(text) if len(text) <= MAX_NAME else None
        if match is None:
            return None
        identity = Identity(Owner(match["owner"]), match["slug"], match["id"])
        return JobName(identity, int(match["attempt"] or 0))


def slug(logical_name: str, owner: Owner) -> str:
    """Return a readable part for names: lower-case ASCII letters, digits and single hyphens.

    The end of a long name is kept, since the last parts of a construct's path say most.
    ``job`` if nothing readable is left.
    """
    ascii_text = unicodedata.normalize("NFKD", logical_name).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")
    room = MAX_NAME - len(owner.prefix) - len("-") - ID_LENGTH - _MAX_ATTEMPT_SUFFIX
    return words[-room:].strip("-") or "job"
