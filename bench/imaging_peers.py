"""Yuanyi and Orthanc as imaging servers, with the same promise: acknowledged is on disk."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import numpy
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from measure import BUILT, ROOT, TARGET, cpu_s, free_port, peak_mb, wait_for_port

# The tests talk to it too.
sys.path.insert(0, str(ROOT / "tests/conformance"))
import orthanc  # noqa: E402

SLICES, SIDE = 300, 512


def make_series(folder: pathlib.Path, number: int) -> list[pathlib.Path]:
    """A CT series of noise on a disc, as compressible as a real one is not less."""
    random = numpy.random.default_rng(number)
    folder.mkdir(parents=True)
    y, x = numpy.mgrid[:SIDE, :SIDE]
    body = ((x - SIDE / 2) ** 2 + (y - SIDE / 2) ** 2 < (SIDE * 0.4) ** 2) * 1000
    files = []
    for slice_number in range(SLICES):
        pixels = (body + random.integers(0, 60, (SIDE, SIDE))).astype("<u2")
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = CTImageStorage
        meta.MediaStorageSOPInstanceUID = f"2.25.{number + 1}{slice_number + 1:05d}"
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        file = folder / f"{slice_number:04d}.dcm"
        data = FileDataset(str(file), {}, file_meta=meta, preamble=b"\0" * 128)
        data.SOPClassUID, data.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
        data.StudyInstanceUID, data.SeriesInstanceUID = f"2.25.{number + 1}98", f"2.25.{number + 1}99"
        data.PatientID, data.PatientName, data.PatientBirthDate = f"BENCH{number}", "Bench^Phantom", "19700101"
        data.PatientSex, data.Modality, data.StudyDate, data.StudyTime = "O", "CT", "20260101", "120000"
        data.StudyID, data.SeriesNumber, data.InstanceNumber, data.AccessionNumber = "1", 1, slice_number + 1, ""
        data.ReferringPhysicianName = ""
        data.ImagePositionPatient, data.ImageOrientationPatient = [0, 0, slice_number], [1, 0, 0, 0, 1, 0]
        data.PixelSpacing, data.SliceThickness = [0.7, 0.7], 1
        data.Rows = data.Columns = SIDE
        data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
        data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
        data.RescaleIntercept, data.RescaleSlope = -1024, 1
        data.PixelData = pixels.tobytes()
        data.save_as(file, enforce_file_format=True)
        files.append(file)
    return files


class Server:
    """A running server, its ports and its cost."""

    title = ""

    def __init__(self, **settings):
        self.settings = settings
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=TARGET))
        self.http, self.dicom = free_port(), free_port()
        self.process = self.start()
        wait_for_port(self.dicom)
        wait_for_port(self.http)

    def cost(self) -> dict:
        return {"cpu_s": cpu_s(self.process.pid), "peak_mb": peak_mb(self.process.pid)}

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=60)
        shutil.rmtree(self.folder, ignore_errors=True)


class Yuanyi(Server):
    title = "YUANYI"
    program = BUILT / "yuanyi"

    def start(self):
        data = self.folder / "data"
        put = [str(self.program), "user", "put", "bench", "--name", "Bench", "--role", "system", "--data", str(data)]
        subprocess.run(put, input="bench-password-1", text=True, check=True, capture_output=True)
        token = [str(self.program), "token", "new", "--as", "bench", "--data", str(data)]
        self.token = subprocess.run(token, text=True, check=True, capture_output=True).stdout.strip()
        serve = [str(self.program), "serve", "--data", str(data), "--http", f"127.0.0.1:{self.http}",
                 "--dicom", f"127.0.0.1:{self.dicom}", "--mqtt", "off"]
        # Whoever sends may store, as with the others.
        environment = os.environ | {"YUANYI_CALLING_AE_TITLES": '["*"]'}
        return subprocess.Popen(serve, stderr=subprocess.DEVNULL, env=environment)

    def web(self) -> tuple[str, dict]:
        return f"http://127.0.0.1:{self.http}/dicom-web", {"Authorization": f"Bearer {self.token}"}


class Orthanc(Server):
    title = "ORTHANC"
    root = orthanc.FOLDER
    install = staticmethod(orthanc.install)

    def start(self):
        self.running = orthanc.Orthanc(self.title, self.http, self.dicom, **self.settings)
        return self.running.process

    def web(self) -> tuple[str, dict]:
        return f"http://127.0.0.1:{self.http}/dicom-web", {}

    def close(self) -> None:
        self.running.close()
        shutil.rmtree(self.folder, ignore_errors=True)


# dcmtk waits to fill packets unless its environment says otherwise (since 3.6.2).
NO_WAIT = {"TCP_NODELAY": "1"}


def store(server: Server, series: list[list[pathlib.Path]], sender: dict | None = None) -> float:
    """Sends each series by an association of its own, all at once; answers the seconds it took.

    `sender` is what the sending program's environment says about the network.
    """
    environment = {"PATH": "/usr/bin", **(NO_WAIT if sender is None else sender)}
    started = time.monotonic()
    senders = [
        subprocess.Popen(
            ["storescu", "-aec", server.title, "127.0.0.1", str(server.dicom), *map(str, files)],
            env=environment,
        )
        for files in series
    ]
    for sender in senders:
        if sender.wait() != 0:
            raise RuntimeError(f"storescu failed against {server.title}")
    return time.monotonic() - started


assert pydicom
