"""The documentation site: it builds strictly, every link leads somewhere, nothing is loaded."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlparse

import pytest

from tests.paths import ROOT

MKDOCS = ROOT / ".venv-docs" / "bin" / "python"
LOADING = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class Links(HTMLParser):
    """The links, loaded addresses and anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.anchors: set[str] = {""}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the tag links to, loads and names."""
        found = {name: value or "" for name, value in attrs}
        self.anchors |= {found[name] for name in ("id", "name") if name in found}
        if tag == "a" and "href" in found:
            self.links.add(found["href"])
        if tag in LOADING and LOADING[tag] in found and found.get("rel") != "canonical":
            self.loaded.add(found[LOADING[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it."""
    assert MKDOCS.exists(), "the generator is not installed: run `make docs`"
    folder = tmp_path_factory.mktemp("site")
    command = [str(MKDOCS), "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=env)
    assert ran.returncode == 0, ran.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Links]:
    """Every page of the site."""
    return {path: Links(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def is_broken(link: str, path: Path, pages: dict[Path, Links]) -> bool:
    """Return whether a link of a page leads to no page or file of the site, or to no anchor."""
    address, anchor = urldefrag(link)
    target = (path.parent / unquote(address)).resolve() if address else path
    target = target / "index.html" if target.is_dir() else target
    if target in pages:
        return unquote(anchor) not in pages[target].anchors
    return not target.is_file()


def test_every_link_and_anchor_leads_somewhere(pages: dict[Path, Links]) -> None:
    found = {(path, link) for path, page in pages.items() for link in page.links | page.loaded}
    inside = [each for each in found if not urlparse(each[1]).scheme and each[0].name != "404.html"]
    assert len(inside) > 1000
    assert [f"{path.name}: {link}" for path, link in inside if is_broken(link, path, pages)] == []


def test_nothing_is_loaded_from_another_host(site: Path, pages: dict[Path, Links]) -> None:
    loaded = {each for page in pages.values() for each in page.loaded}
    assert {each for each in loaded if urlparse(each).netloc} == set()
    styles = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert not any(re.search(r"(url\(|@import)\s*['\"]?https?:", text) for text in styles)


def test_diagrams_bring_their_renderer(site: Path, pages: dict[Path, Links]) -> None:
    architecture = pages[site / "architecture.html"]
    assert "assets/mermaid.js" in architecture.loaded
    assert b'globalThis["mermaid"]' in (site / "assets" / "mermaid.js").read_bytes()


def test_alternatives_in_tables_are_shown_as_they_are_typed(site: Path) -> None:
    page = (site / "reference" / "cli.html").read_text(encoding="utf-8")
    assert "<code>--format [bash&#124;fish&#124;json]</code>" in page


def test_language_models_get_an_index_of_pages_that_exist(site: Path) -> None:
    index = (site / "llms.txt").read_text(encoding="utf-8")
    named = re.findall(r"^- \[.*\]\((.*?)\)", index, re.MULTILINE)
    assert {"start.md", "development.md", "rules/NEO410.md", "reference/cli.md"} <= set(named)
    assert [each for each in named if not (site / each).is_file()] == []


def test_every_public_name_of_the_constructs_has_its_place_in_the_reference() -> None:
    tree = ast.parse((ROOT / "neo_constructs" / "__init__.py").read_text(encoding="utf-8"))
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    public = next(node.value for node in assigned if ast.unparse(node.targets[0]) == "__all__")
    text = (ROOT / "docs" / "reference" / "constructs.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^::: neo_constructs\.(\w+)$", text, re.MULTILINE)) == sorted(
        ast.literal_eval(public)
    )


@pytest.mark.parametrize(
    "command",
    [[sys.executable, "-m", "scripts.cli_reference"], [str(MKDOCS), "scripts/screenshots.py"]],
    ids=["cli_reference", "screenshots"],
)
def test_what_is_generated_is_up_to_date(command: list[str]) -> None:
    ran = subprocess.run([*command, "--check"], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize(
    "page", ["CONTRIBUTING.md", "docs/development.md", "docs/development/add-a-field.md"]
)
def test_files_that_contributors_are_sent_to_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:tests|reconciler|neo_constructs|scripts)/[\w./-]*\w", text))
    assert named
    assert [each for each in sorted(named) if not (ROOT / each).exists()] == []
