"""Makes table, plot and limits of the lines that the phantom study prints.

    cargo run --release -p volume --example nodule_phantoms > lines.jsonl
    python tests/conformance/nodule_phantoms.py lines.jsonl

writes `docs/conformance/nodule-phantoms.md`, `docs/images/nodule-phantoms.png` (matplotlib) and
`crates/volume/src/nodule/limits.json`, by which the program decides whether growth can be called.
"""

import collections
import json
import math
import pathlib
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = {"solid": "solid", "ground-glass": "ground glass"}


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def cells(rows):
    """Repeats of spheres by kind, diameter and slice thickness."""
    found = collections.defaultdict(list)
    for row in rows:
        if row["shape"] == "Sphere":
            found[row["kind"], row["diameter_mm"], row["slice_mm"]].append(row)
    return found


def judged(rows):
    """Bias, 95 % limits of repeats and least callable growth of one cell; none where outlines fail."""
    unchanged = [r for r in rows if r["growth_percent"] == 0]
    good = [r for r in unchanged if r["volume_mm3"]]
    if len(good) < 0.95 * len(unchanged):
        return {"failed": len(unchanged) - len(good), "scans": len(unchanged)}
    logs = [math.log(r["volume_mm3"] / r["true_mm3"]) for r in good]
    off_mm = [r["mean_diameter_mm"] - r["diameter_mm"] for r in good]
    # Two scans of one nodule differ by √2 times what one is off.
    limit = 1.96 * math.sqrt(2) * statistics.stdev(logs)
    seen = {0: 1.0}
    for growth in sorted({r["growth_percent"] for r in rows} - {0}):
        pairs = [
            (a["volume_mm3"], b["volume_mm3"])
            for a in good
            for b in rows
            if b["growth_percent"] == growth and b["noise_hu"] == a["noise_hu"]
        ]
        called = [b is not None and math.log(b / a) > limit for a, b in pairs]
        seen[growth] = sum(called) / len(called)
    callable_ = None
    for growth in sorted(seen, reverse=True):
        if growth == 0 or seen[growth] < 0.95:
            break
        callable_ = growth
    return {
        "scans": len(unchanged),
        "failed": len(unchanged) - len(good),
        "bias_percent": 100 * (statistics.fmean(math.exp(v) for v in logs) - 1),
        "low_percent": 100 * (math.exp(statistics.fmean(logs) - 1.96 * statistics.stdev(logs)) - 1),
        "high_percent": 100 * (math.exp(statistics.fmean(logs) + 1.96 * statistics.stdev(logs)) - 1),
        "volume_percent": 100 * (math.exp(limit) - 1),
        "mean_diameter_mm": 1.96 * math.sqrt(2) * statistics.stdev(off_mm),
        "diameter_bias_mm": statistics.fmean(off_mm),
        "callable_percent": callable_,
        "seen": seen,
        "right_kind": sum(r["found_kind"] == r["kind"] for r in good) / len(good),
    }


def write_limits(found, noise):
    kept = []
    for (kind, diameter, slice_mm), cell in sorted(found.items()):
        if "volume_percent" not in cell:
            continue
        entry = {
            "kind": kind,
            "diameter_mm": diameter,
            "slice_mm": slice_mm,
            "bias_percent": round(cell["bias_percent"], 2),
            "volume_percent": round(cell["volume_percent"], 2),
            "mean_diameter_mm": round(cell["mean_diameter_mm"], 3),
        }
        if cell["callable_percent"] is not None:
            entry["callable_percent"] = cell["callable_percent"]
        kept.append(entry)
    head = {"made_by": "crates/volume/examples/nodule_phantoms.rs, tests/conformance/nodule_phantoms.py", "noise_hu": noise}
    body = ",\n".join("  " + json.dumps(entry) for entry in kept)
    text = json.dumps(head)[:-1] + ', "cells": [\n' + body + "\n]}\n"
    (ROOT / "crates/volume/src/nodule/limits.json").write_text(text, encoding="utf-8")


def shapes_table(rows):
    found = collections.defaultdict(list)
    for row in rows:
        if row["kind"] == "solid" and row["growth_percent"] == 0 and row["noise_hu"] == 25:
            thin = "≤ 1.5" if row["slice_mm"] <= 1.5 else "2.5–5"
            size = "3–5" if row["diameter_mm"] <= 5 else "6–20"
            found[row["shape"], size, thin].append(row)
    names = {
        "Sphere": "sphere",
        "Ellipsoid": "ellipsoid 1 : 0.8 : 0.65",
        "Spiculated": "spiculated",
        "OnVessel": "on a vessel of a third of its width",
        "OnPleura": "on the wall, a third of its radius within",
    }
    lines = ["| shape | diameter, mm | slices, mm | scans | not found | mean error of volume, % | 95 % of errors, % |", "|---|---|---|--:|--:|--:|---|"]
    for (shape, size, thin), of in sorted(found.items(), key=lambda e: (list(names).index(e[0][0]), e[0][1:])):
        off = [100 * (r["volume_mm3"] / r["true_mm3"] - 1) for r in of if r["volume_mm3"]]
        mean, sd = statistics.fmean(off), statistics.stdev(off)
        lines.append(f"| {names[shape]} | {size} | {thin} | {len(of)} | {len(of) - len(off)} | {mean:+.1f} | {mean - 1.96 * sd:+.0f} to {mean + 1.96 * sd:+.0f} |")
    return "\n".join(lines)


def table(found):
    lines = [
        "| kind | diameter, mm | slices, mm | bias of volume, % | 95 % limits of one volume, % | 95 % limit of change between repeats: volume, % | mean diameter, mm | growth of 10 / 25 / 50 / 100 % recognised | least growth that is called | kind recognised |",
        "|---|--:|--:|--:|---|--:|--:|---|---|--:|",
    ]
    for (kind, diameter, slice_mm), cell in sorted(found.items(), key=lambda e: (e[0][0] != "solid", e[0][1], e[0][2])):
        if "volume_percent" not in cell:
            lines.append(f"| {NAMES[kind]} | {diameter:g} | {slice_mm:g} | | | | | | **none**: {cell['failed']} of {cell['scans']} not outlined | |")
            continue
        seen = " / ".join(f"{100 * cell['seen'][g]:.0f}" for g in (10, 25, 50, 100))
        least = f"{cell['callable_percent']:g} %" if cell["callable_percent"] else "**none**"
        lines.append(
            f"| {NAMES[kind]} | {diameter:g} | {slice_mm:g} | {cell['bias_percent']:+.1f} | {cell['low_percent']:+.0f} to {cell['high_percent']:+.0f} "
            f"| {cell['volume_percent']:.0f} | {cell['mean_diameter_mm']:.1f} | {seen} % | {least} | {100 * cell['right_kind']:.0f} % |"
        )
    return "\n".join(lines)


def plot(found, path):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    slices = sorted({s for _, _, s in found})
    markers = "osD^vP"
    figure, axes = pyplot.subplots(2, 2, figsize=(11, 8), sharex=True)
    for column, kind in enumerate(("solid", "ground-glass")):
        for index, slice_mm in enumerate(slices):
            of = sorted((d, c) for (k, d, s), c in found.items() if k == kind and s == slice_mm and "volume_percent" in c)
            if not of:
                continue
            x = [d * (0.965 + 0.014 * index) for d, _ in of]
            bias = [c["bias_percent"] for _, c in of]
            errors = [[b - c["low_percent"] for b, (_, c) in zip(bias, of)], [c["high_percent"] - b for b, (_, c) in zip(bias, of)]]
            label = f"{slice_mm:g} mm"
            axes[0][column].errorbar(x, bias, yerr=errors, fmt=markers[index], ms=4, lw=0.8, capsize=2, label=label)
            axes[1][column].plot([d for d, _ in of], [c["volume_percent"] for _, c in of], marker=markers[index], ms=4, lw=1, label=label)
        axes[0][column].axhline(0, color="black", lw=0.6)
        axes[0][column].set_title(f"{NAMES[kind]}: bias of the volume and 95 % limits")
        axes[0][column].set_ylim(-100, 150)
        axes[1][column].axhline(25, color="black", lw=0.8, ls="--")
        axes[1][column].text(3, 27, "25 %: growth by BTS and NELSON", fontsize=8)
        axes[1][column].set_title("95 % limit of change between two scans of the same")
        axes[1][column].set_yscale("log")
        axes[1][column].set_xlabel("true diameter, mm")
        axes[0][column].legend(title="slices", fontsize=7, ncol=2)
    axes[0][0].set_ylabel("error of the volume, %")
    axes[1][0].set_ylabel("change of the volume, %")
    axes[1][0].set_xscale("log")
    axes[1][0].set_xticks([3, 4, 5, 6, 8, 10, 15, 20], ["3", "4", "5", "6", "8", "10", "15", "20"])
    axes[1][0].minorticks_off()
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})


def main():
    rows = read(sys.argv[1])
    noise = sorted({row["noise_hu"] for row in rows})
    found = {key: judged(of) for key, of in cells(rows).items()}
    write_limits(found, noise)
    plot(found, ROOT / "docs/images/nodule-phantoms.png")
    head = (ROOT / "tests/conformance/nodule_phantoms.md.in").read_text(encoding="utf-8")
    text = head.replace("{scans}", f"{len(rows):,}").replace("{noise}", ", ".join(f"{n:g}" for n in noise))
    text = text.replace("{table}", table(found)).replace("{shapes}", shapes_table(rows))
    (ROOT / "docs/conformance/nodule-phantoms.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
