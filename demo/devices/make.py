"""Makes the recordings that the demo's devices replay, and the card of one at home, from the open originals:

    python make.py FOLDER

FOLDER holds ecg/wfdb/multi-segment/s25047 (one ICU stay) and sleep/cpap-airsense10 (one CPAP user). Needs wfdb
and edfio. Values are those of the recordings, gaps included; only their form changes.
"""

import json
import math
import pathlib
import sys

import edfio
import wfdb

MDC = {"HR": ("heart-rate", "147842", "/min"), "PULSE": ("pulse", "149530", "/min"),
       "RESP": ("resp-rate", "151562", "/min"), "SpO2": ("spo2", "150456", "%"),
       "NBPSys": ("systolic", "150021", "mm[Hg]"), "NBPDias": ("diastolic", "150022", "mm[Hg]"),
       "NBPMean": ("mean", "150023", "mm[Hg]")}
CPAP = {"MaskPress.2s": ("pressure", "mask-pressure", "cm[H2O]"), "Leak.2s": ("leak", "mask-leak", "L/s"),
        "RespRate.2s": ("resp-rate", "151562", "/min"), "TidVol.2s": ("tidal-volume", "tidal-volume", "L"),
        "MinVent.2s": ("minute-ventilation", "minute-ventilation", "L/min")}
# In the ten minutes after these the monitor measured next to nothing.
MEASURED_min = 62
HERE = pathlib.Path(__file__).parent


def number(value, digits, low=-math.inf):
    value = float(value)
    return None if math.isnan(value) or value < low else round(value, digits)


def write(name, recording):
    (HERE / name).write_text(json.dumps(recording, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def icu(folder):
    record = wfdb.rdrecord(str(folder / "s25047-2704-05-04-10-44n"))
    streams = []
    for place, name in enumerate(record.sig_name):
        stream, code, unit = MDC[name]
        # The recording writes 0 where a monitor had no value.
        values = [number(v, 1, low=1) for v in record.p_signal[:MEASURED_min, place]]
        streams.append({"stream": stream, "code": code, "unit": unit, "period_ms": 60000, "values": values})
    wave = wfdb.rdrecord(str(folder / "3234460_0001"), sampto=125 * 60)
    lead = [None if math.isnan(v) else round(v * 1000) for v in wave.p_signal[:, wave.sig_name.index("II")]]
    streams.append({"stream": "ecg-ii", "code": "131330", "unit": "uV", "period_ms": 8, "values": lead})
    write("icu-s25047.json", {
        "profile": "bedside-monitor",
        "source": "MIMIC-II waveform database, s25047 (PhysioNet): one ICU stay, numerics each minute, ECG at 125 Hz",
        "licence": "ODC-BY 1.0 / ODbL 1.0", "streams": streams})


def night(file):
    edf = edfio.read_edf(str(file))
    streams = []
    for signal in edf.signals:
        if signal.label in CPAP:
            stream, code, unit = CPAP[signal.label]
            # The machine writes 0 where it has counted no breath yet.
            low = 1 if signal.label == "RespRate.2s" else -1e-9
            values = [number(v, 3, low=low) for v in signal.data]
            period = round(1000 / signal.sampling_frequency)
            streams.append({"stream": stream, "code": code, "unit": unit, "period_ms": period, "values": values})
    write("cpap-night.json", {
        "profile": "cpap", "source": "one night of one ResMed AirSense 10 user, published by himself",
        "licence": "MIT", "streams": streams})


def statistics(file):
    """The machine's daily statistics, without what its header says of the machine and its user."""
    edf = bytearray(file.read_bytes())
    edf[8:88] = b"X X X X".ljust(80)
    edf[88:168] = edf[88:109] + b" X X X X".ljust(59)
    (HERE.parent / "at-home/STR.edf").write_bytes(edf)


def tag(name, corners, seconds=1800, step_s=10):
    """A walk from corner to corner and back, invented for the demo: nobody wore this tag."""
    lengths = [math.dist(a, b) for a, b in zip(corners, corners[1:] + corners[:1])]
    xs, ys = [], []
    for n in range(seconds // step_s):
        left = sum(lengths) * n * step_s / seconds
        for (a, b), length in zip(zip(corners, corners[1:] + corners[:1]), lengths):
            if left <= length:
                break
            left -= length
        xs.append(round(a[0] + (b[0] - a[0]) * left / length, 2))
        ys.append(round(a[1] + (b[1] - a[1]) * left / length, 2))
    streams = [{"stream": axis, "code": f"tag-{axis}", "unit": "m", "period_ms": step_s * 1000, "values": values}
               for axis, values in (("x", xs), ("y", ys))]
    write(name, {"profile": "location-tag", "source": "invented for the demo: a walk through the ward",
                 "licence": "MIT or Apache-2.0", "streams": streams})


if __name__ == "__main__":
    tag("tag-nurse.json", [(1, 7.5), (3, 4), (3, 7.5), (9, 7.5), (9, 4), (9, 7.5), (15, 7.5), (15, 4), (15, 7.5)])
    tag("tag-trolley.json", [(16.5, 8), (16.6, 8), (16.5, 8.1)])
    data = pathlib.Path(sys.argv[1])
    icu(data / "ecg/wfdb/multi-segment/s25047")
    night(data / "sleep/cpap-airsense10/DATALOG/20230821/20230822_030645_PLD.edf")
    statistics(data / "sleep/cpap-airsense10/STR.edf")
