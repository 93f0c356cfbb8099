"""Writes docs/audio-checks.md: what the audio API promises, and which tests hold it.

python tools/audio_checks.py            write the page
python tools/audio_checks.py --missing  name the points that no test holds
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "audio-checks.md"


def main() -> None:
    sys.path.insert(0, str(ROOT / "tests"))
    from audio_checks import CHECKS, markers, page

    found = markers()
    if sys.argv[1:] == ["--missing"]:
        held = {each.number for each in found}
        for number, sentence in CHECKS.items():
            if number not in held:
                print(number, sentence)
        return
    PAGE.write_text(page(found), "utf-8")


if __name__ == "__main__":
    main()
