"""`python plot_playout.py FILE`: the picture of row 3.6, from JSON on stdin.

Runs in an environment of its own, which has matplotlib and nothing of this project.
"""

import importlib
import json
import sys


def main() -> None:
    """Left: each trace, ours against the fixed delay. Right: one trace by time."""
    matplotlib = importlib.import_module("matplotlib")
    matplotlib.use("Agg")
    plot = importlib.import_module("matplotlib.pyplot")
    found = json.load(sys.stdin)
    figure, (left, right) = plot.subplots(1, 2, figsize=(13, 5.5))
    for family, points in found["traces"].items():
        fixed, ours = zip(*points, strict=True)
        left.scatter(fixed, ours, s=22, label=family)
    least = min(min(point) for points in found["traces"].values() for point in points)
    most = max(max(point) for points in found["traces"].values() for point in points)
    left.plot([least, most], [least, most], color="grey", linewidth=0.8)
    left.set(xscale="log", yscale="log", title="Below the line: fewer made up by ours")
    left.set(xlabel="best fixed delay of equal mean: concealed ms")
    left.set_ylabel("adaptive: concealed ms")
    left.legend()
    for name, by_time in found["timelines"].items():
        times = [float(at) for at in by_time]
        right.plot(times, list(by_time.values()), linewidth=0.9, label=name)
    right.set(xlabel="s", ylabel="ms", title="Delay from sending to playing")
    right.legend()
    figure.tight_layout()
    figure.savefig(sys.argv[1], dpi=110)


if __name__ == "__main__":
    main()
