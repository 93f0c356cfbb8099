"""What lies in the repository: nothing of one machine, nothing too large to clone."""

import re
from collections.abc import Iterator
from pathlib import Path

from sources import ROOT, expect_none

FIXTURE_BYTES_MAX = 1_300_000
FIXTURES_BYTES_MAX = 13_000_000  # all of them together

# Folders that hold what tools made. `.ci` is the one dot folder that is ours.
MADE_BY_TOOLS = {"build", "dist", "out", "__pycache__"}

# A path that exists on one machine only, and hosts that a mirror may stand in for.
OF_ONE_MACHINE = re.compile(
    r"(?<![\w.~-])/(?:home/\w|root/|Users/\w|work/|farm/|opt/wheels)"
    r"|pypi\.org|pythonhosted\.org|registry\.npmjs\.org|deb\.debian\.org",
)


def test_no_text_file_speaks_of_one_machine() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in files()
        for number, line in enumerate(text_lines(path), start=1)
        if OF_ONE_MACHINE.search(line)
    ]
    expect_none(wrong, "no path of one machine and no host name of a package registry")


def test_fixtures_stay_small() -> None:
    sizes = {path: path.stat().st_size for path in files(ROOT / "fixtures")}
    wrong = [
        f"{path.relative_to(ROOT)}: {size} bytes"
        for path, size in sizes.items()
        if size > FIXTURE_BYTES_MAX
    ]
    expect_none(wrong, f"a fixture has at most {FIXTURE_BYTES_MAX} bytes: cut it")
    assert sum(sizes.values()) <= FIXTURES_BYTES_MAX, "cut or share some fixtures"


def test_every_capture_is_told_of_in_its_manifest() -> None:
    captures = ROOT / "fixtures" / "captures"
    manifest = (captures / "MANIFEST.md").read_text("utf-8")
    wrong = [path.name for path in captures.glob("*.pcap") if path.name not in manifest]
    expect_none(wrong, "say in MANIFEST.md who spoke, when, and under which licence")


def files(folder: Path = ROOT) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.is_symlink():
            yield path
        elif path.is_dir() and not path.name.endswith(".egg-info"):
            ours = path.name == ".ci" or not path.name.startswith(".")
            if ours and path.name not in MADE_BY_TOOLS:
                yield from files(path)


def text_lines(path: Path) -> list[str]:
    """No lines for a file that is not text."""
    try:
        return path.read_text("utf-8").splitlines()
    except UnicodeDecodeError:
        return []
