"""Threshold → components → surface → −90 % of the triangles, on a 512×512×300 phantom of bones."""

import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
from importlib import metadata

import numpy

from measure import BUILT, TARGET, interleave, report, words

SIZE = (300, 512, 512)
PROGRAM = BUILT / "examples/chain"


def phantom() -> numpy.ndarray:
    """Rods and shells above 200 HU in noise, much as a skeleton lies in a chest."""
    random = numpy.random.default_rng(1)
    z, y, x = numpy.ogrid[: SIZE[0], : SIZE[1], : SIZE[2]]
    hu = random.normal(0, 20, SIZE).astype("<i2")
    for number in range(24):
        radius = numpy.hypot((x - 256) / 1.3, y - 256) - 150
        ring = (numpy.abs(radius) < 5) & (numpy.abs(z - 12 * number - 6) < 4)
        hu[ring] = 700
    hu[(numpy.hypot(x - 256, y - 400) < 22) & (z >= 0)] = 600
    return hu


def peers(file: pathlib.Path) -> None:
    """The best of breed, run as a process of its own; prints its CPU-seconds and peak memory."""
    import cc3d
    import fast_simplification
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

    hu = numpy.fromfile(file, "<i2").reshape(SIZE)
    before = time.process_time()
    labels, count = cc3d.connected_components(hu > 200, connectivity=26, return_N=True)
    largest = numpy.bincount(labels.ravel())[1:].argmax() + 1
    field = numpy.where(labels == largest, hu, -1024).astype("<i2")
    image = vtk.vtkImageData()
    image.SetDimensions(SIZE[2], SIZE[1], SIZE[0])
    image.GetPointData().SetScalars(numpy_to_vtk(field.ravel(), deep=False))
    edges = vtk.vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, 200)
    edges.ComputeNormalsOff()
    edges.Update()
    mesh = edges.GetOutput()
    points = vtk_to_numpy(mesh.GetPoints().GetData())
    triangles = vtk_to_numpy(mesh.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    _, faces = fast_simplification.simplify(points, triangles, target_reduction=0.9)
    cpu_s = time.process_time() - before
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(cpu_s, peak_mb, len(triangles), len(faces), count)


def row(text: str) -> dict:
    cpu_s, peak_mb, before, after = (float(word) for word in text.split()[:4])
    return {"cpu_s": cpu_s, "peak_mb": peak_mb, "triangles_before": before, "triangles_after": after}


def main() -> None:
    with tempfile.TemporaryDirectory(dir=TARGET) as folder:
        file = pathlib.Path(folder) / "phantom.raw"
        phantom().tofile(file)

        def ours(_round: int) -> dict:
            size = [str(n) for n in reversed(SIZE)]
            return row(subprocess.run([PROGRAM, file, *size], check=True, capture_output=True, text=True).stdout)

        def theirs(_round: int) -> dict:
            command = [sys.executable, __file__, "--peers", str(file)]
            return row(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

        figures = interleave(5, {"yuanyi": ours, "best of breed": theirs})
    settings = {
        "voxels": "512×512×300 int16", "threshold_hu": 200, "reduction": 0.9, "cores": os.cpu_count(),
        "volume_mb": round(SIZE[0] * SIZE[1] * SIZE[2] * 2 / 2**20, 1),
        **{name: metadata.version(name) for name in ("connected-components-3d", "vtk", "fast-simplification")},
    }
    report("chain", settings, figures, "yuanyi", "best of breed")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peers"]:
        peers(pathlib.Path(sys.argv[2]))
    else:
        words()
        main()
