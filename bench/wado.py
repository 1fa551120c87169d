"""WADO-RS: frames one by one, and a whole series."""

import pathlib
import statistics
import tempfile
import time

import requests

from imaging_peers import SIDE, SLICES, Orthanc, Yuanyi, make_series, store
from measure import TARGET, cpu_s, interleave, report, version, words

FRAMES = 200


def main() -> None:
    Orthanc.install()
    with tempfile.TemporaryDirectory(dir=TARGET) as folder:
        series = make_series(pathlib.Path(folder) / "0", 0)
        servers = {"yuanyi": Yuanyi(), "orthanc": Orthanc()}
        try:
            for server in servers.values():
                store(server, [series])
            figures = interleave(5, {name: contender(server) for name, server in servers.items()})
        finally:
            for server in servers.values():
                server.close()
    settings = {
        "images": SLICES, "frames": FRAMES,
        "orthanc": version(["chroot", str(Orthanc.root), "/usr/sbin/Orthanc", "--version"]),
        "yuanyi": version([str(Yuanyi.program), "--version"]),
    }
    report("wado", settings, figures, "yuanyi", "orthanc")


def contender(server):
    base, headers = server.web()
    session = requests.Session()
    session.headers.update(headers)
    path = f"{base}/studies/2.25.198/series/2.25.199"

    def run(_round: int) -> dict:
        before = cpu_s(server.process.pid)
        times = []
        accept = {"Accept": 'multipart/related; type="application/octet-stream"'}
        for number in range(FRAMES):
            url = f"{path}/instances/2.25.1{number + 1:05d}/frames/1"
            started = time.monotonic()
            answer = session.get(url, headers=accept)
            times.append(time.monotonic() - started)
            assert answer.status_code == 200 and len(answer.content) > SIDE * SIDE * 2, answer.text[:200]
        frames_cpu_s = cpu_s(server.process.pid) - before
        accept = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
        started = time.monotonic()
        size = 0
        with session.get(path, headers=accept, stream=True) as answer:
            assert answer.status_code == 200
            for piece in answer.iter_content(1 << 20):
                size += len(piece)
        whole = time.monotonic() - started
        assert size > SLICES * SIDE * SIDE * 2, size
        return {
            "frame_p50_ms": round(statistics.median(times) * 1000, 3),
            "frame_cpu_ms": round(frames_cpu_s / FRAMES * 1000, 3),
            "series_mb_per_s": round(size / whole / 1e6, 1),
        }

    return run


if __name__ == "__main__":
    words()
    main()
