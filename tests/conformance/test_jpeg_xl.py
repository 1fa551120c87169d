"""Frames coded as JPEG XL by libjxl, decoded and shown."""

import io

import imagecodecs
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import generate_uid

LOSSLESS, RECOMPRESSED, LOSSY = (f"1.2.840.10008.1.2.4.{end}" for end in (110, 111, 112))
OCTETS = 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1'
FILES = "pydicom/test_files"


def stored(hospital, data: pydicom.Dataset, frames: list[bytes], syntax: str) -> str:
    """Stores the object with these frames; answers its address."""
    for keyword in ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"]:
        setattr(data, keyword, generate_uid())
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.file_meta.TransferSyntaxUID = syntax
    data.PixelData = encapsulate(frames)
    data["PixelData"].VR, data["PixelData"].is_undefined_length = "OB", True
    buffer = io.BytesIO()
    # pydicom does not know the transfer syntax, so it is told the encoding.
    pydicom.dcmwrite(buffer, data, implicit_vr=False, little_endian=True, force_encoding=True)
    body = b"--x\r\nContent-Type: application/dicom\r\n\r\n" + buffer.getvalue() + b"\r\n--x--\r\n"
    kind = 'multipart/related; type="application/dicom"; boundary=x'
    answer = hospital.as_("importer").post(
        f"{hospital.base}/dicom-web/studies", data=body, headers={"Content-Type": kind})
    assert answer.status_code == 200, answer.text
    return (f"{hospital.base}/dicom-web/studies/{data.StudyInstanceUID}/series/{data.SeriesInstanceUID}"
            f"/instances/{data.SOPInstanceUID}")


def octets(hospital, address: str) -> bytes:
    answer = hospital.as_("importer").get(f"{address}/frames/1", headers={"Accept": OCTETS})
    assert answer.status_code == 200, answer.text
    return answer.content.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small_RLE.dcm", "SC_rgb_rle_16bit.dcm"])
def test_lossless_frames_are_decoded_to_the_bit(hospital, shared_dicom, name):
    data = pydicom.dcmread(shared_dicom / FILES / name)
    pixels = data.pixel_array
    # The format has no sign: the bits are kept.
    bits = pixels.view(f"u{pixels.dtype.itemsize}") if pixels.dtype.kind == "i" else pixels
    if data.SamplesPerPixel == 3:
        data.PlanarConfiguration = 0
    address = stored(hospital, data, [imagecodecs.jpegxl_encode(bits, lossless=True)], LOSSLESS)
    assert octets(hospital, address) == pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()


def test_a_lossy_frame_looks_as_libjxl_shows_it(hospital, shared_dicom):
    data = pydicom.dcmread(shared_dicom / FILES / "SC_rgb_jpeg_gdcm.dcm")
    coded = imagecodecs.jpegxl_encode(data.pixel_array, level=90)
    data.PhotometricInterpretation, data.PlanarConfiguration = "XYB", 0
    address = stored(hospital, data, [coded], LOSSY)
    want = imagecodecs.jpegxl_decode(coded).astype(int)
    got = np.frombuffer(octets(hospital, address), np.uint8).reshape(want.shape).astype(int)
    assert np.abs(got - want).max() <= 2
    picture = hospital.as_("importer").get(f"{address}/rendered", headers={"Accept": "image/png"})
    assert picture.status_code == 200
    shown = np.asarray(Image.open(io.BytesIO(picture.content)).convert("RGB")).astype(int)
    assert np.abs(shown - want).max() <= 2


def test_a_jpeg_that_was_coded_anew_looks_as_before(hospital, shared_dicom):
    data = pydicom.dcmread(shared_dicom / FILES / "SC_rgb_jpeg_gdcm.dcm")
    buffer = io.BytesIO()
    Image.fromarray(data.pixel_array).save(buffer, "JPEG", quality=92, subsampling=0)
    try:
        coded = imagecodecs.jpegxl_encode_jpeg(buffer.getvalue())
    except Exception as error:  # The build of libjxl in use has no such encoder.
        pytest.skip(str(error))
    data.PhotometricInterpretation, data.PlanarConfiguration = "YBR_FULL", 0
    address = stored(hospital, data, [coded], RECOMPRESSED)
    want = imagecodecs.jpegxl_decode(coded).astype(int)
    got = np.frombuffer(octets(hospital, address), np.uint8).reshape(want.shape).astype(int)
    assert np.abs(got - want).max() <= 2


def test_a_damaged_frame_is_refused(hospital, shared_dicom):
    data = pydicom.dcmread(shared_dicom / FILES / "CT_small.dcm")
    coded = imagecodecs.jpegxl_encode(data.pixel_array.view("u2"), lossless=True)
    address = stored(hospital, data, [coded[: len(coded) // 3]], LOSSLESS)
    answer = hospital.as_("importer").get(f"{address}/frames/1", headers={"Accept": OCTETS})
    assert 400 <= answer.status_code < 500, answer.status_code
