"""What an installation needs: Python for the library, one extra for the simulator."""

import subprocess
import sys

# Prints the third-party modules that importing sys.argv[1:] brings in.
STRANGERS = """
import sys
before = set(sys.modules)
for name in sys.argv[1:]:
    __import__(name)
tops = {name.partition(".")[0] for name in set(sys.modules) - before}
ours = {"icom_proto", "icom_lan", "icom_sim"}
print(*sorted(tops - ours - set(sys.stdlib_module_names)))
"""

# A None in sys.modules makes the import fail as it does where nothing is installed.
WITHOUT_CLICK = """
import sys
sys.modules["click"] = None
from icom_sim.cli import main
sys.exit(main())
"""


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False
    )


def test_the_library_and_its_command_line_import_nothing_foreign() -> None:
    done = python("-c", STRANGERS, "icom_proto", "icom_lan", "icom_lan.cli")
    assert (done.stdout, done.stderr) == ("\n", "")


def test_the_library_does_not_import_its_command_line() -> None:
    program = "import sys, icom_lan; print('icom_lan.cli' in sys.modules)"
    assert python("-c", program).stdout == "False\n"


def test_the_simulator_says_in_one_line_that_its_extra_is_missing() -> None:
    done = python("-c", WITHOUT_CLICK)
    assert done.returncode == 1
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert "icom-lan-kit[sim]" in line
