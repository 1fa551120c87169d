"""From one person's act to another's sight: two browsers in one room on loopback.

No peer does the same, so absolute figures are kept: the median and the 95th of 100. What the page's
figure holds depends on the graphics: without a card every frame is drawn by the processor that also
runs the other browser and the hospital. The result says which graphics, how many pixels, which scan.
"""

import json
import os
import pathlib
import platform
import statistics
import subprocess
import time

from measure import BUILT, PROFILE, ROOT, version, words
from rooms import Yuanyi

ACTS = int(os.environ.get("BENCH_ACTS", "240"))
PAGE = (960, 600)


def figures(times_ms: list[float]) -> dict:
    cuts = statistics.quantiles(times_ms, n=20, method="inclusive")
    return {
        "acts": len(times_ms), "p50_ms": round(statistics.median(times_ms), 1),
        "p95_ms": round(cuts[18], 1), "max_ms": round(max(times_ms), 1),
    }


def room_with_scan(hospital: Yuanyi) -> str:
    """A consultation about the first patient with a CT, so that something stands in the room."""
    asking, asked = hospital.people.values()
    api = f"http://{hospital.address}/api"
    patient, series = next(
        (patient["id"], series["uid"])
        for patient in asking.get(f"{api}/home").json()["patients"]
        for study in patient["studies"] if study["modality"] == "CT"
        for series in study["series"] if series.get("modality", "CT") == "CT"
    )
    ask = {"patient": patient, "series": series, "expert": "chen.expert", "reason": "bench"}
    case = asking.post(f"{api}/scenarios/remote-consult/requests", json=ask)
    case.raise_for_status()
    asked.post(f"{api}/scenarios/remote-consult/cases/{case.json()['id']}/accept").raise_for_status()
    while asking.get(f"{api}/series/{series}/volume").status_code == 202:
        time.sleep(0.5)
    return case.json()["room"]


def main() -> None:
    hospital = Yuanyi()
    try:
        room = room_with_scan(hospital)
        cookies = "\n".join(one.cookies["yuanyi_session"] for one in hospital.people.values())
        command = ["node", ROOT / "bench/act_to_sight/browsers.mjs", hospital.address, room, ACTS, *PAGE]
        done = subprocess.run(
            [str(part) for part in command], input=cookies, text=True, stdout=subprocess.PIPE, cwd=ROOT, timeout=3600,
        )
        if done.returncode != 0:
            raise RuntimeError("the browsers gave up")
        found = json.loads(done.stdout.strip().splitlines()[-1])
    finally:
        hospital.close()
    result = {
        "bench": "act_to_sight", "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {"cores": os.cpu_count(), "kernel": platform.release(), "load_1_min": round(os.getloadavg()[0], 1)},
        "settings": {
            "profile": PROFILE, "loopback": True, "yuanyi": version([str(BUILT / "yuanyi"), "--version"]),
            "three": json.loads((ROOT / "package.json").read_text())["dependencies"]["three"],
            "page_px": PAGE, **found["settings"],
        },
        "socket": figures(found["socket_ms"]), "page": figures(found["page_ms"]),
        "times": {key: [round(one, 1) for one in found[key]] for key in ("socket_ms", "page_ms")},
    }
    print(json.dumps({key: result[key] for key in ("settings", "socket", "page")}, indent=2))
    pathlib.Path(ROOT / "bench/results/act_to_sight.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    words()
    main()
