//! Elements whose representation was lost on the way (`UN`), although their attribute is known.
//!
//! Such values are in little endian, as in implicit form (PS3.5 section 6.2.2, note 2). Archives make them out
//! of files that they do not understand.

use dicom_core::{
    DataDictionary as _, DataElement, PrimitiveValue, Tag, VR, dictionary::DataDictionaryEntry as _,
};
use dicom_dictionary_std::StandardDataDictionary;
use dicom_object::InMemDicomObject;

/// Gives the outermost elements of unknown representation the one of their attribute.
pub(crate) fn resolve(object: &mut InMemDicomObject) {
    let unknown: Vec<Tag> = object
        .iter()
        .filter(|element| element.vr() == VR::UN)
        .map(|element| element.header().tag)
        .collect();
    for tag in unknown {
        let Some(entry) = StandardDataDictionary.by_tag(tag) else {
            continue;
        };
        let vr = entry.vr().relaxed();
        let bytes = object.get(tag).and_then(|element| element.to_bytes().ok());
        if let Some(value) = bytes.and_then(|bytes| value(vr, &bytes)) {
            object.put(DataElement::new(tag, vr, value));
        }
    }
}

/// A value of this representation; none where it is not one that is looked at.
fn value(vr: VR, bytes: &[u8]) -> Option<PrimitiveValue> {
    use VR::{AE, AS, CS, DA, DS, DT, IS, LO, LT, PN, SH, SL, SS, ST, TM, UC, UI, UL, UR, US, UT};
    Some(match vr {
        US => PrimitiveValue::U16(numbers(bytes, u16::from_le_bytes).into()),
        SS => PrimitiveValue::I16(numbers(bytes, i16::from_le_bytes).into()),
        UL => PrimitiveValue::U32(numbers(bytes, u32::from_le_bytes).into()),
        SL => PrimitiveValue::I32(numbers(bytes, i32::from_le_bytes).into()),
        AE | AS | CS | DA | DS | DT | IS | TM | UI | UR => {
            let text = str::from_utf8(bytes).ok()?;
            let values = text.split('\\').map(str::to_owned);
            PrimitiveValue::Strs(values.collect())
        }
        // Text that may follow a character set is taken where it needs none.
        LO | LT | PN | SH | ST | UC | UT if bytes.is_ascii() => {
            PrimitiveValue::Str(str::from_utf8(bytes).ok()?.to_owned())
        }
        _ => return None,
    })
}

fn numbers<const N: usize, T>(bytes: &[u8], of: impl Fn([u8; N]) -> T) -> Vec<T> {
    let (words, _) = bytes.as_chunks();
    words.iter().map(|word| of(*word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_dictionary_std::tags;

    #[test]
    fn known_attributes_are_read_and_others_kept() {
        let private = Tag(0x0029, 0x1010);
        let mut object = InMemDicomObject::new_empty();
        for (tag, bytes) in [
            (tags::ROWS, b"\0\x02".as_slice()),
            (tags::STUDY_INSTANCE_UID, b"1.2.3\0"),
            (tags::IMAGE_TYPE, b"ORIGINAL\\PRIMARY"),
            (private, b"\x01\x02"),
        ] {
            let value = PrimitiveValue::from(bytes);
            object.put(DataElement::new(tag, VR::UN, value));
        }
        resolve(&mut object);
        assert_eq!(
            object.get(tags::ROWS).unwrap().to_int::<u16>().unwrap(),
            512
        );
        let uid = object.get(tags::STUDY_INSTANCE_UID).unwrap();
        assert_eq!(uid.to_str().unwrap(), "1.2.3");
        assert_eq!(
            object.get(tags::IMAGE_TYPE).unwrap().value().multiplicity(),
            2
        );
        assert_eq!(object.get(private).unwrap().vr(), VR::UN);
    }
}
