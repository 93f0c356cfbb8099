"""A port in use: the error names who has it, as far as the system tells."""

import os
import socket
import sys
from pathlib import Path

import pytest

from icom_sim.port_holder import USUAL_HOLDERS, describe_holder
from icom_sim.radio_server import PortError, open_endpoints


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_the_process_that_has_the_port_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        with pytest.raises(PortError) as caught:
            open_endpoints("127.0.0.1", port, None, None)
    assert "\n" not in str(caught.value)
    assert f"UDP port {port} of '127.0.0.1': it is in use" in str(caught.value)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_the_holder_is_found_by_the_inode_of_its_socket() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as taken:
        taken.bind(("::1", 0))
        holder = describe_holder(taken.getsockname()[1])
    assert holder.endswith(f"(process {os.getpid()}) holds it")


def test_a_process_that_cannot_be_seen_is_guessed(tmp_path: Path) -> None:
    table = tmp_path / "net"
    table.mkdir()
    line = "1: 0100007F:C351 00000000:0000 07 0:0 00:0 0 0 0 4711 2 0 0"
    (table / "udp").write_text(f"  sl  local_address ...\n{line}\n")
    (tmp_path / "17").mkdir()  # no fd folder that we may read
    assert describe_holder(50001, tmp_path) == USUAL_HOLDERS
    assert describe_holder(50001, tmp_path / "no proc here") == USUAL_HOLDERS


def test_a_holder_that_ends_while_we_look_is_still_told(tmp_path: Path) -> None:
    table, fds = tmp_path / "net", tmp_path / "17" / "fd"
    table.mkdir()
    fds.mkdir(parents=True)
    line = "1: 0100007F:C351 00000000:0000 07 0:0 00:0 0 0 0 4711 2 0 0"
    (table / "udp").write_text(f"  sl  local_address ...\n{line}\n")
    (fds / "3").symlink_to("socket:[4711]")
    assert describe_holder(50001, tmp_path) == "a program (process 17) holds it"
