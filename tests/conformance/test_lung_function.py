"""Reference equations and a whole session of spirometry by `yuanyi measure`, against pyspiro and closed forms."""

import json
import math
import os
import subprocess

import numpy as np
import pyspiro
import pytest

from conftest import ROOT

PROGRAM = os.environ.get("YUANYI_BIN", str(ROOT / "target/debug/yuanyi"))
RATE = 100


def curve(fvc: float, tau: float) -> list[float]:
    """A still half second, then V = FVC (1 - e^(-t/tau)) over 8 s."""
    times = np.maximum(np.arange(int(RATE * 8.5)) / RATE - 0.5, 0)
    return [float(value) for value in fvc * (1 - np.exp(-times / tau))]


def measured(tmp_path, session: dict) -> dict:
    file = tmp_path / "session.json"
    file.write_text(json.dumps(session), encoding="utf-8")
    done = subprocess.run([PROGRAM, "measure", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


SEEN = {"cough": False, "glottic_closure": False, "leak": False}


def session(sex: str, age: float, height: float, group: str | None, fvcs=(4.0, 3.95, 3.9), tau=0.6) -> dict:
    return {"person": {"sex": sex, "age_years": age, "height_cm": height, "group": group}, "curve": "volume-l", "per_second": RATE,
            "blows": [{"values": curve(fvc, tau), "seen": SEEN} for fvc in fvcs]}


@pytest.mark.parametrize("sex", ["male", "female"])
@pytest.mark.parametrize("age", [8, 20, 40, 65, 79])
def test_expectations_are_those_of_pyspiro(tmp_path, sex, age):
    height = 165.0
    said = measured(tmp_path, session(sex, age, height, "caucasian"))["before"]
    ours = {(one["equations"], one["measure"]): one["result"]["value"] for one in said["expected"] if one["result"]["state"] == "assessed"}
    names = {"fev1": "FEV1", "fvc": "FVC", "ratio": "FEV1FVC"}
    theirs = {"gli-2012": pyspiro.GLI_2012(), "gli-2022": pyspiro.BOWERMAN_2022(), "jian-2017": pyspiro.JIAN_2017()}
    compared = 0
    for (equations, measure), value in ours.items():
        reference = theirs[equations]
        number = reference.Parameters[names[measure]].value
        by_sex = reference.Sex[sex.upper()].value
        times = 100 if equations == "jian-2017" and measure == "ratio" else 1
        group = [reference.Ethnicity["CAUCASIAN"].value] if equations == "gli-2012" else []
        z = reference.zscore(by_sex, age, height, *group, number, value["value"] * times)
        lower = reference.lln(by_sex, age, height, *group, number, value["value"] * times)
        assert math.isclose(value["z_score"], z, abs_tol=0.002), (equations, measure)
        assert math.isclose(value["lower_limit"] * times, lower, rel_tol=0.0005), (equations, measure)
        compared += 1
    assert compared == 9


def test_a_whole_session(tmp_path):
    before = session("male", 65, 170, "north-east-asian", fvcs=(2.9, 2.85, 2.8), tau=1.5)
    before["after_bronchodilator"] = [{"values": curve(fvc, 1.5), "seen": SEEN} for fvc in (3.2, 3.15, 3.1)]
    said = measured(tmp_path, before)
    part = said["before"]
    assert part["fev1"]["grade"] == "A" and part["fev1"]["acceptable"] == 3
    # The line through the steepest 80 ms meets zero a little before the start: FEV1 is within 0.04 L of the formula.
    assert math.isclose(part["fev1"]["best_l"], 2.9 * (1 - math.exp(-1 / 1.5)), abs_tol=0.04)
    assert all(blow["back_extrapolated_l"] < 0.05 for blow in part["blows"])
    # After 8 s at this rate more than 25 mL a second still flow or not: the standard's own limit decides.
    for blow, judged in zip(part["blows"], part["judged"], strict=True):
        assert (judged["fvc"] == "acceptable") == (blow["last_second_l"] <= 0.025)
    assert {one["equations"] for one in part["expected"]} == {"gli-2012", "gli-2022", "jian-2017"}
    classes = {one["classes"]: one["result"] for one in said["classes"]["by"]}
    ratio = said["after_bronchodilator"]["fev1"]["best_l"] / said["after_bronchodilator"]["fvc"]["best_l"]
    assert (classes["star-2023"]["value"]["id"] == "not-obstructed") == (ratio >= 0.7)


def test_what_is_missing_is_named(tmp_path):
    said = measured(tmp_path, session("male", 40, None, None))["before"]["expected"]
    assert said and all(one["result"]["state"] == "not-assessable" for one in said)
    missing = {entry["input"] for one in said for entry in one["result"]["missing"]}
    assert missing == {"height_cm", "group"}


def test_what_is_no_curve_is_refused(tmp_path):
    bad = session("male", 40, 170, "caucasian")
    bad["blows"][1]["values"] = [0.0] * 500
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(bad), encoding="utf-8")
    done = subprocess.run([PROGRAM, "measure", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "blow 2" in done.stderr and "nothing was breathed out" in done.stderr
