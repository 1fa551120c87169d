"""C-STORE of 300 × 512² 16-bit slices, with one association and with four.

Over the loopback interface, a sender and a receiver that both wait a little, to fill packets or to acknowledge
them, make 40 ms an image out of nothing. Who waits depends on settings of both, so each server is tried with
several first, and measured with those that suit it best.
"""

import itertools
import pathlib
import tempfile

from imaging_peers import NO_WAIT, SLICES, Orthanc, Yuanyi, make_series, store
from measure import TARGET, interleave, report, version, words

# What a sender's environment may say to dcmtk, and what Orthanc may be told of the longest PDU that it takes.
SENDERS = [NO_WAIT, {}, {**NO_WAIT, "TCP_BUFFER_LENGTH": "1048576"}, {"TCP_BUFFER_LENGTH": "1048576"}]
SETTINGS = {Yuanyi: [{}], Orthanc: [{"MaximumPduLength": 16384}, {"MaximumPduLength": 131072}]}
TRIED = 60


def fastest(kind, files: list[pathlib.Path]) -> tuple[dict, dict]:
    """The settings with which a server takes most images in a second, and those of its sender."""
    rates = []
    for settings, sender in itertools.product(SETTINGS[kind], SENDERS):
        server = kind(**settings)
        try:
            # The first images pay for what is made once.
            store(server, [files[-10:]], sender)
            rate = TRIED / store(server, [files[:TRIED]], sender)
        finally:
            server.close()
        print(f"  {kind.title} with {settings}, sender with {sender}: {rate:.0f} images/s", flush=True)
        rates.append((rate, settings, sender))
    _, settings, sender = max(rates, key=lambda row: row[0])
    return settings, sender


def main() -> None:
    Orthanc.install()
    with tempfile.TemporaryDirectory(dir=TARGET) as folder:
        series = [make_series(pathlib.Path(folder) / str(number), number) for number in range(5)]
        chosen = {kind: fastest(kind, series[0]) for kind in (Yuanyi, Orthanc)}

        def contender(kind):
            settings, sender = chosen[kind]

            def run(_round: int) -> dict:
                server = kind(**settings)
                try:
                    before = server.cost()["cpu_s"]
                    one = store(server, series[:1], sender)
                    cost = server.cost()
                    quarter = SLICES // 4
                    four = store(server, [files[:quarter] for files in series[1:]], sender)
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
        "images": SLICES, "sender": version(["storescu", "--version"]),
        "settings_and_sender": {kind.title: chosen[kind] for kind in chosen},
        "orthanc": version(["chroot", str(Orthanc.root), "/usr/sbin/Orthanc", "--version"]),
        "orthanc_settings": "SQLite, SyncStorageArea, TCP_NODELAY in its environment",
        "yuanyi": version([str(Yuanyi.program), "--version"]),
    }
    report("cstore", settings, figures, "yuanyi", "orthanc")


if __name__ == "__main__":
    words()
    main()
