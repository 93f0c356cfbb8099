"""The parent's side of a worker process: start it, ask it, end it."""

import json
import os
import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from benchmarks import environments
from benchmarks.contenders import Figures

# The longest samples, a peer's connect or 240 simulated seconds, take a few seconds.
ANSWER_S_MAX = 120.0


class WorkerFailed(Exception):
    """A worker answered with an error, or died."""


def client_core() -> int:
    """The core of contenders: the last one, or -1 where nothing can be pinned."""
    return max(_cores(), default=-1)


def server_core() -> int:
    """The core of servers: the first one, which may be the only one."""
    return min(_cores(), default=-1)


def _cores() -> set[int]:
    return os.sched_getaffinity(0) if sys.platform == "linux" else set()


class Worker:
    """One persistent process in one environment, driven over pipes."""

    def __init__(
        self, contender: str, *, core: int, variables: dict[str, str] | None = None
    ) -> None:
        python = environments.python_of(contender)
        ours = contender in {environments.OURS, environments.CODECS}
        paths = [str(environments.ROOT)] if ours else []
        start = Path(__file__).with_name("start_worker.py")
        self._log = _log(contender)
        self._process = subprocess.Popen(
            [str(python), "-I", str(start), str(core), *paths],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**os.environ, **(variables or {})},
        )

    def prepare(self, function: str, options: dict[str, Any]) -> None:
        """Let the worker prepare a contender, so that `measure` measures at once."""
        self._ask("prepare", function, options)

    def measure(self, function: str, options: dict[str, Any]) -> Figures:
        """One sample of a prepared contender."""
        figures: Figures = self._ask("measure", function, options)["figures"]
        return figures

    def _ask(self, do: str, function: str, options: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        contender = f"benchmarks.contenders.{function}"
        request = {"do": do, "contender": contender, "options": options}
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise WorkerFailed(
                f"{function}: the worker died or hangs, see {self._log.name}"
            )
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise WorkerFailed(f"{function}: {answer['error']}, see {self._log.name}")
        return answer

    def _readline(self) -> str:
        """The answer; nothing if there is none in time. An answer is one line."""
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], ANSWER_S_MAX)
        return self._process.stdout.readline() if ready else ""

    def close(self) -> None:
        """End the process: it stops when its stdin closes, or is stopped."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _log(contender: str) -> TextIO:
    folder = environments.cache() / "logs"
    folder.mkdir(exist_ok=True)
    return (folder / f"{contender.replace(' ', '-')}.log").open("a")
