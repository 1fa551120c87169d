"""STOW-RS of a series of 300 × 512² 16-bit slices in one request, body streamed."""

import pathlib
import tempfile
import time

import requests

from imaging_peers import SLICES, Orthanc, Yuanyi, make_series
from measure import TARGET, interleave, report, version, words

BOUNDARY = "bench-0123456789abcdef"


def body(files: list[pathlib.Path]):
    """The parts of a request, read from the disk as they are sent."""
    for file in files:
        yield f"--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        yield file.read_bytes()
        yield b"\r\n"
    yield f"--{BOUNDARY}--\r\n".encode()


def main() -> None:
    Orthanc.install()
    with tempfile.TemporaryDirectory(dir=TARGET) as folder:
        files = make_series(pathlib.Path(folder) / "0", 0)
        size = sum(file.stat().st_size for file in files)

        def contender(kind):
            def run(_round: int) -> dict:
                server = kind()
                try:
                    base, headers = server.web()
                    kind_of_body = f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'
                    before = server.cost()["cpu_s"]
                    started = time.monotonic()
                    answer = requests.post(
                        f"{base}/studies", data=body(files),
                        headers={**headers, "Content-Type": kind_of_body, "Accept": "application/dicom+json"},
                    )
                    took = time.monotonic() - started
                    assert answer.status_code == 200, answer.text[:500]
                    assert len(answer.json()["00081199"]["Value"]) == SLICES
                    cost = server.cost()
                    return {
                        "mb_per_s": round(size / took / 1e6, 1),
                        "cpu_ms_per_image": round((cost["cpu_s"] - before) / SLICES * 1000, 3),
                        "peak_mb": round(cost["peak_mb"], 1),
                    }
                finally:
                    server.close()

            return run

        figures = interleave(5, {"yuanyi": contender(Yuanyi), "orthanc": contender(Orthanc)})
    settings = {
        "images": SLICES, "bytes": size,
        "orthanc": version(["chroot", str(Orthanc.root), "/usr/sbin/Orthanc", "--version"]),
        "orthanc_settings": "SQLite, SyncStorageArea", "yuanyi": version([str(Yuanyi.program), "--version"]),
    }
    report("stow", settings, figures, "yuanyi", "orthanc")


if __name__ == "__main__":
    words()
    main()
