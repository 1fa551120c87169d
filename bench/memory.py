"""What memory the hospital takes while five CT series are stored, and while it makes volumes of them."""

import json
import pathlib
import tempfile
import time

from imaging_peers import SLICES, Yuanyi, make_series, store
from measure import PROFILE, TARGET, peak_mb, words

SERIES = 5
# Past this, a volume is not late but missing.
LONGEST_S = 900


def main() -> None:
    with tempfile.TemporaryDirectory(dir=TARGET) as folder:
        series = [make_series(pathlib.Path(folder) / str(number), number) for number in range(SERIES)]
        server = Yuanyi()
        try:
            pid = server.process.pid
            idle = peak_mb(pid)
            seconds = store(server, series)
            storing = peak_mb(pid)
            begun = list((server.folder / "data").glob("derived/volumes/*/*"))
            # Forgets the peak so far.
            pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")
            until = time.monotonic() + LONGEST_S
            while len(list((server.folder / "data").glob("derived/volumes/*/*/manifest.json"))) < SERIES:
                if time.monotonic() > until:
                    raise RuntimeError("a volume is missing")
                time.sleep(0.5)
            print(json.dumps({
                "series": SERIES, "slices": SLICES, "profile": PROFILE, "seconds_storing": round(seconds, 1),
                "peak_mb_idle": round(idle, 1), "peak_mb_storing": round(storing, 1),
                "volumes_begun_while_storing": len(begun), "peak_mb_making_volumes": round(peak_mb(pid), 1),
            }))
        finally:
            server.close()


if __name__ == "__main__":
    words()
    main()
