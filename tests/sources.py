"""The project's own Python files, each parsed once, for the tests that read them."""

import ast
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("icom_proto", "icom_lan", "icom_sim")
AROUND = ("benchmarks", "examples", "interop", "tests", "tools")


@dataclass(frozen=True)
class Source:
    """One file. `name` is its path from the root, with slashes."""

    name: str
    tree: ast.Module

    @property
    def module(self) -> str:
        """The dotted name under which it is imported."""
        return self.name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def imports(self) -> list[tuple[str, str]]:
        """(file:line, dotted name) of each import; `from a import b` is `a.b`."""
        found = []
        for node in self.nodes:
            if isinstance(node, ast.Import):
                found += [(self.at(node), each.name) for each in node.names]
            elif isinstance(node, ast.ImportFrom):
                origin = "." * node.level + (node.module or "")
                found += [(self.at(node), f"{origin}.{n.name}") for n in node.names]
        return found

    def at(self, node: ast.AST) -> str:
        """`file:line`, as editors like it."""
        return f"{self.name}:{getattr(node, 'lineno', 1)}"


def python_files(*folders: str) -> list[Source]:
    """All Python files below these folders of the root, sorted by name."""
    return [source for folder in folders for source in files_below(folder)]


@cache
def files_below(folder: str) -> list[Source]:
    return [
        Source(path.relative_to(ROOT).as_posix(), ast.parse(path.read_bytes(), path))
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]


def dotted(node: ast.expr) -> str:
    """`a.b.c` of such an expression; of another, what follows it: `.c` of `f().c`."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            return f"{dotted(value)}.{attr}"
        case _:
            return ""


def expect_none(findings: list[str], rule: str) -> None:
    """Fails with the rule and one line per finding, and no traceback in between."""
    if findings:
        pytest.fail("\n  ".join([f"{rule}:", *findings]), pytrace=False)
