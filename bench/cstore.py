"""C-STORE of 300 × 512² 16-bit slices, with one association and with four."""

import pathlib
import tempfile

from imaging_peers import SLICES, Orthanc, Yuanyi, make_series, store
from measure import TARGET, interleave, report, version


def main() -> None:
    Orthanc.install()
    with tempfile.TemporaryDirectory(dir=TARGET) as folder:
        series = [make_series(pathlib.Path(folder) / str(number), number) for number in range(5)]

        def contender(kind):
            def run(_round: int) -> dict:
                server = kind()
                try:
                    before = server.cost()["cpu_s"]
                    one = store(server, series[:1])
                    cost = server.cost()
                    quarter = SLICES // 4
                    four = store(server, [files[:quarter] for files in series[1:]])
                    return {
                        "images_per_s_1": round(SLICES / one, 1),
                        "images_per_s_4": round(4 * quarter / four, 1),
                        "cpu_ms_per_image": round((cost["cpu_s"] - before) / SLICES * 1000, 3),
                        "peak_mb_1": round(cost["peak_mb"], 1),
                        # With four, the hospital already makes a volume of the first series.
                        "peak_mb": round(server.cost()["peak_mb"], 1),
                    }
                finally:
                    server.close()
            return run

        figures = interleave(5, {"yuanyi": contender(Yuanyi), "orthanc": contender(Orthanc)})
    settings = {
        "images": SLICES, "sender": version(["storescu", "--version"]), "TCP_NODELAY": True,
        "orthanc": version(["chroot", str(Orthanc.root), "/usr/sbin/Orthanc", "--version"]),
        "orthanc_settings": "SQLite, SyncStorageArea, TcpNoDelay", "yuanyi": version([str(Yuanyi.program), "--version"]),
    }
    report("cstore", settings, figures, "yuanyi", "orthanc")


if __name__ == "__main__":
    main()
