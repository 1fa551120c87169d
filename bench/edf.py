"""A night of eight hours with fifteen channels, as EDF: all signals read in their units."""

import os
import pathlib
import subprocess
import sys
import tempfile
import time
from importlib import metadata

import numpy

from measure import BUILT, TARGET, interleave, report

HOURS, CHANNELS, PER_SECOND = 8, 15, 200
PROGRAM = BUILT / "examples/edf"


def write(file: pathlib.Path) -> None:
    """Waves in noise, one channel beside the other."""
    import edfio

    random = numpy.random.default_rng(1)
    at_s = numpy.arange(HOURS * 3600 * PER_SECOND) / PER_SECOND
    signals = []
    for channel in range(CHANNELS):
        wave = 80 * numpy.sin(at_s * (channel + 1)) + random.normal(0, 10, at_s.size)
        label = f"channel {channel}"
        signals.append(edfio.EdfSignal(wave, PER_SECOND, label=label, physical_dimension="uV", physical_range=(-200, 200)))
    edfio.Edf(signals).write(file)


def peer(file: pathlib.Path) -> None:
    """edfio, as a process of its own; what it takes to start Python and load what it stands on is not counted."""
    import edfio

    before = time.process_time()
    signals = [signal.data for signal in edfio.read_edf(file).signals]
    count, total = sum(len(one) for one in signals), sum(float(one.sum()) for one in signals)
    print(count, total, time.process_time() - before)


def run(command: list) -> tuple[list[float], float, float]:
    """What a program said, its processor time and the most memory that it had."""
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True) as process:
        words = process.stdout.read().split()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return [float(word) for word in words], used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    with tempfile.TemporaryDirectory(dir=TARGET) as folder:
        file = pathlib.Path(folder) / "night.edf"
        write(file)
        size_mb = file.stat().st_size / 2**20

        def ours(_round: int) -> dict:
            (count, total), cpu_s, peak_mb = run([PROGRAM, file])
            return {"cpu_s": cpu_s, "peak_mb": peak_mb, "values": count, "sum": total}

        def theirs(_round: int) -> dict:
            (count, total, cpu_s), _, peak_mb = run([sys.executable, __file__, "--peer", file])
            return {"cpu_s": cpu_s, "peak_mb": peak_mb, "values": count, "sum": total}

        figures = interleave(5, {"yuanyi": ours, "edfio": theirs})
    (first, *_), (other, *_) = figures.values()
    if first["values"] != other["values"] or not numpy.isclose(first["sum"], other["sum"], rtol=1e-9):
        raise RuntimeError(f"they read different values: {first}, {other}")
    settings = {
        "hours": HOURS, "channels": CHANNELS, "samples_a_second": PER_SECOND, "file_mb": round(size_mb, 1),
        "yuanyi": "a process from its start to its end", "edfio": metadata.version("edfio"),
    }
    report("edf", settings, figures, "yuanyi", "edfio")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        peer(pathlib.Path(sys.argv[2]))
    else:
        main()
