//! Graphics on pictures: lines stay, words go but for harmless ones (PS3.15 section E.3.3).

use dicom_core::{PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::{InMemDicomObject, mem::InMemElement};

use super::{
    Deed,
    clean::Cleaner,
    profile::{Action, Column},
    text, words,
};
use crate::create::{put, put_items};

/// The annotations of a presentation state that may stay, cleaned. One without graphics and without harmless words
/// says nothing, and goes.
pub(super) fn annotations(
    cleaner: &mut Cleaner<'_>,
    element: &InMemElement,
    at: &str,
) -> Vec<InMemDicomObject> {
    let mut kept = Vec::new();
    for (number, item) in (1_u32..).zip(element.items().unwrap_or_default()) {
        let path = format!("{at}/{number}/");
        let mut clean = cleaner.data_set(item, &path);
        let words = texts(cleaner, item, &path);
        let has_words = !words.is_empty();
        clean.remove_element(tags::TEXT_OBJECT_SEQUENCE);
        if has_words {
            put_items(&mut clean, tags::TEXT_OBJECT_SEQUENCE, words);
        }
        let graphics = clean.get(tags::GRAPHIC_OBJECT_SEQUENCE);
        let has_graphics = graphics.and_then(|graphics| graphics.items());
        if has_words || has_graphics.is_some_and(|graphics| !graphics.is_empty()) {
            kept.push(clean);
        } else {
            cleaner
                .report
                .done
                .entry(Deed::Removed)
                .or_default()
                .push(path);
        }
    }
    kept
}

/// The texts of an annotation, cut down to harmless words.
fn texts(cleaner: &mut Cleaner<'_>, item: &InMemDicomObject, path: &str) -> Vec<InMemDicomObject> {
    let texts = item.get(tags::TEXT_OBJECT_SEQUENCE);
    let texts = texts.and_then(|texts| texts.items()).unwrap_or_default();
    let mut kept = Vec::new();
    for (number, item) in (1_u32..).zip(texts) {
        let path = format!("{path}00700008/{number}/");
        let left = words::harmless(&text(item, tags::UNFORMATTED_TEXT_VALUE));
        if left.is_empty() {
            cleaner
                .report
                .done
                .entry(Deed::Removed)
                .or_default()
                .push(path);
            continue;
        }
        let mut clean = cleaner.data_set(item, &path);
        let left = PrimitiveValue::from(left);
        put(&mut clean, tags::UNFORMATTED_TEXT_VALUE, VR::ST, left);
        cleaner
            .report
            .done
            .entry(Deed::Cleaned)
            .or_default()
            .push(path);
        kept.push(clean);
    }
    kept
}

/// What is done with an element of an overlay that somebody has looked at: its drawing stays, its words are
/// cleaned.
pub(super) fn overlay(element: u16) -> Action {
    match element {
        // Rows, columns, frames, type, origin, place and form of the bits, the bits, and figures of a region.
        0x0010
        | 0x0011
        | 0x0015
        | 0x0040
        | 0x0045
        | 0x0050
        | 0x0051
        | 0x0100
        | 0x0102
        | 0x1301..=0x1303
        | 0x3000 => Action::Keep,
        // Description and label.
        0x0022 | 0x1500 => Action::Clean(Column::Graphics),
        _ => Action::Remove,
    }
}
