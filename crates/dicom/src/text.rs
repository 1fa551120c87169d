//! Text of data sets that switch between character sets (PS3.5 section 6.1.2.5).
//!
//! The library below decodes single character sets. Where Specific Character Set has several values, it
//! decodes with the first; this module takes that back and reads the escape sequences.

use std::borrow::Cow;

use dicom_core::{DataElement, PrimitiveValue, Tag, VR, value::Value};
use dicom_dictionary_std::tags;
use dicom_encoding::text::{SpecificCharacterSet, TextCodec as _};
use dicom_object::{InMemDicomObject, mem::InMemElement};

use crate::index::is_text;

/// Escape sequences (without ESC), and the character set they switch to.
const ESCAPES: &[(&[u8], &str)] = &[
    (b"(B", "ISO_IR 6"),
    (b"-A", "ISO_IR 100"),
    (b"-B", "ISO_IR 101"),
    (b"-C", "ISO_IR 109"),
    (b"-D", "ISO_IR 110"),
    (b"-F", "ISO_IR 126"),
    (b"-G", "ISO_IR 127"),
    (b"-H", "ISO_IR 138"),
    (b"-L", "ISO_IR 144"),
    (b"-T", "ISO_IR 166"),
    (b"(J", "ISO_IR 13"),
    (b")I", "ISO_IR 13"),
    (b"$B", "ISO_IR 87"),
    (b"$)C", "ISO_IR 149"),
    (b"$)A", "GBK"),
];

const ESC: u8 = 0x1b;

/// Replaces all text of the object, nested items included, by what its character sets say. Does nothing
/// where one character set is declared, since such text is right already.
pub(crate) fn decode(object: &mut InMemDicomObject) {
    decode_inherited(object, None);
}

/// The values of Specific Character Set.
fn declared(object: &InMemDicomObject) -> Option<Vec<String>> {
    let text = object
        .get(tags::SPECIFIC_CHARACTER_SET)?
        .to_multi_str()
        .ok()?;
    Some(text.iter().map(|value| value.trim().to_owned()).collect())
}

fn decode_inherited(object: &mut InMemDicomObject, above: Option<&[String]>) {
    let own = declared(object);
    let sets = own.as_deref().or(above);
    let several = sets.filter(|sets| sets.len() > 1);
    let tags: Vec<(Tag, VR)> = object.iter().map(|e| (e.header().tag, e.vr())).collect();
    for (tag, vr) in tags {
        if vr == VR::SQ {
            object.update_value(tag, |value| {
                if let Some(items) = value.items_mut() {
                    for item in items {
                        decode_inherited(item, sets);
                    }
                }
            });
        } else if let (true, Some(sets)) = (is_text(vr), several)
            && let Some(element) = object.get(tag).and_then(|element| decoded(element, sets))
        {
            object.put(element);
        }
    }
}

/// The element with its text decoded anew, if that can be done without loss.
fn decoded(element: &InMemElement, sets: &[String]) -> Option<InMemElement> {
    let Value::Primitive(value) = element.value() else {
        return None;
    };
    let text: Cow<'_, str> = match value {
        PrimitiveValue::Strs(parts) => parts.join("\\").into(),
        PrimitiveValue::Str(text) => text.as_str().into(),
        _ => return None,
    };
    let first = sets.first().map_or("", String::as_str);
    let bytes = match character_set(first) {
        // The library reads what it does not know as Latin-1, one character a byte.
        None | Some(SpecificCharacterSet::ISO_IR_6) => text
            .chars()
            .map(|c| u8::try_from(u32::from(c)))
            .collect::<Result<Vec<u8>, _>>()
            .ok()?,
        Some(set) => set.encode(&text).ok()?,
    };
    let text = read(&bytes, first);
    let value = match value {
        PrimitiveValue::Strs(_) => {
            PrimitiveValue::Strs(text.split('\\').map(ToOwned::to_owned).collect())
        }
        _ => PrimitiveValue::Str(text),
    };
    Some(DataElement::new(element.header().tag, element.vr(), value))
}

fn character_set(name: &str) -> Option<SpecificCharacterSet> {
    if name.is_empty() {
        None
    } else {
        SpecificCharacterSet::from_code(name)
    }
}

/// Reads bytes with escape sequences. Each delimiter goes back to the first character set.
fn read(bytes: &[u8], first: &str) -> String {
    let initial = character_set(first).unwrap_or(SpecificCharacterSet::ISO_IR_6);
    let mut out = String::new();
    // Where the run that is not read yet begins, and by what it is to be read.
    let mut run: Vec<u8> = Vec::new();
    let mut set = initial.clone();
    let mut double_byte = false;
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        if byte == ESC
            && let Some((sequence, name)) = ESCAPES
                .iter()
                .find(|(sequence, _)| after.starts_with(sequence))
        {
            flush(&mut out, &mut run, &set);
            set = character_set(name).unwrap_or_else(|| initial.clone());
            double_byte = *sequence == b"$B";
            if double_byte {
                // The decoder of this set is told by the escape sequence itself.
                run.push(ESC);
                run.extend_from_slice(sequence);
            }
            rest = after.get(sequence.len()..).unwrap_or_default();
            continue;
        }
        let delimiter = matches!(byte, b'\\' | b'^' | b'=' | b'\r' | b'\n' | b'\t' | 0x0c);
        if delimiter && !double_byte {
            flush(&mut out, &mut run, &set);
            set = initial.clone();
        }
        run.push(byte);
        rest = after;
    }
    flush(&mut out, &mut run, &set);
    out
}

/// Reads a run by its character set.
fn flush(out: &mut String, run: &mut Vec<u8>, set: &SpecificCharacterSet) {
    match set.decode(run) {
        Ok(text) => out.push_str(&text),
        Err(_) => out.push_str(&String::from_utf8_lossy(run)),
    }
    run.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    // The examples of PS3.5 annexes H, I and K.
    #[test]
    fn escape_sequences_are_read() {
        for (bytes, first, text) in [
            (
                b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B".as_slice(),
                "",
                "Yamada^Tarou=山田^太郎=やまだ^たろう",
            ),
            (
                b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
                "",
                "Hong^Gildong=洪^吉洞=홍^길동",
            ),
            (
                b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
                "",
                "Zhang^XiaoDong=张^小东=",
            ),
        ] {
            assert_eq!(read(bytes, first), text);
        }
    }
}
