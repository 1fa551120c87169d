"""The table of PS3.15 annex E against what other programs make of it."""

import pytest
from conftest import ROOT
from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as peer

TABLE = ROOT / "crates/dicom/src/deidentify/profile.tsv"
LISTS = {
    "D": "D_TAGS", "Z": "Z_TAGS", "X": "X_TAGS", "U": "U_TAGS", "Z/D": "Z_D_TAGS", "X/Z": "X_Z_TAGS",
    "X/D": "X_D_TAGS", "X/Z/D": "X_Z_D_TAGS", "X/Z/U*": "X_Z_U_STAR_TAGS",
}


def rows() -> dict[str, tuple[str, dict[str, str]]]:
    found = {}
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            tag, _, action, *options = line.split("\t")
            assert tag not in found, tag
            found[tag] = action, dict(option.split("=") for option in " ".join(options).split())
    return found


def test_the_basic_actions_are_those_of_dicom_anonymizer():
    theirs = {}
    for action, name in LISTS.items():
        for tag in getattr(peer, name):
            # Those with masks stand for whole groups, which the program handles in code.
            if len(tag) == 2:
                theirs["%04x%04x" % tag] = action
    ours = {tag: action for tag, (action, _) in rows().items()}
    differences = {tag: (ours.get(tag), theirs.get(tag))
                   for tag in ours.keys() | theirs.keys() if ours.get(tag) != theirs.get(tag)}
    assert differences == {}


def test_options_keep_or_clean_and_nothing_else():
    names = {"private", "uids", "device", "institution", "patient", "full-dates", "modified-dates", "descriptors",
             "structured", "graphics"}
    for tag, (_, options) in rows().items():
        assert options.keys() <= names and set(options.values()) <= {"K", "C"}, tag
        assert ("full-dates" in options) == ("modified-dates" in options), tag


def test_the_options_are_those_that_idiscore_reads_from_the_standard():
    """idiscore (GPL-3.0) is no part of the requirements; where somebody has installed it, it is asked."""
    public = pytest.importorskip("idiscore._public_dicom")
    columns = {"UIDs": "uids", "Device": "device", "Institution": "institution", "Patient": "patient",
               "Full Dates": "full-dates", "Modified Dates": "modified-dates", "Descriptors": "descriptors",
               "Structured": "structured"}
    theirs: dict[str, dict[str, str]] = {}
    sets = [one for one in vars(public).values() if isinstance(one, public.RawNemaRuleSet)]
    for column in columns:
        [rules] = [one.rules for one in sets if column in one.name and "Basic" not in one.name]
        for identifier, action in rules:
            if isinstance(identifier, public.SingleTag):
                options = theirs.setdefault("%04x%04x" % (identifier.tag.group, identifier.tag.elem), {})
                options[columns[column]] = action.key
    ours = rows()
    differences = {tag: (ours[tag][1], options) for tag, options in theirs.items()
                   if tag in ours and ours[tag][1] != options}
    assert differences == {}
