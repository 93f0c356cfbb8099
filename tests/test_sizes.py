"""Nothing grows unnoticed: what is over the mark stands here, with its present size.

A new one over the mark fails, and so does one of these that grew. One that shrank asks
for its new figure, or to be taken off the list. Nobody argues about 61 lines; a longer
list is a topic for review (CONTRIBUTING.md).
"""

import ast
from collections.abc import Iterator
from functools import cache

from sources import AROUND, PACKAGES, Source, expect_none, python_files

FUNCTION_LINES_MAX = 60
CLASS_LINES_MAX = 400
CLASS_METHODS_MAX = 25
MODULE_LINES_MAX = 500
ATTRIBUTES_MAX = 15  # more, and there is a component inside

LONG_FUNCTIONS: dict[str, int] = {}
LONG_CLASSES: dict[str, int] = {}
CLASSES_WITH_MANY_METHODS: dict[str, int] = {
    # One method per state of the connection; per datagram and timer of the session.
    "icom_proto/client_connection.py:ClientConnection": 36,
    "icom_proto/client_session.py:ClientSession": 31,
    # What users call, each method a few lines: for `await`, and the same that blocks.
    "icom_lan/radio.py:IcomRadio": 39,
    "icom_lan/sync.py:IcomRadio": 39,
}
LONG_MODULES: dict[str, int] = {}
OBJECTS_WITH_MANY_ATTRIBUTES: dict[str, int] = {}


def test_functions_fit_on_a_screen() -> None:
    sizes = {name: lines(node) for name, node in definitions() if is_function(node)}
    check(sizes, FUNCTION_LINES_MAX, LONG_FUNCTIONS, "lines")


def test_classes_do_not_swallow_the_product() -> None:
    sizes = {name: lines(node) for name, node in classes()}
    check(sizes, CLASS_LINES_MAX, LONG_CLASSES, "lines")


def test_classes_have_few_methods() -> None:
    sizes = {name: sum(map(is_function, node.body)) for name, node in classes()}
    check(sizes, CLASS_METHODS_MAX, CLASSES_WITH_MANY_METHODS, "methods")


def test_modules_stay_short() -> None:
    sizes = {source.name: module_lines(source) for source in sources()}
    check(sizes, MODULE_LINES_MAX, LONG_MODULES, "lines")


def test_objects_hold_few_attributes() -> None:
    sizes = {name: len(attributes(node)) for name, node in classes()}
    check(sizes, ATTRIBUTES_MAX, OBJECTS_WITH_MANY_ATTRIBUTES, "attributes")


def check(sizes: dict[str, int], limit: int, known: dict[str, int], unit: str) -> None:
    over = {name: size for name, size in sizes.items() if size > limit}
    findings = [
        f"{name}: {size} {unit}, allowed {known.get(name, limit)}"
        for name, size in over.items()
        if size > known.get(name, limit)
    ]
    findings += [
        f"{name}: {over.get(name, 'no longer over')}; the list still says {size}"
        for name, size in known.items()
        if over.get(name, 0) < size
    ]
    expect_none(findings, f"nothing is over {limit} {unit} unless listed")


def sources() -> list[Source]:
    return python_files(*PACKAGES, *AROUND)


@cache
def definitions() -> list[tuple[str, ast.stmt]]:
    """Every class and function, nested ones too, as `file:Class.method`."""
    return [
        found
        for source in sources()
        for found in inside(source.tree, f"{source.name}:")
    ]


def inside(parent: ast.AST, prefix: str) -> Iterator[tuple[str, ast.stmt]]:
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{node.name}", node
            yield from inside(node, f"{prefix}{node.name}.")
        elif not isinstance(node, ast.expr):
            yield from inside(node, prefix)


def classes() -> Iterator[tuple[str, ast.ClassDef]]:
    for name, node in definitions():
        if isinstance(node, ast.ClassDef):
            yield name, node


def is_function(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def module_lines(source: Source) -> int:
    return max((node.end_lineno or 0 for node in source.tree.body), default=0)


def attributes(node: ast.ClassDef) -> set[str]:
    """Names set on self in __init__; of a mutable dataclass, its fields.

    Frozen dataclasses are records, as long as what they record.
    """
    names: set[str] = set()
    for statement in node.body:
        match statement:
            case ast.FunctionDef(name="__init__"):
                names |= {
                    each.attr
                    for each in ast.walk(statement)
                    if isinstance(each, ast.Attribute)
                    and isinstance(each.ctx, ast.Store)
                    and isinstance(each.value, ast.Name)
                    and each.value.id == "self"
                }
            case ast.AnnAssign(target=ast.Name(id=name)) if is_mutable_dataclass(node):
                names.add(name)
    return names


def is_mutable_dataclass(node: ast.ClassDef) -> bool:
    decorators = [ast.unparse(each) for each in node.decorator_list]
    return any(
        each.startswith("dataclass") and "frozen=True" not in each
        for each in decorators
    )
