"""QIDO-RS: studies, one study by its patient, and the 300 instances of a series."""

import pathlib
import statistics
import tempfile
import time

import requests

from imaging_peers import SLICES, Orthanc, Yuanyi, make_series, store
from measure import TARGET, cpu_s, interleave, report, version, words

ASKED = {"studies": 200, "patient": 200, "instances": 20}


def main() -> None:
    Orthanc.install()
    with tempfile.TemporaryDirectory(dir=TARGET) as folder:
        series = [make_series(pathlib.Path(folder) / str(number), number) for number in range(5)]
        servers = {"yuanyi": Yuanyi(), "orthanc": Orthanc()}
        try:
            for server in servers.values():
                store(server, series[:1])
                store(server, [files[:2] for files in series[1:]])
            # The hospital makes a volume of a new series; that is not what is measured here.
            time.sleep(20)
            figures = interleave(5, {name: contender(server) for name, server in servers.items()})
        finally:
            for server in servers.values():
                server.close()
    settings = {
        "studies": 5, "instances": SLICES, "asked": ASKED,
        "orthanc": version(["chroot", str(Orthanc.root), "/usr/sbin/Orthanc", "--version"]),
        "yuanyi": version([str(Yuanyi.program), "--version"]),
    }
    report("qido", settings, figures, "yuanyi", "orthanc")


def contender(server):
    base, headers = server.web()
    session = requests.Session()
    session.headers.update({**headers, "Accept": "application/dicom+json"})
    asked = {
        "studies": ("/studies?StudyDate=20260101&limit=100", 5),
        "patient": ("/studies?PatientID=BENCH0", 1),
        "instances": ("/studies/2.25.198/series/2.25.199/instances", SLICES),
    }

    def run(_round: int) -> dict:
        figures = {}
        for name, (path, expected) in asked.items():
            before = cpu_s(server.process.pid)
            times = []
            for _ in range(ASKED[name]):
                started = time.monotonic()
                answer = session.get(base + path)
                times.append(time.monotonic() - started)
                assert answer.status_code == 200 and len(answer.json()) == expected, answer.text[:200]
            figures[f"{name}_p50_ms"] = round(statistics.median(times) * 1000, 3)
            cpu_ms = (cpu_s(server.process.pid) - before) / ASKED[name] * 1000
            figures[f"{name}_cpu_ms"] = round(cpu_ms, 3)
        return figures

    return run


if __name__ == "__main__":
    words()
    main()
