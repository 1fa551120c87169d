"""How long a client waits for a chest on loopback: the coarse picture, then all bricks of the volume.

The same requests in the same order as the room's page makes them, one after another, without drawing.
"""

import json
import os
import pathlib
import platform
import statistics
import time
from urllib.parse import urljoin

from measure import BUILT, PROFILE, ROOT, version, words
from rooms import Yuanyi

ROUNDS = 5
# The finest chest of the demo, 233 x 167 x 191 voxels of 1.5 mm.
VOXELS = (233, 167, 191)


def volumes(hospital: Yuanyi, doctor) -> list[str]:
    """Where the volumes of all series are, made and ready."""
    api = f"http://{hospital.address}/api"
    found = []
    for patient in doctor.get(f"{api}/home").json()["patients"]:
        for study in patient["studies"]:
            for series in study["series"]:
                url = f"{api}/series/{series['uid']}/volume"
                while (answer := doctor.get(url)).status_code == 202:
                    time.sleep(0.5)
                if answer.ok:
                    found.append(url)
    return found


def open_once(doctor, url: str) -> dict:
    started = time.perf_counter()
    manifest = doctor.get(url).json()
    doctor.get(urljoin(f"{url}/", manifest["preview"]["url"])).raise_for_status()
    coarse = time.perf_counter()
    taken = 0
    for brick in manifest["bricks"]:
        answer = doctor.get(urljoin(f"{url}/", brick["url"]))
        answer.raise_for_status()
        taken += int(answer.headers.get("content-length", len(answer.content)))
    return {"coarse_s": coarse - started, "all_bricks_s": time.perf_counter() - started, "mb": taken / 1e6}


def main() -> None:
    hospital = Yuanyi()
    try:
        doctor = hospital.people["li.terminal"]
        chest = next(url for url in volumes(hospital, doctor) if tuple(doctor.get(url).json()["size"]) == VOXELS)
        rounds = [open_once(doctor, chest) for _ in range(ROUNDS)]
    finally:
        hospital.close()
    result = {
        "bench": "open_volume", "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {"cores": os.cpu_count(), "kernel": platform.release(), "load_1_min": round(os.getloadavg()[0], 1)},
        "settings": {
            "profile": PROFILE, "loopback": True, "voxels": VOXELS,
            "yuanyi": version([str(BUILT / "yuanyi"), "--version"]),
        },
        "medians": {key: round(statistics.median(row[key] for row in rounds), 4) for key in rounds[0]},
        "rounds": rounds,
    }
    print(json.dumps({key: result[key] for key in ("settings", "medians")}, indent=2))
    (pathlib.Path(ROOT) / "bench/results/open_volume.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    words()
    main()
