"""What `icom-sim` says to people who make mistakes: one line, and the right status."""

import subprocess
import sys
from pathlib import Path

import pytest

from icom_sim.cli import main
from icom_sim.radio_server import open_endpoints
from icom_sim.rig.catalogue import MODELS
from sim.icom_sim_process import ENVIRONMENT, WAIT_S, run_icom_sim

USAGE, FAILURE = 2, 1
FULL_DEVICE = Path("/dev/full")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--model", "IC-9999"), ("IC-9999", *MODELS)),
        (("--loss", "-1"), ("loss", "-1", "0 to 100")),
        (("--loss", "nan"), ("loss", "nan")),
        (("--clock-ppm", "nan"), ("nan ppm", "-10000 to 10000")),
        (("--loss", "lots"), ("--loss", "lots")),
        (("--jitter", "-5"), ("jitter", "-5")),
        (("--network", "tin-can"), ("tin-can", "wifi-lossy")),
        (("--direction", "up"), ("--direction", "up")),
        (("--audio", "missing.wav"), ("missing.wav", "No such file")),
        (("--audio", "tone:loud"), ("tone:loud",)),
        (("--audio", __file__ + ".wav"), ("test_cli.py.wav",)),
        (("--save-tx", "no/such/dir.wav"), ("no/such/dir.wav", "No such file")),
        (("--record", "no/such/dir.pcap"), ("no/such/dir.pcap", "No such file")),
        (("--port", "70000"), ("--port", "70000")),
        (("--duration", "0"), ("duration", "more than 0")),
        (("--seed", "-1"), ("--seed", "-1")),
        (("--password", "seventeen letters"), ("at most 16",)),
        (("--username", "Jürgen"), ("printable ASCII",)),
        (("--frobnicate",), ("--frobnicate",)),
    ],
)
def test_a_mistake_in_the_options_is_one_line_and_status_2(
    words: tuple[str, ...],
    said: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # In this process, because there are many; the others are real commands.
    monkeypatch.setattr(sys, "argv", ["icom-sim", "serve", "--port", "0", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    output, errors = capsys.readouterr()
    assert (ended.value.code, output) == (USAGE, "")
    expect_one_line(errors, *said)


def expect_one_line(errors: str, *said: str) -> None:
    [line] = errors.splitlines()
    assert line.startswith("icom-sim: ")
    for word in said:
        assert word in line


async def test_a_refused_password_is_not_repeated() -> None:
    secret = "far-too-long-a-secret"
    for ended in (
        await run_icom_sim("serve", "--password", secret),
        await run_icom_sim("serve", ICOM_SIM_PASSWORD=secret),
    ):
        status, output, errors = ended
        assert status == USAGE
        assert secret not in output + errors


async def test_a_port_in_use_is_status_1_and_says_what_to_do() -> None:
    endpoints = open_endpoints("127.0.0.1", 0, 0, 0)
    port = next(iter(endpoints.values())).local.port
    try:
        status, output, errors = await run_icom_sim("serve", "--port", str(port))
    finally:
        for endpoint in endpoints.values():
            endpoint.close()
    assert (status, output) == (FAILURE, "")
    expect_one_line(errors, str(port), "in use", "0 for any")


async def test_an_address_of_another_machine_is_status_1() -> None:
    status, _, errors = await run_icom_sim("serve", "--host", "203.0.113.1")
    assert status == FAILURE
    expect_one_line(errors, "203.0.113.1")


@pytest.mark.skipif(not FULL_DEVICE.exists(), reason="this system has no full device")
def test_events_that_cannot_be_written_end_it_with_one_line() -> None:
    with FULL_DEVICE.open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "icom_sim", "serve", "--port", "0"],
            env=ENVIRONMENT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=WAIT_S,
            check=False,
        )
    assert ended.returncode == FAILURE
    expect_one_line(ended.stderr, "cannot write events")


@pytest.mark.skipif(not FULL_DEVICE.exists(), reason="this system has no full device")
async def test_a_disk_that_is_full_at_the_end_is_status_1_and_one_line() -> None:
    status, output, errors = await run_icom_sim(
        *("serve", "--port", "0", "--duration", "0.1", "--save-tx", str(FULL_DEVICE))
    )
    assert status == FAILURE
    expect_one_line(errors, "cannot record", str(FULL_DEVICE))
    assert "transmitted audio" in output  # the summary


async def test_a_name_that_the_terminal_cannot_show_is_escaped() -> None:
    # Digits of double width, as they come from an Asian keyboard: an address to IDNA.
    host = "127.0.0.1".translate({ord(each): ord(each) + 0xFEE0 for each in "1270"})
    status, output, errors = await run_icom_sim(
        *("serve", "--host", host, "--port", "0", "--duration", "0.1"),
        PYTHONIOENCODING="ascii",
    )
    assert (status, errors) == (0, "")
    assert r"on \uff11\uff12\uff17" in output


def test_without_a_standard_output_it_runs_in_silence() -> None:
    # A shell's `>&-`, which subprocess cannot say.
    words = f'"{sys.executable}" -m icom_sim serve --port 0 --duration 0.1 >&-'
    ended = subprocess.run(
        ["/bin/sh", "-c", words],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


async def test_models_lists_all_of_them() -> None:
    status, output, errors = await run_icom_sim("models")
    assert (status, errors) == (0, "")
    assert [line.split()[0] for line in output.splitlines()] == list(MODELS)


async def test_help_names_the_commands_and_the_networks() -> None:
    status, output, _ = await run_icom_sim("--help")
    assert status == 0
    assert {"serve", "models"} <= set(output.split())
    status, output, _ = await run_icom_sim("serve", "--help")
    assert status == 0
    assert "wifi-lossy" in output
    assert "burst-loss:3,4" in output


@pytest.mark.parametrize("words", [(), ("dance",)])
async def test_no_command_or_an_unknown_one_is_a_usage_error(
    words: tuple[str, ...],
) -> None:
    status, output, errors = await run_icom_sim(*words)
    assert status == USAGE
    assert "Traceback" not in output + errors


async def test_without_click_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise ModuleNotFoundError(name='click')\n")
    package = str(Path(sys.modules["icom_sim"].__file__ or "").parents[1])
    status, _, errors = await run_icom_sim("--help", PYTHONPATH=f"{tmp_path}:{package}")
    assert status == FAILURE
    expect_one_line(errors, "icom-lan-kit[sim]")
