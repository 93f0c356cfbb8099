"""The loop of a worker process: JSON requests on stdin, JSON figures on stdout.

A request names a contender as `module:function` with options, and asks to prepare or to
measure it. What was prepared is frozen, so that the collector, which stays on, has only
the garbage of the work itself to look at.
"""

import gc
import importlib
import json
import os
import sys
from typing import Any, TextIO

from benchmarks.contenders import Sample


def main() -> None:
    """Answer requests until stdin closes."""
    answers = _claim_stdout()
    prepared: dict[str, Sample] = {}
    for line in sys.stdin:
        try:
            answer: object = _run(json.loads(line), prepared)
        except Exception as problem:  # noqa: BLE001 - the parent shows it, with the row
            answer = {"error": f"{type(problem).__name__}: {problem}"}
        print(json.dumps(answer), file=answers, flush=True)


def _claim_stdout() -> TextIO:
    """Keep the pipe for answers; what a peer prints goes where its log goes."""
    pipe = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return pipe


def _run(request: dict[str, Any], prepared: dict[str, Sample]) -> dict[str, Any]:
    key = json.dumps([request["contender"], request["options"]], sort_keys=True)
    if request["do"] == "measure":
        return {"figures": prepared[key]()}
    module, _, function = request["contender"].partition(":")
    prepare = getattr(importlib.import_module(module), function)
    prepared[key] = prepare(**request["options"])
    gc.collect()
    gc.freeze()
    return {"prepared": True}
