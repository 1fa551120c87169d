"""How many readings of devices are kept with durability on, and what that takes, drawn from the storage example
`signal_rate`: devices at one reading a second, as many as it takes, waveforms, and a night from a file.

`signals.py LINES` draws the lines of an earlier run.
"""

import json
import os
import pathlib
import subprocess
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

from measure import ROOT  # noqa: E402

PICTURE = ROOT / "docs/images/signal-growth.png"


def measured() -> str:
    if len(sys.argv) > 1:
        return pathlib.Path(sys.argv[1]).read_text()
    profile = [] if os.environ.get("BENCH_PROFILE") == "debug" else ["--release"]
    run = ["cargo", "run", *profile, "--package", "storage", "--example", "signal_rate", "--"]
    run += ["--devices", "100,1000,3000,10000", "--seconds", "30"]
    done = subprocess.run(run, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def main() -> None:
    lines = [json.loads(line) for line in measured().splitlines() if line.startswith("{")]
    for line in lines:
        print(json.dumps(line))
    steady = [line for line in lines if line["run"] == "steady"]
    closed = [line for line in lines if line["run"] == "closed"]
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.5))
    devices = [line["devices"] for line in steady]
    left.plot(devices, [line["ack_ms_median"] for line in steady], marker="o", label="acknowledged after, median, ms")
    left.plot(devices, [line["ack_ms_p99"] for line in steady], marker="s", linestyle=":", label="99 of 100, ms")
    left.plot(devices, [line["memory_mib"] for line in steady], marker="D", label="memory, MiB")
    left.set(xscale="log", yscale="log", xlabel="devices at one reading a second")
    left.legend(fontsize=8)
    right.plot(
        [line["devices"] for line in closed], [line["readings_per_s"] for line in closed], marker="o",
        label="readings a second, each acknowledged by itself",
    )
    right.set(xscale="log", yscale="log", xlabel="devices that send as soon as they may")
    right.legend(fontsize=8)
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.tight_layout()
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, dpi=110)
    print(PICTURE)


if __name__ == "__main__":
    main()
