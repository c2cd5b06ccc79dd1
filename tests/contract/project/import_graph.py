"""The import graph of a package, from its source: imports in functions and for types count."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Mapping
from functools import cache
from pathlib import Path

Graph = Mapping[str, frozenset[str]]


@cache
def import_graph(root: Path, package: str) -> Graph:
    """Return, for each module of a package, the package's other modules that it imports."""
    files = {module_name(path.relative_to(root)): path for path in (root / package).rglob("*.py")}
    known = frozenset(files)
    return {
        name: frozenset(_imported(ast.parse(path.read_text()), known)) - {name}
        for name, path in files.items()
    }


def module_name(path: Path) -> str:
    """Return a module's dotted name; a package is called like its folder."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def by_folder(graph: Graph, depth: int) -> Graph:
    """Return the arrows between folders that lie at most `depth` deep.

    A folder stands for the modules in it; those in deeper folders count for their ancestor at
    that depth. Arrows inside a folder are left out.
    """
    packages = {name.rpartition(".")[0] for name in graph}
    found: dict[str, set[str]] = {}
    for name, imported in graph.items():
        folders = found.setdefault(_folder(name, packages, depth), set())
        folders.update(_folder(each, packages, depth) for each in imported)
    return {name: frozenset(imported - {name}) for name, imported in found.items()}


def depths(graph: Graph) -> range:
    """Return the depths at which a graph has folders."""
    return range(1, max(name.count(".") for name in graph) + 1)


def arrows(graph: Graph) -> int:
    """Count the imports of a graph."""
    return sum(map(len, graph.values()))


def circles(graph: Graph) -> list[list[str]]:
    """Return the groups of modules that import each other, directly or through others."""
    reached = {name: _reached(graph, name) for name in graph}
    found = {
        tuple(sorted(other for other in reached[name] if name in reached[other]))
        for name in graph
        if name in reached[name]
    }
    return [list(group) for group in sorted(found)]


def _reached(graph: Graph, start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = graph.get(waiting.pop(), frozenset()) - found
        found |= new
        waiting.extend(new)
    return found


def _imported(tree: ast.Module, known: frozenset[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names if alias.name in known)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                for alias in names:
                    submodule = f"{module}.{alias.name}"
                    imported = submodule if submodule in known else module
                    if imported in known:
                        yield imported


def _folder(name: str, packages: Container[str], depth: int) -> str:
    folder = name if name in packages else name.rpartition(".")[0]
    return ".".join(folder.split(".")[:depth])
