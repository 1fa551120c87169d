//! Which objects are taken, by their class and transfer syntax.

use dicom_dictionary_std::uids;

/// Transfer syntaxes whose data sets can be read and are kept as they are.
#[expect(
    deprecated,
    reason = "big endian is retired, and old archives still send it"
)]
pub const TRANSFER_SYNTAXES: &[&str] = &[
    uids::EXPLICIT_VR_LITTLE_ENDIAN,
    uids::IMPLICIT_VR_LITTLE_ENDIAN,
    uids::EXPLICIT_VR_BIG_ENDIAN,
    uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    uids::ENCAPSULATED_UNCOMPRESSED_EXPLICIT_VR_LITTLE_ENDIAN,
    uids::DEFLATED_IMAGE_FRAME_COMPRESSION,
    uids::RLE_LOSSLESS,
    uids::JPEG_BASELINE8_BIT,
    uids::JPEG_EXTENDED12_BIT,
    uids::JPEG_LOSSLESS,
    uids::JPEG_LOSSLESS_SV1,
    uids::JPEGLS_LOSSLESS,
    uids::JPEGLS_NEAR_LOSSLESS,
    uids::JPEG2000_LOSSLESS,
    uids::JPEG2000,
    uids::JPEG2000MC_LOSSLESS,
    uids::JPEG2000MC,
    uids::HTJ2K_LOSSLESS,
    uids::HTJ2K_LOSSLESS_RPCL,
    uids::HTJ2K,
    uids::JPEGXL_LOSSLESS,
    uids::JPEGXLJPEG_RECOMPRESSION,
    uids::JPEGXL,
    uids::MPEG2MPML,
    uids::MPEG2MPHL,
    uids::MPEG4HP41,
    uids::MPEG4HP41BD,
    uids::MPEG4HP422D,
    uids::MPEG4HP423D,
    uids::MPEG4HP42STEREO,
    uids::HEVCMP51,
    uids::HEVCM10P51,
];

/// Classes that a retrieval asks for where nobody says which the objects have.
pub const USUAL_CLASSES: &[&str] = &[
    uids::CT_IMAGE_STORAGE,
    uids::ENHANCED_CT_IMAGE_STORAGE,
    uids::MR_IMAGE_STORAGE,
    uids::ENHANCED_MR_IMAGE_STORAGE,
    uids::COMPUTED_RADIOGRAPHY_IMAGE_STORAGE,
    uids::DIGITAL_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION,
    uids::DIGITAL_MAMMOGRAPHY_X_RAY_IMAGE_STORAGE_FOR_PRESENTATION,
    uids::X_RAY_ANGIOGRAPHIC_IMAGE_STORAGE,
    uids::ULTRASOUND_IMAGE_STORAGE,
    uids::ULTRASOUND_MULTI_FRAME_IMAGE_STORAGE,
    uids::SECONDARY_CAPTURE_IMAGE_STORAGE,
    uids::NUCLEAR_MEDICINE_IMAGE_STORAGE,
    uids::POSITRON_EMISSION_TOMOGRAPHY_IMAGE_STORAGE,
    uids::SEGMENTATION_STORAGE,
    uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE,
    uids::BASIC_TEXT_SR_STORAGE,
    uids::ENHANCED_SR_STORAGE,
    uids::COMPREHENSIVE_SR_STORAGE,
    uids::KEY_OBJECT_SELECTION_DOCUMENT_STORAGE,
    uids::ENCAPSULATED_PDF_STORAGE,
    uids::RT_STRUCTURE_SET_STORAGE,
    uids::RT_DOSE_STORAGE,
    uids::RT_PLAN_STORAGE,
];

/// Storage classes outside of the branch that classes of composite objects are made in.
const NON_PATIENT_STORAGE: &[&str] = &[
    uids::HANGING_PROTOCOL_STORAGE,
    uids::COLOR_PALETTE_STORAGE,
    uids::GENERIC_IMPLANT_TEMPLATE_STORAGE,
    uids::IMPLANT_ASSEMBLY_TEMPLATE_STORAGE,
    uids::IMPLANT_TEMPLATE_GROUP_STORAGE,
    uids::RT_BEAMS_DELIVERY_INSTRUCTION_STORAGE,
];

/// Whether a class is one of storage: of the branch that classes of composite objects are made in, also
/// where it is newer than this program; or private.
pub fn is_storage_class(uid: &str) -> bool {
    let private = !uid.starts_with("1.2.840.10008.") && uid.contains('.');
    private || uid.starts_with("1.2.840.10008.5.1.4.1.1.") || NON_PATIENT_STORAGE.contains(&uid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dicom_encoding::TransferSyntaxIndex as _;
    use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

    #[test]
    fn every_accepted_transfer_syntax_can_be_read() {
        for uid in TRANSFER_SYNTAXES {
            let syntax = TransferSyntaxRegistry
                .get(uid)
                .unwrap_or_else(|| panic!("{uid}"));
            assert!(!syntax.is_unsupported(), "{uid}");
        }
    }

    #[test]
    fn classes_of_storage_are_told_from_others() {
        for (uid, storage) in [
            (uids::CT_IMAGE_STORAGE, true),
            ("1.2.840.10008.5.1.4.1.1.999.1", true),
            (uids::HANGING_PROTOCOL_STORAGE, true),
            ("1.3.12.2.1107.5.9.1", true),
            (uids::VERIFICATION, false),
            (
                uids::STUDY_ROOT_QUERY_RETRIEVE_INFORMATION_MODEL_FIND,
                false,
            ),
            (uids::STORAGE_COMMITMENT_PUSH_MODEL, false),
        ] {
            assert_eq!(is_storage_class(uid), storage, "{uid}");
        }
    }
}
