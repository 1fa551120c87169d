"""Rooms over a line that loses 5 % of the packets with 200 ms there and back: poses by the socket, by a data channel and by WebTransport,
and all by events and requests.

The line is worked out in the people's own transport (docs/adr/0067-rooms-over-bad-lines.md), so that any machine can run it.
"""

import json
import pathlib
import subprocess
import tempfile

from measure import interleave, medians, save, version, words
from rooms import LOAD, PASSWORD, Yuanyi

LOSS_PERCENT, ROUND_TRIP_MS, ROOMS, PEOPLE = 5, 200, 2, 8
SECONDS, ROUNDS = (15, 1) if words("quick") else (30, 3)
# Beyond this people themselves were late, and a round says little of delays.
LATE_MS = 25


def contender(hospital: Yuanyi, way: str):
    def run(number: int) -> dict:
        with tempfile.TemporaryDirectory(prefix="bench-lines-") as folder:
            kept = pathlib.Path(folder) / "figures.json"
            settings = {
                "address": hospital.address, "password": PASSWORD, "pid": hospital.process.pid, "rooms": ROOMS,
                "people": PEOPLE, "seconds": SECONDS, "loss": LOSS_PERCENT, "round-trip": ROUND_TRIP_MS, "way": way,
                "seed": number + 1, "json": kept,
            }
            command = [str(LOAD), "load", *(f"--{name}={value}" for name, value in settings.items())]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=900)
            found = json.loads(kept.read_text())["found"]
        acts = {f"acts_{name}": value for name, value in found.pop("acts").items()}
        return {key: round(value, 4) for key, value in (found | acts).items()}

    return run


def main() -> None:
    hospital = Yuanyi()
    try:
        figures = interleave(ROUNDS, {way: contender(hospital, way) for way in ("socket", "channel", "transport", "requests")})
        program = version([str(hospital.program), "--version"])
    finally:
        hospital.close()
    settings = {
        "rooms": ROOMS, "people": PEOPLE, "poses_per_s": 20, "seconds": SECONDS, "loss_percent": LOSS_PERCENT,
        "round_trip_ms": ROUND_TRIP_MS, "rounds": ROUNDS, "yuanyi": program,
    }
    found = {way: medians(rows) for way, rows in figures.items()}
    late = {way: sum(row["sender_late_p99_ms"] > LATE_MS for row in rows) for way, rows in figures.items()}
    save("lines", {"settings": settings, "medians": found, "too_busy": late, "rounds": figures})
    print(json.dumps({"settings": settings, "medians": found, "too_busy": late}, indent=2))


if __name__ == "__main__":
    main()
