"""How long searches take while the index grows, drawn from the storage example `imaging_growth`.

`qido_growth.py LINES` draws the lines of an earlier run.
"""

import json
import pathlib
import subprocess
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

from measure import ROOT  # noqa: E402

PICTURE = ROOT / "docs/images/qido-growth.png"


def measured() -> str:
    if len(sys.argv) > 1:
        return pathlib.Path(sys.argv[1]).read_text()
    run = ["cargo", "run", "--release", "--package", "storage", "--example", "imaging_growth", "--", "1000000"]
    done = subprocess.run(run, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def main() -> None:
    lines = [json.loads(line) for line in measured().splitlines()]
    figure, axes = pyplot.subplots(figsize=(9, 5))
    colours = pyplot.get_cmap("tab20").colors
    for number, search in enumerate(dict.fromkeys(line["search"] for line in lines)):
        of_search = [line for line in lines if line["search"] == search]
        images = [line["images"] for line in of_search]
        colour = colours[number % len(colours)]
        marker = "osD^v"[number % 5]
        axes.plot(images, [line["p50_ms"] for line in of_search], marker=marker, color=colour, label=search)
        axes.plot(images, [line["p99_ms"] for line in of_search], linestyle=":", color=colour)
    axes.set(xscale="log", yscale="log", xlabel="images in the index", ylabel="ms (line: median, dots: 99 of 100)")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    figure.tight_layout()
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, dpi=110)
    print(PICTURE)


if __name__ == "__main__":
    main()
