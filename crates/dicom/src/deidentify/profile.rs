//! The table of PS3.15 annex E: what is done with which attribute.

use std::{collections::HashMap, sync::LazyLock};

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::{Options, graphics};

/// Table E.1-1 as data; see the head of the file for its columns and source.
const TABLE: &str = include_str!("profile.tsv");

/// What is done with one attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Removed.
    Remove,
    /// Left without a value.
    Empty,
    /// Given a value that says nothing; items of sequences are gone through.
    Dummy,
    /// Kept as it is; items of sequences are gone through.
    Keep,
    /// Replaced by another UID; items of sequences are gone through.
    Remap,
    /// Cleaned, in the way of the option that says so.
    Clean(Column),
}

/// The options that have a column in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    SafePrivate,
    Uids,
    Device,
    Institution,
    Patient,
    FullDates,
    ModifiedDates,
    Descriptors,
    Structured,
    Graphics,
}

impl Column {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "private" => Self::SafePrivate,
            "uids" => Self::Uids,
            "device" => Self::Device,
            "institution" => Self::Institution,
            "patient" => Self::Patient,
            "full-dates" => Self::FullDates,
            "modified-dates" => Self::ModifiedDates,
            "descriptors" => Self::Descriptors,
            "structured" => Self::Structured,
            "graphics" => Self::Graphics,
            _ => return None,
        })
    }

    fn is_chosen(self, options: &Options) -> bool {
        match self {
            Self::SafePrivate => options.retain_safe_private,
            Self::Uids => options.retain_uids,
            Self::Device => options.retain_device_identity,
            Self::Institution => options.retain_institution_identity,
            Self::Patient => options.retain_patient_characteristics,
            Self::ModifiedDates => options.shift_dates,
            Self::Descriptors => options.clean_descriptors,
            Self::Structured => options.clean_structured_content,
            Self::Graphics => options.clean_graphics,
            // Full dates are never kept: a date of examination finds its patient in any hospital.
            Self::FullDates => false,
        }
    }
}

struct Row {
    basic: Action,
    /// Options that change it; whether they keep (`true`) or clean.
    options: Vec<(Column, bool)>,
}

/// The table by tag.
static ROWS: LazyLock<HashMap<Tag, Row>> = LazyLock::new(|| lines().filter_map(row).collect());

fn lines() -> impl Iterator<Item = &'static str> {
    TABLE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Reads a line; the few that stand for a whole group of tags are handled in [`action`].
fn row(line: &str) -> Option<(Tag, Row)> {
    let mut columns = line.split('\t');
    let tag = crate::tag_of_key(columns.next()?)?;
    let basic = basic(columns.nth(1)?)?;
    let options = columns.next().unwrap_or("").split_whitespace();
    let options = options.filter_map(|option| {
        let (name, code) = option.split_once('=')?;
        Some((Column::of(name)?, code == "K"))
    });
    let options = options.collect();
    Some((tag, Row { basic, options }))
}

/// The one action for a code. Where a code leaves the choice to the type that the object's definition gives
/// the attribute, the choice is taken that keeps every object well formed: a dummy value does for types 1, 2
/// and 3, an empty one for types 2 and 3.
fn basic(code: &str) -> Option<Action> {
    Some(match code {
        "X" => Action::Remove,
        "Z" | "X/Z" => Action::Empty,
        "D" | "Z/D" | "X/D" | "X/Z/D" => Action::Dummy,
        "K" => Action::Keep,
        "U" | "X/Z/U*" => Action::Remap,
        _ => return None,
    })
}

/// What is done with an attribute; `None` where the table does not name it.
pub(super) fn action(tag: Tag, options: &Options) -> Option<Action> {
    // Curves and overlays are drawings over the image, in which anything may be written. No program can tell a
    // harmless drawing from a written name, so a person must have looked.
    if matches!(tag.group() & 0xff01, 0x5000 | 0x6000) {
        let was_seen = options.clean_graphics && options.pixels_vouched_for;
        return Some(if was_seen && tag.group() & 0xff01 == 0x6000 {
            graphics::overlay(tag.element())
        } else {
            Action::Remove
        });
    }
    // Without that option, a dummy in the place of graphics would be graphics that nobody drew.
    if tag == tags::GRAPHIC_ANNOTATION_SEQUENCE && !options.clean_graphics {
        return Some(Action::Remove);
    }
    if tag.group() % 2 == 1 {
        return Some(if options.retain_safe_private {
            Action::Clean(Column::SafePrivate)
        } else {
            Action::Remove
        });
    }
    let row = ROWS.get(&tag)?;
    let chosen = || {
        row.options
            .iter()
            .filter(|(column, _)| column.is_chosen(options))
    };
    if chosen().any(|(_, keeps)| *keeps) {
        return Some(Action::Keep);
    }
    let cleaned = chosen().next().map(|(column, _)| Action::Clean(*column));
    Some(cleaned.unwrap_or(row.basic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_dictionary_std::tags;

    #[test]
    fn every_line_is_understood() {
        let whole_groups = ["50xxxxxx", "60xx3000", "60xx4000", "ggggeeee"];
        let mut read = 0;
        for line in lines() {
            let tag = line.split('\t').next().unwrap();
            if whole_groups.contains(&tag) {
                continue;
            }
            let (_, row) = row(line).unwrap_or_else(|| panic!("{line}"));
            let named = line.split('\t').nth(3).unwrap_or("").split_whitespace();
            assert_eq!(row.options.len(), named.count(), "{line}");
            read += 1;
        }
        assert_eq!(read, ROWS.len(), "a tag stands twice");
        assert!(read > 400, "{read}");
    }

    #[test]
    fn options_change_what_is_done() {
        let none = Options::default();
        let all = Options {
            retain_patient_characteristics: true,
            shift_dates: true,
            retain_uids: true,
            retain_device_identity: true,
            retain_institution_identity: true,
            clean_descriptors: true,
            ..none.clone()
        };
        for (tag, basic, with_options) in [
            (tags::PATIENT_NAME, Action::Empty, Action::Empty),
            (tags::PATIENT_ID, Action::Dummy, Action::Dummy),
            (tags::PATIENT_SEX, Action::Empty, Action::Keep),
            (tags::STUDY_INSTANCE_UID, Action::Remap, Action::Keep),
            (
                tags::STUDY_DATE,
                Action::Empty,
                Action::Clean(Column::ModifiedDates),
            ),
            (
                tags::STUDY_DESCRIPTION,
                Action::Remove,
                Action::Clean(Column::Descriptors),
            ),
            (Tag(0x0010, 0x1000), Action::Remove, Action::Remove),
            (Tag(0x5002, 0x3000), Action::Remove, Action::Remove),
            (Tag(0x6002, 0x3000), Action::Remove, Action::Remove),
            (Tag(0x0009, 0x1001), Action::Remove, Action::Remove),
        ] {
            assert_eq!(action(tag, &none), Some(basic), "{tag}");
            assert_eq!(action(tag, &all), Some(with_options), "{tag}");
        }
        assert_eq!(action(tags::ROWS, &none), None);
    }
}
