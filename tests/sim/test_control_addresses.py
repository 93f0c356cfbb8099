"""Where orders are taken: paths, and ports only where there are no paths."""

import pytest

from icom_sim.control.addresses import (
    ControlError,
    TcpAddress,
    UnixAddress,
    default_address,
    parse_address,
)


@pytest.mark.parametrize(
    ("text", "unix", "address"),
    [
        ("radio.sock", True, UnixAddress("radio.sock")),
        ("./127.0.0.1:5000", True, UnixAddress("./127.0.0.1:5000")),
        ("127.0.0.1:5000", False, TcpAddress("127.0.0.1", 5000)),
        ("localhost:0", False, TcpAddress("localhost", 0)),
    ],
)
def test_an_address_is_what_the_system_has(
    text: str, unix: bool, address: UnixAddress | TcpAddress
) -> None:
    assert parse_address(text, unix=unix) == address
    assert str(address) == text


@pytest.mark.parametrize(
    ("text", "unix", "says"),
    [
        ("127.0.0.1:5000", True, "is a path, not '127.0.0.1:5000': anybody"),
        ("", True, "is a path, not ''"),
        ("a\0b", True, r"is a path, not 'a\\x00b'"),
        ("radio.sock", False, "is 127.0.0.1:PORT, not 'radio.sock'"),
        ("127.0.0.1:99999", False, "is 127.0.0.1:PORT, not '127.0.0.1:99999'"),
        ("192.168.1.5:5000", False, "127.0.0.1 only, not on '192.168.1.5'"),
        ("0.0.0.0:5000", False, "127.0.0.1 only, not on '0.0.0.0'"),
        ("127.0.0.1.example.org:5", False, "127.0.0.1 only, not on '127.0.0.1.ex"),
    ],
)
def test_any_other_address_is_refused(text: str, unix: bool, says: str) -> None:
    with pytest.raises(ControlError, match=says):
        parse_address(text, unix=unix)


def test_without_an_address_it_is_the_environment_s_or_one_of_the_user() -> None:
    given = {"ICOM_SIM_CONTROL": "my.sock", "XDG_RUNTIME_DIR": "/run/user/7"}
    assert default_address(given, unix=True) == UnixAddress("my.sock")
    del given["ICOM_SIM_CONTROL"]
    assert default_address(given, unix=True) == UnixAddress("/run/user/7/icom-sim.sock")
    assert str(default_address({}, unix=True)).endswith(".sock")
    assert default_address({}, unix=False) == TcpAddress("127.0.0.1", 50009)
