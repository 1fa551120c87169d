//! Encapsulated documents and models: PDF, STL, OBJ.

use dicom_core::{PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;

use super::{
    Code, CreateError, MadeHere, Person, Study, common, derived_uid, file, marks::series, put,
    put_items,
};

/// What is put into an object as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// A PDF.
    Pdf,
    /// A model for manufacturing, as binary STL.
    Stl,
    /// A model for manufacturing, as OBJ.
    Obj,
}

impl DocumentKind {
    fn class(self) -> &'static str {
        match self {
            Self::Pdf => uids::ENCAPSULATED_PDF_STORAGE,
            Self::Stl => uids::ENCAPSULATED_STL_STORAGE,
            Self::Obj => uids::ENCAPSULATED_OBJ_STORAGE,
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Stl => "model/stl",
            Self::Obj => "model/obj",
        }
    }

    /// Whether the bytes begin as this kind does.
    fn fits(self, bytes: &[u8]) -> bool {
        match self {
            Self::Pdf => bytes.starts_with(b"%PDF-"),
            // Eighty bytes of header, the number of triangles, and fifty bytes for each.
            Self::Stl => bytes
                .get(80..84)
                .and_then(|count| count.first_chunk::<4>())
                .map(|count| u64::from(u32::from_le_bytes(*count)))
                .is_some_and(|count| bytes.len() as u64 == 84 + 50 * count),
            Self::Obj => std::str::from_utf8(bytes)
                .is_ok_and(|text| text.lines().any(|line| line.starts_with("v "))),
        }
    }
}

/// A document to be put into an object.
#[derive(Clone, Debug)]
pub struct NewDocument {
    /// What it is.
    pub kind: DocumentKind,
    /// Its title.
    pub title: String,
    /// Its bytes. Coordinates of models are in millimetres, DICOM LPS.
    pub bytes: Vec<u8>,
    /// For a model: the frame of reference of the images that it was made from.
    pub frame_of_reference: Option<vocabulary::Uid>,
    /// The images that it was made from, as SOP class and instance UIDs.
    pub sources: Vec<[vocabulary::Uid; 2]>,
}

/// Puts a document into an object of the study, as a whole file.
pub fn document(
    person: &Person,
    study: &Study,
    new: NewDocument,
    made: &MadeHere,
) -> Result<Vec<u8>, CreateError> {
    if !new.kind.fits(&new.bytes) {
        return Err(CreateError::NotThatKind(new.kind.media_type()));
    }
    let length =
        u32::try_from(new.bytes.len()).map_err(|_| CreateError::TooLarge("the document"))?;
    let instance = derived_uid(&[made.series.as_str(), "document"]);
    let mut object = common(person, study, new.kind.class(), &instance);
    // A page may name its patient; a surface that was made here does not.
    let (modality, burned_in) = if new.kind == DocumentKind::Pdf {
        ("DOC", "YES")
    } else {
        ("M3D", "NO")
    };
    series(&mut object, modality, made);
    for (tag, vr, value) in [
        (tags::CONVERSION_TYPE, VR::CS, "WSD"),
        (tags::BURNED_IN_ANNOTATION, VR::CS, burned_in),
        (tags::DOCUMENT_TITLE, VR::ST, &new.title),
        (
            tags::MIME_TYPE_OF_ENCAPSULATED_DOCUMENT,
            VR::LO,
            new.kind.media_type(),
        ),
        (tags::ACQUISITION_DATE_TIME, VR::DT, ""),
    ] {
        put(&mut object, tag, vr, value);
    }
    put_items(&mut object, tags::CONCEPT_NAME_CODE_SEQUENCE, vec![]);
    if !new.sources.is_empty() {
        let sources = new.sources.iter().map(source).collect();
        put_items(&mut object, tags::SOURCE_INSTANCE_SEQUENCE, sources);
    }
    if new.kind != DocumentKind::Pdf {
        model(&mut object, &new);
    }
    let length = PrimitiveValue::from(length);
    put(
        &mut object,
        tags::ENCAPSULATED_DOCUMENT_LENGTH,
        VR::UL,
        length,
    );
    let mut bytes = new.bytes;
    if bytes.len() % 2 == 1 {
        bytes.push(0);
    }
    let bytes = PrimitiveValue::U8(bytes.into());
    put(&mut object, tags::ENCAPSULATED_DOCUMENT, VR::OB, bytes);
    file(object)
}

fn source([class, instance]: &[vocabulary::Uid; 2]) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    for (tag, uid) in [
        (tags::REFERENCED_SOP_CLASS_UID, class),
        (tags::REFERENCED_SOP_INSTANCE_UID, instance),
    ] {
        put(&mut item, tag, VR::UI, uid.as_str());
    }
    item
}

/// Units and frame of a model (Manufacturing 3D Model module).
fn model(object: &mut InMemDicomObject, new: &NewDocument) {
    let millimetre = Code::ucum("mm", "millimeter");
    put_items(
        object,
        tags::MEASUREMENT_UNITS_CODE_SEQUENCE,
        vec![millimetre.item()],
    );
    put(object, tags::MODEL_MODIFICATION, VR::CS, "NO");
    put(object, tags::MODEL_MIRRORING, VR::CS, "NO");
    if let Some(frame) = &new.frame_of_reference {
        put(object, tags::FRAME_OF_REFERENCE_UID, VR::UI, frame.as_str());
        put(object, tags::POSITION_REFERENCE_INDICATOR, VR::LO, "");
    }
}
