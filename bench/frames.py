"""What a frame of a room costs in each of its six places, with a hologram, drawn by the processor; draw calls, triangles.

Rows of their own have what a frame of a full room of 50 people costs, one of whom moves, and what one costs that both
eyes of a headset see, at a headset's size, in an emulated one.

No peer draws the same, so absolute figures are kept: processor time, which depends less on what else runs than frames
a second do. A graphics card draws the same in a fraction of it.
"""

import json
import statistics
import subprocess

from act_to_sight import room_with_scan
from measure import BUILT, ROOT, save, version, words
from rooms import Yuanyi

SECONDS, ROUNDS = (6, 1) if words("quick") else (15, 3)


def main() -> None:
    hospital = Yuanyi()
    try:
        room = room_with_scan(hospital)
        cookie = next(iter(hospital.people.values())).cookies["yuanyi_session"]
        command = ["node", ROOT / "bench/frames/places.mjs", hospital.address, room, SECONDS]
        rounds = []
        for number in range(ROUNDS):
            print(f"── round {number + 1}/{ROUNDS}", flush=True)
            done = subprocess.run(
                [str(part) for part in command], input=cookie, text=True, stdout=subprocess.PIPE, cwd=ROOT, timeout=3600,
            )
            if done.returncode != 0:
                raise RuntimeError("the browser gave up")
            rounds.append(json.loads(done.stdout.strip().splitlines()[-1]))
    finally:
        hospital.close()
    kinds = ("places", "people", "headset")
    medians, people, headset = (
        {
            place: {key: round(statistics.median(one[kind][place][key] for one in rounds), 2) for key in figures}
            for place, figures in rounds[0][kind].items()
        }
        for kind in kinds
    )
    settings = {
        "seconds": SECONDS, "rounds": ROUNDS, "yuanyi": version([str(BUILT / "yuanyi"), "--version"]),
        "three": json.loads((ROOT / "package.json").read_text())["dependencies"]["three"], **rounds[0]["settings"],
    }
    result = {"settings": settings, "medians": medians, "people": people, "headset": headset}
    save("frames", {**result, "rounds": [{kind: one[kind] for kind in kinds} for one in rounds]})
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
