"""Every point of the audio API has a test, and docs/audio-checks.md names it."""

from collections import Counter

from audio_checks import CHAPTERS, CHECKS, markers, page
from sources import ROOT, expect_none


def test_the_list_is_whole() -> None:
    counts = Counter(number.split(".")[0] for number in CHECKS)
    expected = [3, 23, 34, 23, 5, 4, 25, 14, 11, 18, 6, 14, 5, 14]
    assert [counts[chapter] for chapter, _ in CHAPTERS] == expected
    assert len(CHECKS) == sum(expected) == 199


def test_every_point_has_a_test_that_holds_it() -> None:
    held = {each.number for each in markers()}
    wrong = [
        f"{number} {text}" for number, text in CHECKS.items() if number not in held
    ]
    expect_none(wrong, "mark the test that would fail without it")


def test_markers_name_points_that_exist_and_stand_on_tests() -> None:
    wrong = [
        f"{each.where} {each.number}"
        for each in markers()
        if each.number not in CHECKS or not each.test.startswith("test_")
    ]
    expect_none(wrong, "numbers are those of audio_checks.CHECKS")


def test_no_number_stands_twice_on_one_test() -> None:
    counts = Counter((each.number, each.file, each.test) for each in markers())
    wrong = [" ".join(key) for key, times in counts.items() if times > 1]
    expect_none(wrong, "once is enough")


def test_the_page_is_what_the_tests_say() -> None:
    told = (ROOT / "docs" / "audio-checks.md").read_text("utf-8")
    assert told == page(markers()), "run python tools/audio_checks.py"
