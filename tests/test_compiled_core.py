"""What docs/compiled-core.md asks of the modules that mypyc compiles.

Whether they behave the same is asked by `tox -e compiled`, which runs all tests against
the compiled wheel.
"""

import ast
import tomllib

from sources import PACKAGES, ROOT, Source, dotted, expect_none, python_files


def compiled_files() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    hook = project["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["mypyc"]
    return [name.removeprefix("/") for name in hook["include"]]


def compiled_sources() -> list[Source]:
    names = compiled_files()
    return [source for source in python_files(*PACKAGES) if source.name in names]


def test_the_list_names_files_that_exist() -> None:
    found = {source.name for source in compiled_sources()}
    expect_none(sorted(set(compiled_files()) - found), "pyproject.toml lists them")


def test_nothing_of_ours_inherits_from_a_compiled_class() -> None:
    sealed = {
        node.name
        for source in compiled_sources()
        for node in source.nodes
        if isinstance(node, ast.ClassDef)
        and not {dotted(base) for base in node.bases} & {"IntEnum", "Enum", "Protocol"}
    }
    inside = set(compiled_files())
    wrong = [
        f"{source.at(node)} class {node.name}"
        for source in python_files(*PACKAGES, "tests", "benchmarks", "interop")
        if source.name not in inside
        for node in source.nodes
        if isinstance(node, ast.ClassDef)
        if sealed & {dotted(base) for base in node.bases}
    ]
    expect_none(wrong, "compiled classes cannot be subclassed: compose")


def test_no_compiled_class_is_called_like_a_function() -> None:
    wrong = [
        source.at(node)
        for source in compiled_sources()
        for node in source.nodes
        if isinstance(node, ast.FunctionDef) and node.name == "__call__"
        if not is_protocol(source, node)
    ]
    expect_none(wrong, "mypyc crashes on a bound __call__")


def is_protocol(source: Source, function: ast.FunctionDef) -> bool:
    """Declared in a Protocol, which makes no class at run time."""
    return any(
        function in node.body
        for node in source.nodes
        if isinstance(node, ast.ClassDef)
        and "Protocol" in {dotted(base) for base in node.bases}
    )
