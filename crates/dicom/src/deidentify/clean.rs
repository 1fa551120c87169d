use dicom_core::{
    DataDictionary as _, DataElement, PrimitiveValue, Tag, VR,
    dictionary::DataDictionaryEntry as _,
    value::{DataSetSequence, Value},
};
use dicom_dictionary_std::{StandardDataDictionary, tags};
use dicom_object::{InMemDicomObject, mem::InMemElement};

use super::{
    Deed, Options, ProjectKey, Report, graphics, private,
    profile::{self, Action, Column},
    structured, value, words,
};
use crate::tag_key;

/// UIDs that name a kind of thing, not a thing: classes, syntaxes, schemes. The profile leaves them alone.
const KINDS: &[Tag] = &[
    tags::SOP_CLASS_UID,
    tags::REFERENCED_SOP_CLASS_UID,
    tags::RELATED_GENERAL_SOP_CLASS_UID,
    tags::ORIGINAL_SPECIALIZED_SOP_CLASS_UID,
    tags::SOP_CLASSES_IN_STUDY,
    tags::SOP_CLASSES_SUPPORTED,
    tags::CODING_SCHEME_UID,
    tags::CONTEXT_UID,
    tags::MAPPING_RESOURCE_UID,
];
/// The root of UIDs that the standard itself gives.
const STANDARD: &str = "1.2.840.10008.";

/// Goes through an object and makes its de-identified form.
pub(super) struct Cleaner<'a> {
    pub key: &'a ProjectKey,
    pub pseudonym: String,
    pub days: i64,
    pub options: &'a Options,
    pub report: &'a mut Report,
}

impl Cleaner<'_> {
    /// The de-identified form of a data set or item; `path` is where it lies.
    pub(super) fn data_set(&mut self, object: &InMemDicomObject, path: &str) -> InMemDicomObject {
        let mut out = InMemDicomObject::new_empty();
        for element in object {
            let tag = element.header().tag;
            // Group lengths are worked out anew, and text is written in UTF-8 whatever it was.
            if tag.element() == 0 || tag == tags::SPECIFIC_CHARACTER_SET {
                continue;
            }
            let at = format!("{path}{}", tag_key(tag));
            if let Some(kept) = self.element(object, element, &at) {
                out.put(kept);
            }
        }
        out
    }

    fn note(&mut self, deed: Deed, at: &str) {
        self.report
            .done
            .entry(deed)
            .or_default()
            .push(at.to_owned());
    }

    fn element(
        &mut self,
        object: &InMemDicomObject,
        element: &InMemElement,
        at: &str,
    ) -> Option<InMemElement> {
        let tag = element.header().tag;
        if matches!(tag, tags::PATIENT_NAME | tags::PATIENT_ID) {
            self.note(Deed::Replaced, at);
            let pseudonym = PrimitiveValue::from(self.pseudonym.as_str());
            return Some(DataElement::new(tag, vr_of(element), pseudonym));
        }
        let Some(action) = profile::action(tag, self.options).or_else(|| self.unlisted(element))
        else {
            self.note(Deed::Unknown, at);
            return None;
        };
        match action {
            Action::Remove => {
                self.note(Deed::Removed, at);
                None
            }
            Action::Empty => {
                self.note(Deed::Emptied, at);
                Some(emptied(element))
            }
            Action::Dummy if vr_of(element) == VR::SQ => Some(self.items(element, at)),
            Action::Dummy => {
                self.note(Deed::Replaced, at);
                let vr = vr_of(element);
                let value = if vr == VR::UI {
                    return Some(self.remapped(element));
                } else {
                    value::dummy(vr)
                };
                Some(DataElement::new(tag, vr, value))
            }
            Action::Keep => self.kept(element, at),
            Action::Remap if element.items().is_some() => Some(self.items(element, at)),
            Action::Remap => {
                self.note(Deed::Remapped, at);
                Some(self.remapped(element))
            }
            Action::Clean(column) => self.cleaned(column, object, element, at),
        }
    }

    /// What is done with an attribute that the profile does not name. It names those that were known to
    /// identify when it was written; what is free text, a person, a time or unknown is taken out all the
    /// same. `None`: nobody knows what it holds.
    fn unlisted(&self, element: &InMemElement) -> Option<Action> {
        let tag = element.header().tag;
        StandardDataDictionary.by_tag(tag)?;
        Some(match element.vr() {
            VR::UN => return None,
            VR::DA | VR::DT | VR::TM if self.options.shift_dates => {
                Action::Clean(Column::ModifiedDates)
            }
            VR::PN | VR::DA | VR::DT | VR::TM => Action::Empty,
            VR::ST | VR::LT | VR::UT | VR::UR => Action::Remove,
            VR::UI if !self.options.retain_uids && !KINDS.contains(&tag) => Action::Remap,
            _ => Action::Keep,
        })
    }

    /// A sequence with its items gone through.
    fn items(&mut self, element: &InMemElement, at: &str) -> InMemElement {
        let items: Vec<InMemDicomObject> = (1_u32..)
            .zip(element.items().unwrap_or_default())
            .map(|(number, item)| self.data_set(item, &format!("{at}/{number}/")))
            .collect();
        sequence(element.header().tag, items)
    }

    fn kept(&mut self, element: &InMemElement, at: &str) -> Option<InMemElement> {
        let tag = element.header().tag;
        if element.items().is_some() {
            return Some(self.items(element, at));
        }
        // A value whose form is not known cannot be looked through.
        if element.vr() == VR::UN && tag.group() % 2 == 0 {
            self.note(Deed::Unknown, at);
            return None;
        }
        if tag == tags::PATIENT_AGE
            && let Some(age) = element.to_str().ok().and_then(|text| value::age(&text))
        {
            return Some(DataElement::new(tag, VR::AS, PrimitiveValue::from(age)));
        }
        Some(copy(element))
    }

    /// The UIDs of an element replaced, but for those that the standard itself gives.
    fn remapped(&self, element: &InMemElement) -> InMemElement {
        let values = element.to_multi_str().unwrap_or_default();
        let remapped: Vec<String> = values
            .iter()
            .map(|uid| match uid.trim_matches([' ', '\0']) {
                "" => String::new(),
                uid if uid.starts_with(STANDARD) => uid.to_owned(),
                uid => self.key.uid(uid).as_str().to_owned(),
            })
            .collect();
        let value = if remapped.is_empty() {
            PrimitiveValue::Empty
        } else {
            PrimitiveValue::Strs(remapped.into())
        };
        DataElement::new(element.header().tag, VR::UI, value)
    }

    fn cleaned(
        &mut self,
        column: Column,
        object: &InMemDicomObject,
        element: &InMemElement,
        at: &str,
    ) -> Option<InMemElement> {
        match column {
            Column::SafePrivate if private::is_safe(object, element.header().tag) => {
                self.kept(element, at)
            }
            Column::SafePrivate => {
                self.note(Deed::Removed, at);
                None
            }
            Column::ModifiedDates => Some(self.shifted(element, at)),
            Column::Structured => {
                let items = structured::items(self, element, at);
                Some(sequence(element.header().tag, items))
            }
            Column::Graphics if element.items().is_some() => {
                let items = graphics::annotations(self, element, at);
                // Annotations without any are not well formed.
                (!items.is_empty()).then(|| sequence(element.header().tag, items))
            }
            _ if element.items().is_some() => Some(self.items(element, at)),
            _ => Some(self.in_harmless_words(element, at)),
        }
    }

    /// Dates moved; values that are no dates go.
    fn shifted(&mut self, element: &InMemElement, at: &str) -> InMemElement {
        let vr = vr_of(element);
        let values = element.to_multi_str().unwrap_or_default();
        let moved: Option<Vec<String>> = values
            .iter()
            .map(|text| value::shifted(vr, text, self.days))
            .collect();
        if let Some(moved) = moved.filter(|moved| !moved.is_empty()) {
            self.note(Deed::Shifted, at);
            let value = PrimitiveValue::Strs(moved.into());
            DataElement::new(element.header().tag, vr, value)
        } else {
            self.note(Deed::Emptied, at);
            emptied(element)
        }
    }

    fn in_harmless_words(&mut self, element: &InMemElement, at: &str) -> InMemElement {
        self.note(Deed::Cleaned, at);
        let text = element.to_str().unwrap_or_default();
        let left = words::harmless(&text);
        let value = if left.is_empty() {
            PrimitiveValue::Empty
        } else {
            PrimitiveValue::from(left)
        };
        DataElement::new(element.header().tag, vr_of(element), value)
    }
}

/// The value representation; that of the dictionary where the object leaves it open.
fn vr_of(element: &InMemElement) -> VR {
    match element.vr() {
        VR::UN => StandardDataDictionary
            .by_tag(element.header().tag)
            .map_or(VR::UN, |entry| entry.vr().relaxed()),
        vr => vr,
    }
}

fn emptied(element: &InMemElement) -> InMemElement {
    match vr_of(element) {
        VR::SQ => sequence(element.header().tag, Vec::new()),
        vr => DataElement::new(element.header().tag, vr, PrimitiveValue::Empty),
    }
}

fn sequence(tag: Tag, items: Vec<InMemDicomObject>) -> InMemElement {
    DataElement::new(tag, VR::SQ, DataSetSequence::from(items))
}

/// The element with its lengths worked out anew.
fn copy(element: &InMemElement) -> InMemElement {
    match element.value() {
        Value::Primitive(value) => {
            DataElement::new(element.header().tag, element.vr(), value.clone())
        }
        _ => element.clone(),
    }
}
