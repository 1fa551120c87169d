//! Structured reports: coded and measured content stays, what people wrote goes.

use dicom_core::{PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::{InMemDicomObject, mem::InMemElement};

use super::{Deed, clean::Cleaner, text, words};
use crate::create::put;

/// The content items of a sequence that may stay, cleaned (PS3.15 section E.3.4). Text stays as far as it
/// consists of harmless words; names of persons go; dates stay where dates are moved.
pub(super) fn items(
    cleaner: &mut Cleaner<'_>,
    element: &InMemElement,
    at: &str,
) -> Vec<InMemDicomObject> {
    let mut kept = Vec::new();
    for (number, item) in (1_u32..).zip(element.items().unwrap_or_default()) {
        let path = format!("{at}/{number}/");
        let stays = match text(item, tags::VALUE_TYPE).as_str() {
            "TEXT" => {
                let harmless = words::harmless(&text(item, tags::TEXT_VALUE));
                if !harmless.is_empty() {
                    let mut item = cleaner.data_set(item, &path);
                    let value = PrimitiveValue::from(harmless);
                    put(&mut item, tags::TEXT_VALUE, VR::UT, value);
                    kept.push(item);
                    let deeds = cleaner.report.done.entry(Deed::Cleaned).or_default();
                    deeds.push(path);
                    continue;
                }
                false
            }
            "DATE" | "TIME" | "DATETIME" => cleaner.options.shift_dates,
            // Without a value type it refers to another item of the report.
            "" | "CONTAINER" | "CODE" | "NUM" | "IMAGE" | "COMPOSITE" | "WAVEFORM" | "UIDREF"
            | "SCOORD" | "SCOORD3D" | "TCOORD" | "TABLE" => true,
            _ => false,
        };
        if stays {
            kept.push(cleaner.data_set(item, &path));
        } else {
            let removed = cleaner.report.done.entry(Deed::Removed).or_default();
            removed.push(path);
        }
    }
    kept
}
