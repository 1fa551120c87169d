//! Private attributes that are known to be safe.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use dicom_core::Tag;
use dicom_object::InMemDicomObject;

/// PS3.15 table E.3.10-1 as data; see the head of the file.
const TABLE: &str = include_str!("private.tsv");

/// Creator and group, to the last two digits of the elements.
static SAFE: LazyLock<HashMap<(&str, u16), HashSet<u8>>> = LazyLock::new(|| {
    let lines = TABLE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.filter_map(line).collect()
});

fn line(line: &str) -> Option<((&str, u16), HashSet<u8>)> {
    let mut columns = line.split('\t');
    let (creator, group, elements) = (columns.next()?, columns.next()?, columns.next()?);
    let group = u16::from_str_radix(group, 16).ok()?;
    let elements: Option<HashSet<u8>> = elements
        .split_whitespace()
        .map(|element| u8::from_str_radix(element, 16).ok())
        .collect();
    Some(((creator, group), elements?))
}

/// Whether a private attribute of this data set may stay: it is on the list under its creator, or it names
/// a creator of which something is on the list in this group.
pub(super) fn is_safe(object: &InMemDicomObject, tag: Tag) -> bool {
    let creator_at = if tag.element() <= 0xff {
        tag
    } else {
        Tag(tag.group(), tag.element() >> 8)
    };
    if !(0x10..=0xff).contains(&creator_at.element()) {
        return false;
    }
    let creator = super::text(object, creator_at);
    let Some(elements) = SAFE.get(&(creator.as_str(), tag.group())) else {
        return false;
    };
    let last = u8::try_from(tag.element() & 0xff).unwrap_or_default();
    creator_at == tag || elements.contains(&last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::create::put;
    use dicom_core::VR;

    #[test]
    fn every_line_is_understood() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(lines.count(), SAFE.len());
    }

    #[test]
    fn only_what_is_listed_under_its_creator_is_safe() {
        let mut object = InMemDicomObject::new_empty();
        put(
            &mut object,
            Tag(0x7053, 0x0011),
            VR::LO,
            "Philips PET Private Group",
        );
        put(&mut object, Tag(0x7053, 0x0012), VR::LO, "Somebody");
        for (tag, safe) in [
            (Tag(0x7053, 0x1100), true),
            (Tag(0x7053, 0x1109), true),
            (Tag(0x7053, 0x1101), false),
            (Tag(0x7053, 0x0011), true),
            (Tag(0x7053, 0x0012), false),
            (Tag(0x7053, 0x1200), false),
            (Tag(0x7053, 0x1000), false),
            (Tag(0x0009, 0x1109), false),
            (Tag(0x7053, 0x0001), false),
        ] {
            assert_eq!(is_safe(&object, tag), safe, "{tag}");
        }
    }
}
