"""Writes what pyradiomics finds on three marked scans, for `crates/volume/tests/nodule_features.rs`.

`python tests/conformance/radiomics_reference.py` (pyradiomics 3.0.1, defaults: bin width 25, no resampling).
"""

import json
import logging
import os
import pathlib

import radiomics
from radiomics import featureextractor

HERE = pathlib.Path(__file__).resolve().parent
DATA = pathlib.Path(os.environ.get("YUANYI_TEST_DATA", HERE.parents[2] / "shared" / "data"))
CASES = {
    "lung1": "imaging/ct-chest-nodule/lung1",
    "brain1": "imaging/mr-tumour/brain1",
    "breast1": "imaging/mr-tumour/breast1",
}


def main() -> None:
    logging.getLogger("radiomics").setLevel(logging.ERROR)
    found = {"program": f"pyradiomics {radiomics.__version__}", "bin_width": 25.0, "cases": {}}
    for name, path in CASES.items():
        extractor = featureextractor.RadiomicsFeatureExtractor(binWidth=25)
        values = extractor.execute(str(DATA / f"{path}_image.nrrd"), str(DATA / f"{path}_label.nrrd"))
        found["cases"][name] = {
            "path": path,
            "values": {k.removeprefix("original_"): float(v) for k, v in values.items() if k.startswith("original_")},
        }
    out = HERE.parents[1] / "crates" / "volume" / "tests" / "nodule" / "pyradiomics.json"
    out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
