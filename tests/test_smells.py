"""What a reviewer would point out, found by a machine first (CONTRIBUTING.md, review).

Each test names a habit that makes protocol code untestable, or lets one fact stand in
two places. The tables are the exceptions, each with its reason; an entry that is no
longer needed fails too.
"""

import ast
from collections.abc import Iterator

from sources import AROUND, PACKAGES, Source, dotted, expect_none, python_files

# Files that may take bytes apart by hand, and why that is not a second packet layout.
MAY_PACK_BYTES: dict[str, str] = {
    "icom_proto/codegen.py": "writes the decoders and encoders of the declarations",
    "icom_proto/audio_formats.py": "samples, which are numbers in rows and no layout",
}

# Broad handlers allowed per file, around callbacks of the application.
# Codec backends are other people's, and opuslib raises a bare Exception at import.
BROAD_HANDLERS = {
    "icom_lan/driver.py": 1,
    "icom_lan/audio_stream.py": 1,
    "icom_lan/reconnect.py": 1,
    "icom_lan/_audio_transcoder.py": 1,
    "icom_lan/opus_library.py": 1,
}

SOURCES_OF_CHANCE = {"random", "secrets", "uuid"}
NAMED_TUPLE_METHODS = {"_asdict", "_fields", "_make", "_replace"}  # public
MOCKING = {"unittest.mock", "mock", "pytest_mock"}


def test_packet_layouts_are_declared_and_not_packed_by_hand() -> None:
    found = [
        (source, f"{where} uses {what}")
        for source in python_files(*PACKAGES)
        for where, what in packing(source)
    ]
    wrong = [text for source, text in found if source.name not in MAY_PACK_BYTES]
    expect_none(wrong, "declare the layout in packets.py and let codec.py read it")
    idle = sorted(MAY_PACK_BYTES.keys() - {source.name for source, _ in found})
    expect_none(idle, "MAY_PACK_BYTES lists files that pack nothing")


def test_chance_comes_from_a_generator_that_was_handed_in() -> None:
    wrong = [
        f"{where} uses {name}"
        for source in python_files(*PACKAGES)
        for where, name in chance(source)
        if name != "random.Random"
        and not (name == "random.SystemRandom" and source.name.startswith("icom_lan/"))
    ]
    expect_none(wrong, "take a random.Random from the caller: same seed, same bytes")


def test_no_handler_catches_what_it_does_not_know() -> None:
    found: dict[str, list[str]] = {}
    for source in python_files(*PACKAGES):
        for node in source.nodes:
            if isinstance(node, ast.ExceptHandler) and is_broad(node):
                found.setdefault(source.name, []).append(source.at(node))
    wrong = [
        where
        for name, places in found.items()
        for where in places[BROAD_HANDLERS.get(name, 0) :]
    ]
    expect_none(wrong, "name the exception; our own mistakes must not be swallowed")


def test_types_are_known_and_not_asked_for_at_run_time() -> None:
    wrong = [
        source.at(node)
        for source in python_files(*PACKAGES, *AROUND)
        for node in source.nodes
        if isinstance(node, ast.Call) and dotted(node.func) == "hasattr"
    ]
    expect_none(wrong, "no hasattr: give the thing a type that says what it has")


def test_every_module_says_what_it_is() -> None:
    wrong = [
        source.name
        for source in python_files(*PACKAGES, *AROUND)
        if source.tree.body and ast.get_docstring(source.tree) is None
    ]
    expect_none(wrong, "open each module with a docstring of one to ten lines")


def test_tests_do_not_sleep() -> None:
    wrong = [
        f"{source.at(node)} {ast.unparse(node)}"
        for source in python_files("tests")
        for node in source.nodes
        if isinstance(node, ast.Call)
        and dotted(node.func).rpartition(".")[2] == "sleep"
        and ast.unparse(node.args[0]) != "0"
    ]
    expect_none(wrong, "wait for an event, or use virtual time")


def test_tests_do_not_patch_our_own_modules() -> None:
    wrong = [
        f"{where} imports {name}"
        for source in python_files("tests")
        for where, name in source.imports
        if name.rpartition(".")[0] in MOCKING or name in MOCKING
    ]
    wrong += [
        f"{source.at(node)} {ast.unparse(node)}"
        for source in python_files("tests")
        for node in source.nodes
        if isinstance(node, ast.Call)
        and dotted(node.func) == "monkeypatch.setattr"
        and is_ours(node.args[0], source)
    ]
    expect_none(wrong, "hand a fake in, or make what you replace a parameter")


def test_tests_do_not_look_at_private_attributes() -> None:
    wrong = [
        f"{source.at(node)} {ast.unparse(node)}"
        for source in python_files("tests")
        for node in source.nodes
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and node.attr not in NAMED_TUPLE_METHODS
        and dotted(node.value) not in {"self", "cls"}
    ]
    expect_none(
        wrong, "what a test needs to see is an event, a property or a component"
    )


def packing(source: Source) -> Iterator[tuple[str, str]]:
    for where, name in source.imports:
        if name.split(".")[0] == "struct":
            yield where, "struct"
    for node in source.nodes:
        if isinstance(node, ast.Attribute) and node.attr in {"from_bytes", "to_bytes"}:
            yield source.at(node), dotted(node)


def chance(source: Source) -> Iterator[tuple[str, str]]:
    """Each use of `random`, and each import of a source of chance without a seed."""
    for where, name in source.imports:
        top = name.partition(".")[0]
        if name == "os.urandom" or (top in SOURCES_OF_CHANCE and name != "random"):
            yield where, name
    for node in source.nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            name = f"{node.value.id}.{node.attr}"
            if node.value.id == "random" or name == "os.urandom":
                yield source.at(node), name


def is_broad(handler: ast.ExceptHandler) -> bool:
    """Catches everything; unless it only cleans up and raises again."""
    if handler.type is None:
        names = {"BaseException"}
    else:
        parts = ast.walk(handler.type)
        names = {ast.unparse(each) for each in parts if isinstance(each, ast.expr)}
    last = handler.body[-1]
    raises_again = isinstance(last, ast.Raise) and last.exc is None
    return bool(names & {"Exception", "BaseException"}) and not raises_again


def is_ours(target: ast.expr, source: Source) -> bool:
    """A module or class of our packages, by string or by the name it is imported as."""
    if isinstance(target, ast.Constant):
        return str(target.value).startswith(PACKAGES)
    imported = {name for _, name in source.imports if name.startswith(PACKAGES)}
    return dotted(target).split(".")[0] in {
        name.rpartition(".")[2] for name in imported
    } | {name.split(".")[0] for name in imported}
