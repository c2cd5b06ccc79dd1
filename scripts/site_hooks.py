"""Hooks of the documentation site (mkdocs.yml): more pages, checked links, diagrams, llms.txt.

The Markdown in this repository is written for readers of the repository: it links to sources and
to pages outside docs/. The hooks make pages of those that belong to the site, and turn links to
the rest into plain text. A link to a file that does not exist fails the build.
"""

from __future__ import annotations

import html
import logging
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
LOG = logging.getLogger("mkdocs.hooks.site")
MERMAID = "node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js"
LINK = re.compile(r"(?<!!)\[(?P<text>[^\[\]]*)\]\((?P<target>[^()\s#]+)(?P<anchor>#[^()\s]*)?\)")
BAR = "\\|"
CODE_WITH_BAR = re.compile(r"`([^`]*\\\|[^`]*)`")  # in a table, as GitHub wants it
ELSEWHERE = ("http://", "https://", "mailto:")
# Files of the repository that are pages of the site, beside those in docs/.
PAGES = {
    "README.md": "start.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security-policy.md",
    "examples/README.md": "examples/README.md",
}
LISTED = {".py": "python", ".yaml": "yaml", ".json": "json"}  # examples that get a page each

_written: dict[str, tuple[str, str]] = {}  # title and Markdown of each page, by its source


def examples() -> dict[str, str]:
    """Return the sources of examples that get a page, with its name."""
    found = sorted(path for path in (ROOT / "examples").rglob("*") if path.suffix in LISTED)
    paths = [path.relative_to(ROOT) for path in found if "__pycache__" not in path.parts]
    return {path.as_posix(): f"{path.as_posix()}.md" for path in paths}


def listing(source: str) -> str:
    """Return the page of an example."""
    path = ROOT / source
    text = path.read_text(encoding="utf-8")
    return f"# {path.name}\n\n````{LISTED[path.suffix]}\n{text.rstrip()}\n````\n"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Replace folders in the navigation by their pages."""
    config.nav = unfolded(config.nav)
    return config


def unfolded(entry: object) -> object:
    """Return a part of the navigation with folders ("decisions/") as lists, the index first."""
    match entry:
        case dict():
            return {name: unfolded(value) for name, value in entry.items()}
        case list():
            return [unfolded(item) for item in entry]
        case str() if entry.endswith("/"):
            names = sorted(path.name for path in (ROOT / "docs" / entry).glob("*.md"))
            return [entry + name for name in sorted(names, key=lambda name: name != "README.md")]
        case _:
            return entry


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that lie outside docs/."""
    for source, uri in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, uri, content=text))
    for source, uri in examples().items():
        files.append(File.generated(config, uri, content=listing(source)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Point links at pages of the site, and keep the page for llms.txt."""
    uri = page.file.src_uri
    sources = {each: source for source, each in {**PAGES, **examples()}.items()}
    folder = posixpath.dirname(sources.get(uri, f"docs/{uri}"))
    text = "".join(lines(markdown, folder, posixpath.dirname(uri)))
    _written[uri] = (page.title, text)
    return text


def lines(markdown: str, folder: str, site_folder: str) -> Iterator[str]:
    """Yield the lines of a page with their links rewritten, but for fenced code."""
    fence = ""
    for line in markdown.splitlines(keepends=True):
        opened = re.match(r"\s*(`{3,}|~{3,})", line)
        if opened and (not fence or opened[1].startswith(fence)):
            fence = "" if fence else opened[1]
        if not fence and line.startswith("|"):
            line = CODE_WITH_BAR.sub(code_with_bar, line)
        yield line if fence else LINK.sub(lambda found: link(found, folder, site_folder), line)


def code_with_bar(found: re.Match[str]) -> str:
    """Return code of a table's cell in HTML: Python-Markdown would show the escape of a bar."""
    return f"<code>{html.escape(found[1].replace(BAR, '|')).replace('|', '&#124;')}</code>"


def link(found: re.Match[str], folder: str, site_folder: str) -> str:
    """Return a link for the site: to a page, or its text alone where there is no page."""
    if found["target"].startswith(ELSEWHERE):
        return found[0]
    target = posixpath.normpath(posixpath.join(folder, found["target"]))
    if (ROOT / target).is_dir() and (ROOT / target / "README.md").exists():
        target += "/README.md"
    uri = {**PAGES, **examples()}.get(target)
    if uri is None and target.startswith("docs/"):
        uri = target.removeprefix("docs/")
    if uri is not None:
        place = posixpath.relpath(uri, site_folder or ".") + (found["anchor"] or "")
        return f"[{found['text']}]({place})"
    if not (ROOT / target).exists():
        LOG.warning("a page in %r links to %r, which does not exist", folder, found["target"])
    return found["text"]


def on_post_page(output: str, page: Page, **_: object) -> str:
    """Load the renderer of diagrams, from this site, on pages that have one."""
    if 'class="mermaid"' not in output:
        return output
    path = posixpath.relpath("assets/mermaid.js", posixpath.dirname(page.file.dest_uri) or ".")
    return output.replace("</head>", f'<script src="{path}"></script></head>', 1)


def on_post_build(config: MkDocsConfig) -> None:
    """Write what is no page: the renderer of diagrams, the pages' Markdown and llms.txt."""
    site = Path(config["site_dir"])
    (site / "assets" / "mermaid.js").write_bytes((ROOT / MERMAID).read_bytes())
    for uri, (_, text) in _written.items():
        (site / uri).parent.mkdir(parents=True, exist_ok=True)
        (site / uri).write_text(text, encoding="utf-8")
    (site / "llms.txt").write_text(llms(config["site_name"], config["site_description"]))


def llms(name: str, description: str) -> str:
    """Return the index of the site for language models (llmstxt.org)."""
    entries = [f"- [{title}]({uri}){summary(text)}" for uri, (title, text) in _written.items()]
    return f"# {name}\n\n> {description}\n\n## Pages\n\n" + "\n".join(sorted(entries)) + "\n"


def summary(markdown: str) -> str:
    """Return the first sentence of a page as the tail of a list entry."""
    for paragraph in re.split(r"\n\s*\n", markdown):
        if re.match(r"[A-Za-z`*\[]", paragraph):
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", " ".join(paragraph.split()))
            return ": " + re.split(r"(?<=[.:])\s", plain)[0]
    return ""
