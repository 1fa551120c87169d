"""Draws `docs/images/cpap-nights.png` of what `yuanyi measure` says of the shared card. Needs matplotlib.
The table beside it is in `docs/conformance/signals.md`."""

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

from conftest import ROOT  # noqa: E402
from test_recordings import nights  # noqa: E402


def main() -> None:
    found = nights()
    days = [night["date"][5:] for night in found]
    figure, axes = pyplot.subplots(3, 1, figsize=(9, 7), sharex=True)
    rows = [
        ("use, hours", [night["recorded_h"] for night in found], [night["machine"]["usage_h"] for night in found]),
        ("leak, 95 %, L/min", [night["leak_l_min"]["p95"] for night in found], [night["machine"]["leak_p95_l_min"] for night in found]),
        ("AHI, events an hour", [night["ahi"] for night in found], [night["machine"]["ahi"] for night in found]),
    ]
    for axis, (label, ours, machines) in zip(axes, rows, strict=True):
        axis.bar(days, ours, width=0.6, color="tab:blue", label="from the signals")
        axis.plot(days, machines, color="black", marker="D", ms=5, lw=0, label="the machine's own count")
        axis.set_ylabel(label)
        axis.set_ylim(bottom=0)
    axes[0].axhline(4, color="grey", ls="--", lw=1, label="4 h: a night that counts")
    axes[0].legend(ncols=3, loc="upper right", fontsize=8)
    axes[-1].set_xlabel("night, month-day")
    figure.tight_layout()
    figure.savefig(ROOT / "docs/images/cpap-nights.png", dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
