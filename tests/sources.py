"""The project's own Python files, each parsed once, for the tests that read them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("icom_proto", "icom_lan", "icom_sim")
AROUND = ("benchmarks", "examples", "interop", "tests", "tools")


@dataclass(frozen=True, slots=True)
class Source:
    """One file. `name` is its path from the root, with slashes."""

    name: str
    tree: ast.Module

    @property
    def module(self) -> str:
        """The dotted name under which it is imported."""
        return self.name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def nodes(self) -> Iterator[ast.AST]:
        return ast.walk(self.tree)

    def at(self, node: ast.AST) -> str:
        """`file:line`, as editors like it."""
        return f"{self.name}:{getattr(node, 'lineno', 1)}"

    def imports(self) -> Iterator[tuple[str, str]]:
        """(file:line, dotted name) of each import; `from a import b` is `a.b`."""
        for node in self.nodes():
            match node:
                case ast.Import(names=names):
                    yield from ((self.at(node), each.name) for each in names)
                case ast.ImportFrom(module=module, names=names, level=level):
                    origin = "." * level + (module or "")
                    yield from ((self.at(node), f"{origin}.{n.name}") for n in names)
                case _:
                    pass


@cache
def python_files(*folders: str) -> tuple[Source, ...]:
    """All Python files below these folders of the root, sorted by name."""
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return tuple(
        Source(path.relative_to(ROOT).as_posix(), ast.parse(path.read_bytes(), path))
        for path in sorted(paths)
    )


def expect_none(findings: list[str], rule: str) -> None:
    """Fails with the rule and one line per finding, and no traceback in between."""
    if findings:
        pytest.fail("\n  ".join([f"{rule}:", *findings]), pytrace=False)
