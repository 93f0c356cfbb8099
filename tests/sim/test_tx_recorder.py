"""The recording of transmitted audio: a valid file at any time, with its gaps kept."""

import wave
from pathlib import Path

import pytest

from icom_proto.audio_formats import pcm_of
from icom_sim.tx_recorder import GAP_S_MAX, RecordingError, TxRecorder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tx.wav"


def read(path: Path) -> tuple[int, bytes]:
    """Sample rate and PCM of a mono file of 16 bits."""
    with wave.open(str(path), "rb") as wav:
        assert (wav.getnchannels(), wav.getsampwidth()) == (1, 2)
        pcm = wav.readframes(wav.getnframes())
        assert len(pcm) == 2 * wav.getnframes()
        return wav.getframerate(), pcm


def test_what_is_written_can_be_read(path: Path) -> None:
    with TxRecorder(str(path)) as recorder:
        recorder.start(16000)
        recorder.write(0, pcm_of([1, 2, 3]))
        recorder.write(3, pcm_of([4, 5]))
    assert read(path) == (16000, pcm_of([1, 2, 3, 4, 5]))
    assert recorder.samples == 5


def test_the_file_plays_after_every_write_and_before_it_is_closed(path: Path) -> None:
    with TxRecorder(str(path)) as recorder:
        recorder.start(8000)
        for block in range(5):
            recorder.write(160 * block, pcm_of([block] * 160))
            assert path.stat().st_size == 44 + 320 * (block + 1)
            assert len(read(path)[1]) == 320 * (block + 1)


def test_what_was_lost_is_silence_of_its_length(path: Path) -> None:
    with TxRecorder(str(path)) as recorder:
        recorder.start(8000)
        recorder.write(2, pcm_of([1]))
        recorder.write(6, pcm_of([2, 3]))
    assert read(path)[1] == pcm_of([0, 0, 1, 0, 0, 0, 2, 3])
    assert recorder.samples == 8


def test_what_comes_too_late_or_twice_is_left_out(path: Path) -> None:
    with TxRecorder(str(path)) as recorder:
        recorder.start(8000)
        recorder.write(0, pcm_of([1, 2]))
        recorder.write(3, pcm_of([4]))
        recorder.write(2, pcm_of([3]))
        recorder.write(0, pcm_of([1, 2]))
        recorder.write(3, pcm_of([4, 5]))
    assert read(path)[1] == pcm_of([1, 2, 0, 4, 5])


def test_a_gap_beyond_the_limit_is_shortened_and_the_rest_follows_it(
    path: Path,
) -> None:
    limit = GAP_S_MAX * 8000
    with TxRecorder(str(path)) as recorder:
        recorder.start(8000)
        recorder.write(limit, pcm_of([1]))
        recorder.write(10 * limit, pcm_of([2]))
        recorder.write(10 * limit + 2, pcm_of([3]))
        assert recorder.samples == 2 * limit + 4
    assert read(path)[1] == bytes(2 * limit) + pcm_of([1]) + bytes(2 * limit) + pcm_of(
        [2, 0, 3]
    )


def test_a_second_session_follows_the_first(path: Path) -> None:
    with TxRecorder(str(path)) as recorder:
        recorder.start(8000)
        recorder.write(0, pcm_of([1, 2]))
        recorder.start(8000)
        recorder.write(0, pcm_of([3]))
        recorder.write(2, pcm_of([4]))
    assert read(path)[1] == pcm_of([1, 2, 3, 0, 4])


def test_a_session_of_another_rate_is_refused_and_the_file_stays(path: Path) -> None:
    with TxRecorder(str(path)) as recorder:
        recorder.start(8000)
        recorder.write(0, pcm_of([1, 2]))
        with pytest.raises(
            RecordingError, match=r"tx.wav': it has 8000 .* this session 48000"
        ):
            recorder.start(48000)
    assert read(path) == (8000, pcm_of([1, 2]))


def test_a_recording_of_nothing_is_a_valid_empty_file(path: Path) -> None:
    TxRecorder(str(path)).close()
    assert read(path) == (48000, b"")


def test_closing_twice_is_closing_once(path: Path) -> None:
    recorder = TxRecorder(str(path))
    recorder.start(8000)
    recorder.write(0, pcm_of([7]))
    recorder.close()
    recorder.close()
    assert read(path)[1] == pcm_of([7])


def test_a_file_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere" / "tx.wav"
    with pytest.raises(
        RecordingError, match=r"^cannot record to '.*tx.wav': No such file"
    ):
        TxRecorder(str(missing))
    with pytest.raises(RecordingError, match="Is a directory"):
        TxRecorder(str(tmp_path))


def test_a_file_is_filled_to_its_limit_and_not_beyond(path: Path) -> None:
    with TxRecorder(str(path), data_bytes_max=10) as recorder:
        recorder.start(8000)
        recorder.write(2, pcm_of([1, 2, 3]))
        with pytest.raises(RecordingError, match="a WAV file can hold no more"):
            recorder.write(5, pcm_of([4]))
    assert read(path)[1] == pcm_of([0, 0, 1, 2, 3])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_one_clear_error() -> None:
    recorder = TxRecorder("/dev/full")
    recorder.start(8000)
    with pytest.raises(RecordingError, match="'/dev/full': No space left"):
        recorder.write(0, bytes(320))
    with pytest.raises(RecordingError, match="No space left"):
        recorder.close()
    recorder.close()
