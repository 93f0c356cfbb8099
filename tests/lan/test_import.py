"""What `import icom_lan` loads, and what it does not."""

import json
import os
import subprocess
import sys

import pytest

import icom_lan


def modules_after(statement: str) -> set[str]:
    code = f"{statement}; import json, sys; print(json.dumps(list(sys.modules)))"
    program = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    names: list[str] = json.loads(program.stdout)
    return set(names)


def test_importing_the_package_loads_no_event_loop_and_nothing_of_the_core() -> None:
    loaded = modules_after("import icom_lan")
    assert not {name for name in loaded if name.startswith(("asyncio", "icom_proto"))}
    assert "typing" not in loaded - modules_after("pass")


def test_the_radio_and_its_command_need_nothing_but_python() -> None:
    loaded = modules_after("from icom_lan import IcomRadio; import icom_lan.cli")
    top = {name.partition(".")[0] for name in loaded - modules_after("pass")}
    # The compiled core is a library of its own (docs/compiled-core.md).
    ours = {"icom_lan", "icom_proto"} | {each for each in top if "__mypyc" in each}
    assert not top - ours - sys.stdlib_module_names


def test_every_name_of_the_package_can_be_imported() -> None:
    for name in icom_lan.__all__:
        assert getattr(icom_lan, name) is not None
    assert set(dir(icom_lan)) >= set(icom_lan.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = icom_lan.no_such_name
