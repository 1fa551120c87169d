"""The lungs as a mask, on a painted chest of 512×512×300 voxels; and all structures of it."""

import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time
from importlib import metadata

import numpy

from measure import BUILT, TARGET, interleave, report, words

SIZE = (300, 512, 512)
SPACING = (1.0, 0.7, 0.7)
PROGRAM = BUILT / "examples/structures"
LUNG_HU = -400
CLOSING_MM = 6.0
LEAST_ML = 150.0


def phantom() -> numpy.ndarray:
    """A body with two lungs, a windpipe that divides, vessels and ribs, in noise."""
    random = numpy.random.default_rng(1)
    z, y, x = (axis.astype("f4") for axis in numpy.ogrid[: SIZE[0], : SIZE[1], : SIZE[2]])
    z, y, x = z * SPACING[0] - 150, (y - 256) * SPACING[1], (x - 256) * SPACING[2]
    hu = numpy.full(SIZE, -1000, "f4")
    hu[(x / 160) ** 2 + (y / 115) ** 2 + 0 * z < 1] = 40
    for side in (-1, 1):
        # A lung, in the part of the picture where it lies.
        left, right = (int(256 + (side * 68 + edge) / SPACING[2]) for edge in (-52, 52))
        part, x_ = hu[:, :, left:right], x[:, :, left:right]
        lung = ((x_ - side * 68) / 50) ** 2 + (y / 78) ** 2 + (z / 125) ** 2 < 1
        part[lung] = -850
        # Vessels fan out from the hilum.
        for _ in range(25):
            way = random.normal(0, 1, 3) * (1.0, 0.8, 0.5)
            way = (way / numpy.linalg.norm(way)).astype("f4")
            off = [z, y, x_ - side * 30]
            along = off[0] * way[0] + off[1] * way[1] + off[2] * way[2]
            square = off[0] ** 2 + off[1] ** 2 + off[2] ** 2 - along * along
            part[lung & (square < random.uniform(0.8, 3.0) ** 2) & (along > 0)] = 40
        bronchus = (x - side * (10 - z) * 0.9) ** 2 + (y - 5) ** 2 < 36
        hu[bronchus & (z < 8) & (z > -25)] = -990
    hu[(x**2 + (y - 5) ** 2 < 70) & (z > 0)] = -990
    radius = numpy.hypot(x / 1.39, y) - 105
    for number in range(12):
        hu[(numpy.abs(radius) < 4) & (numpy.abs(z - 24 * number + 132) < 5)] = 600
    hu[(numpy.hypot(x, y - 88) < 16) & (z > -200)] = 500
    return (hu + random.normal(0, 25, SIZE).astype("f4")).round().astype("<i2")


def write(hu: numpy.ndarray, file: pathlib.Path) -> None:
    """As NRRD without compression."""
    head = [
        "NRRD0004", "type: int16", "dimension: 3", "space: left-posterior-superior",
        f"sizes: {SIZE[2]} {SIZE[1]} {SIZE[0]}",
        f"space directions: ({SPACING[2]},0,0) (0,{SPACING[1]},0) (0,0,{SPACING[0]})",
        "kinds: domain domain domain", "endian: little", "encoding: raw", "space origin: (0,0,0)", "", "",
    ]
    with file.open("wb") as out:
        out.write("\n".join(head).encode())
        hu.tofile(out)


def peers(file: pathlib.Path) -> None:
    """SimpleITK: threshold, components, closing; run as a process of its own."""
    import SimpleITK

    image = SimpleITK.ReadImage(str(file))
    before = time.process_time()
    air = SimpleITK.BinaryThreshold(image, -2000, LUNG_HU)
    labels = SimpleITK.RelabelComponent(SimpleITK.ConnectedComponent(air))
    voxel_ml = numpy.prod(SPACING) / 1000
    statistics = SimpleITK.LabelShapeStatisticsImageFilter()
    statistics.Execute(labels)
    lungs = None
    for label in statistics.GetLabels():
        x, y, _, width, depth, _ = statistics.GetBoundingBox(label)
        at_edge = x == 0 or y == 0 or x + width == SIZE[2] or y + depth == SIZE[1]
        if at_edge or statistics.GetNumberOfPixels(label) * voxel_ml < LEAST_ML:
            continue
        one = labels == label
        lungs = one if lungs is None else lungs | one
    radius = [round(CLOSING_MM / mm) for mm in reversed(SPACING)]
    closed = SimpleITK.BinaryMorphologicalClosing(lungs, radius, SimpleITK.sitkBall)
    cpu_s = time.process_time() - before
    ml = float(SimpleITK.GetArrayViewFromImage(closed).sum() * voxel_ml)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(cpu_s, peak_mb, ml)


def main() -> None:
    with tempfile.TemporaryDirectory(dir=TARGET) as folder:
        file = pathlib.Path(folder) / "chest.nrrd"
        write(phantom(), file)
        rows = {}

        def ours(_round: int) -> dict:
            text = subprocess.run([PROGRAM, file], check=True, capture_output=True, text=True).stdout
            found = {}
            for name, cpu, peak, volumes in re.findall(
                r"^([\w ]+): ([\d.]+) CPU-s .* peak ([\d.]+) MiB ([\d.]+) volumes", text, re.M
            ):
                rows.setdefault(name, []).append([float(cpu), float(peak), float(volumes)])
                found[name] = float(cpu)
            ml = float(re.search(r"lungs hold ([\d.]+) ml", text)[1])
            return {"cpu_s": found["lungs"], "peak_mb": rows["lungs"][-1][1], "lungs_ml": ml,
                    "all_structures_cpu_s": found["structures"], "all_structures_volumes": rows["structures"][-1][2]}

        def theirs(_round: int) -> dict:
            command = [sys.executable, __file__, "--peers", str(file)]
            words = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            cpu_s, peak_mb, ml = (float(word) for word in words)
            return {"cpu_s": cpu_s, "peak_mb": peak_mb, "lungs_ml": ml}

        figures = interleave(5, {"yuanyi": ours, "SimpleITK": theirs})
    settings = {
        "voxels": "512×512×300 int16", "threshold_hu": LUNG_HU, "closing_mm": CLOSING_MM, "cores": os.cpu_count(),
        "yuanyi": "with body and airway found first, airway and its walls left out, left and right parted",
        "volume_mb": round(SIZE[0] * SIZE[1] * SIZE[2] * 2 / 2**20, 1), "SimpleITK": metadata.version("SimpleITK"),
    }
    report("lungs", settings, figures, "yuanyi", "SimpleITK")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peers"]:
        peers(pathlib.Path(sys.argv[2]))
    else:
        words()
        main()
