"""Draws `docs/images/lidc-readers.png` of the pairs that `cargo test -p volume --test lidc` leaves in the
temporary folder when it writes its table (`lidc-pairs.json`). Needs matplotlib."""

import json
import math
import pathlib
import tempfile

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINS = [3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30]


def main() -> None:
    pairs = json.loads((pathlib.Path(tempfile.gettempdir()) / "lidc-pairs.json").read_text())
    figure, axes = pyplot.subplots(1, 2, figsize=(11, 4.2))
    for axis, column, label in ((axes[0], 1, "difference of diameters, mm"), (axes[1], 2, "ratio of volumes")):
        shown = [(p[0], p[column] if column == 1 else math.exp(p[column])) for p in pairs]
        axis.scatter([x for x, _ in shown], [y for _, y in shown], s=3, alpha=0.15, color="tab:blue", linewidths=0)
        middle, limits = [], []
        for low, high in zip(BINS, BINS[1:]):
            of = [p[column] for p in pairs if low <= p[0] < high]
            middle.append((low + high) / 2)
            limits.append(1.96 * math.sqrt(sum(v * v for v in of) / len(of)))
        for sign in (1, -1):
            y = [sign * v if column == 1 else math.exp(sign * v) for v in limits]
            axis.plot(middle, y, color="black", marker="o", ms=3, lw=1, label="95 % limits" if sign > 0 else None)
        axis.set_xlabel("mean diameter of both readers, mm")
        axis.set_ylabel(label)
        axis.set_xlim(3, 30)
        axis.legend()
    axes[0].set_ylim(-15, 15)
    axes[1].set_yscale("log")
    axes[1].set_ylim(0.1, 10)
    figure.tight_layout()
    figure.savefig(ROOT / "docs/images/lidc-readers.png", dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
