"""A page of neoctl report, as an HTML parser reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any


@dataclass
class Parsed(HTMLParser):
    """A page's elements, attributes, and the contents of scripts and styles."""

    page: str
    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    contents: list[tuple[str, str]] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "title":
            self.titles.append(data)
        if self.tags and self.cdata_elem:
            self.contents.append((self.cdata_elem, data))

    def content(self, tag: str, number: int = 0) -> str:
        """Return what an element holds."""
        found = [data for name, data in self.contents if name == tag]
        return found[number]

    @property
    def policy(self) -> str:
        """The content security policy."""
        return next(value for _, name, value in self.attributes if "default-src" in value)

    @property
    def data(self) -> dict[str, Any]:
        """What the page's script reads."""
        data: dict[str, Any] = json.loads(self.content("script"))
        return data

    @property
    def jobs(self) -> list[dict[str, Any]]:
        """The jobs that the page's script reads."""
        jobs: list[dict[str, Any]] = self.data["jobs"]
        return jobs

    @property
    def title(self) -> str:
        """The page's title."""
        return self.titles[0]

    @property
    def is_rehearsal(self) -> bool:
        """Whether the page says that the embedded AWS compiled its jobs."""
        return bool(self.data["rehearsal"])
