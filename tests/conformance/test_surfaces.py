"""Surfaces of masks beside VTK's of the same masks: area, volume, distance. No hospital is needed.

`YUANYI_WRITE_TABLES=1` writes `docs/conformance/surfaces.md` anew.
"""

import os
import pathlib
import subprocess

import numpy
import pytest
from conftest import DATA, ROOT
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData, vtkPolyData
from vtkmodules.vtkCommonTransforms import vtkTransform
from vtkmodules.vtkFiltersCore import (
    vtkFlyingEdges3D,
    vtkImplicitPolyDataDistance,
    vtkMassProperties,
    vtkWindowedSincPolyDataFilter,
)
from vtkmodules.vtkFiltersGeneral import vtkTransformFilter
from vtkmodules.vtkFiltersGeometry import vtkCompositeDataGeometryFilter
from vtkmodules.vtkIOGeometry import vtkGLTFReader
from vtkmodules.vtkImagingCore import vtkImageConstantPad
from vtkmodules.vtkIOImage import vtkNIFTIImageReader

TABLE = ROOT / "docs/conformance/surfaces.md"
PROGRAM = os.environ.get("YUANYI_BIN", str(ROOT / "target/debug/yuanyi"))
CTA = DATA / "imaging/ct-thorax-cta"
ROWS: list[str] = []

# Shapes by their signed distance to a point, mm, with their true area, their true volume, and half their thickness.
SHAPES = {
    "ball of 20 mm radius": (
        lambda x, y, z: numpy.sqrt(x**2 + y**2 + z**2) - 20, 4 * numpy.pi * 400, 4 / 3 * numpy.pi * 8000, 20,
    ),
    "ring, 24 and 8 mm": (
        lambda x, y, z: numpy.hypot(numpy.hypot(x, y) - 24, z) - 8, 4 * numpy.pi**2 * 24 * 8, 2 * numpy.pi**2 * 24 * 64, 8,
    ),
    "rod of 4 mm radius": (
        lambda x, y, z: numpy.sqrt(x**2 + y**2 + numpy.maximum(numpy.abs(z) - 20, 0) ** 2) - 4,
        2 * numpy.pi * 4 * 40 + 4 * numpy.pi * 16, numpy.pi * 16 * 40 + 4 / 3 * numpy.pi * 64, 4,
    ),
}


def write_nrrd(file: pathlib.Path, values: numpy.ndarray, spacing: tuple) -> None:
    """Values in z, y, x order, its middle at the origin of LPS."""
    size = values.shape[::-1]
    origin = ",".join(str(-(n - 1) * mm / 2) for n, mm in zip(size, spacing))
    directions = " ".join(f"({','.join(str(mm if a == b else 0) for b in range(3))})" for a, mm in enumerate(spacing))
    head = [
        "NRRD0004", "type: int16", "dimension: 3", "space: left-posterior-superior",
        f"sizes: {' '.join(map(str, size))}", f"space directions: {directions}", "kinds: domain domain domain",
        "endian: little", "encoding: raw", f"space origin: ({origin})", "", "",
    ]
    file.write_bytes("\n".join(head).encode() + values.astype("<i2").tobytes())


def ours(scan: pathlib.Path, mask: pathlib.Path, folder: pathlib.Path) -> vtkPolyData:
    """The surface of a mask as the program writes it, read by VTK, in millimetres of LPS."""
    command = [PROGRAM, "measure", str(scan), "--seg", str(mask), "--mesh", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    reader = vtkGLTFReader()
    reader.SetFileName(str(folder / "lesion-1.glb"))
    whole = vtkCompositeDataGeometryFilter()
    whole.SetInputConnection(reader.GetOutputPort())
    turn = vtkTransform()
    # Metres with Y up, (L, S, −P), back to millimetres (L, P, S).
    turn.SetMatrix([1000, 0, 0, 0, 0, 0, -1000, 0, 0, 1000, 0, 0, 0, 0, 0, 1])
    turned = vtkTransformFilter()
    turned.SetTransform(turn)
    turned.SetInputConnection(whole.GetOutputPort())
    turned.Update()
    return turned.GetOutput()


def theirs(image: vtkImageData, to_lps: vtkTransform | None = None) -> vtkPolyData:
    """VTK's surface of the same mask: flying edges half-way, then its windowed sinc filter."""
    edges = vtkFlyingEdges3D()
    # Masks may touch the edge of their picture, and surfaces must be closed there.
    padded = vtkImageConstantPad()
    padded.SetInputData(image)
    low_x, high_x, low_y, high_y, low_z, high_z = image.GetExtent()
    padded.SetOutputWholeExtent(low_x - 1, high_x + 1, low_y - 1, high_y + 1, low_z - 1, high_z + 1)
    edges.SetInputConnection(padded.GetOutputPort())
    edges.SetValue(0, 0.5)
    smooth = vtkWindowedSincPolyDataFilter()
    smooth.SetInputConnection(edges.GetOutputPort())
    smooth.SetNumberOfIterations(20)
    smooth.SetPassBand(0.05)
    smooth.NonManifoldSmoothingOn()
    smooth.NormalizeCoordinatesOn()
    if to_lps is None:
        smooth.Update()
        return smooth.GetOutput()
    turned = vtkTransformFilter()
    turned.SetTransform(to_lps)
    turned.SetInputConnection(smooth.GetOutputPort())
    turned.Update()
    return turned.GetOutput()


def image_of(values: numpy.ndarray, spacing: tuple) -> vtkImageData:
    image = vtkImageData()
    size = values.shape[::-1]
    image.SetDimensions(*size)
    image.SetSpacing(*spacing)
    image.SetOrigin(*(-(n - 1) * mm / 2 for n, mm in zip(size, spacing)))
    image.GetPointData().SetScalars(numpy_to_vtk(values.astype("f4").ravel(), deep=True))
    return image


def area_and_volume(mesh: vtkPolyData) -> tuple[float, float]:
    properties = vtkMassProperties()
    properties.SetInputData(mesh)
    return properties.GetSurfaceArea(), properties.GetVolume()


def distances(points_of: vtkPolyData, to: vtkPolyData) -> numpy.ndarray:
    """Of every point of one surface to the nearest of the other, mm."""
    there = vtkImplicitPolyDataDistance()
    there.SetInput(to)
    points = vtk_to_numpy(points_of.GetPoints().GetData())
    step = max(1, len(points) // 4000)
    return numpy.array([abs(there.EvaluateFunction(*point)) for point in points[::step]])


def compared(name: str, voxel: str, ours_: vtkPolyData, theirs_: vtkPolyData, truth, voxels_mm3: float) -> dict:
    """Keeps a row of the table and answers its figures."""
    (area, volume), (peer_area, peer_volume) = area_and_volume(ours_), area_and_volume(theirs_)
    both = numpy.concatenate([distances(ours_, theirs_), distances(theirs_, ours_)])
    found = {
        "area": area / peer_area, "volume": volume / peer_volume, "voxels": volume / voxels_mm3,
        "mean": both.mean(), "p95": float(numpy.percentile(both, 95)),
    }
    if truth:
        found |= {"true area": area / truth[0], "peer's true area": peer_area / truth[0], "true volume": volume / truth[1]}
    shown = [f"{found[key]:.3f}" if key in found else "no formula" for key in
             ("area", "volume", "voxels", "true area", "peer's true area", "true volume")]
    ROWS.append(f"| {name} | {voxel} | {' | '.join(shown)} | {found['mean']:.2f} | {found['p95']:.2f} |")
    return found


@pytest.mark.parametrize("spacing", [(0.7, 0.7, 0.7), (0.7, 0.7, 1.25), (1.0, 1.0, 2.0)])
@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_of_known_size(shape, spacing, tmp_path):
    distance, area, volume, half = SHAPES[shape]
    size = [round(90 / mm) for mm in reversed(spacing)]
    z, y, x = numpy.meshgrid(*((numpy.arange(n) - (n - 1) / 2) * mm for n, mm in zip(size, reversed(spacing))), indexing="ij")
    mask = distance(x, y, z) <= 0
    write_nrrd(tmp_path / "mask.nrrd", mask, spacing)
    write_nrrd(tmp_path / "scan.nrrd", numpy.where(mask, 40, -850), spacing)
    mesh = ours(tmp_path / "scan.nrrd", tmp_path / "mask.nrrd", tmp_path / "mesh")
    voxels = mask.sum() * numpy.prod(spacing)
    found = compared(shape, "×".join(map(str, spacing)), mesh, theirs(image_of(mask, spacing)), (area, volume), voxels)
    # What is thin against the voxels is shrunk by smoothing: the table shows by how much.
    longest = max(spacing)
    allowed = 0.045 + 0.2 * longest / half
    for figure in ("volume", "voxels", "true volume", "true area", "area"):
        assert abs(found[figure] - 1) < allowed, (figure, found)
    assert found["mean"] < 0.25 * longest and found["p95"] < 0.6 * longest, found


@pytest.mark.parametrize("model", ["aorta", "vertebrae_T12"])
def test_masks_of_the_angiogram(model, tmp_path):
    file = CTA / f"models/{model}.nii.gz"
    if not file.exists():
        pytest.skip("no shared data")
    reader = vtkNIFTIImageReader()
    reader.SetFileName(str(file))
    reader.Update()
    image = reader.GetOutput()
    # The reader gives voxels in millimetres from the first one; its matrix leads to RAS.
    to_lps = vtkTransform()
    to_lps.Scale(-1, -1, 1)
    to_lps.Concatenate(reader.GetSFormMatrix() or reader.GetQFormMatrix())
    mesh = ours(CTA / "example_ct.nii.gz", file, tmp_path)
    values = vtk_to_numpy(image.GetPointData().GetScalars())
    binary = vtkImageData()
    binary.DeepCopy(image)
    binary.GetPointData().SetScalars(numpy_to_vtk((values > 0).astype("f4"), deep=True))
    voxels = (values > 0).sum() * numpy.prod(image.GetSpacing())
    found = compared(f"thorax CTA, {model}", "1.5×1.5×1.5", mesh, theirs(binary, to_lps), None, voxels)
    assert abs(found["volume"] - 1) < 0.08 and abs(found["area"] - 1) < 0.12, found
    assert found["mean"] < 0.5 and found["p95"] < 1.5, found


def test_the_table_is_written(request):
    if os.environ.get("YUANYI_WRITE_TABLES") != "1":
        pytest.skip("YUANYI_WRITE_TABLES is not set")
    head = [
        "# Surfaces beside VTK",
        "",
        "Written by `tests/conformance/test_surfaces.py` (`YUANYI_WRITE_TABLES=1` writes it anew). Each mask goes through "
        "`yuanyi measure --seg --mesh`; its GLB is read by VTK, and so is the surface that VTK makes of the same voxels "
        "(flying edges at one half, windowed sinc with 20 passes at 0.05). Ratios are Yuanyi's divided by the other; "
        "distances go both ways between the surfaces, mm.",
        "",
        "| mask | voxels, mm | area / VTK | volume / VTK | volume / voxels | area / truth | VTK's area / truth | "
        "volume / truth | mean distance | 95th percentile |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    explained = [
        "",
        "Yuanyi smooths the field before it makes triangles, so what is thin against the voxels comes out thinner (a rod of 8 mm "
        "by 5 to 12 % of its volume), and steps of voxels add no area; VTK smooths the triangles and keeps more of both. "
        "Volumes that are given as measurements are counted in voxels and not taken from surfaces.",
    ]
    TABLE.write_text("\n".join(head + sorted(ROWS) + explained) + "\n", encoding="utf-8")
