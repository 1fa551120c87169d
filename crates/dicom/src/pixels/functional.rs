//! Functional groups of enhanced objects (PS3.3 section C.7.6.16): what holds for one frame, or for all.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

/// The first item of a functional group for a frame, by the frame's place from 0: its own, or the one that
/// all frames share.
pub fn functional_group(
    object: &InMemDicomObject,
    frame: usize,
    group: Tag,
) -> Option<&InMemDicomObject> {
    let of = |groups: Tag, place: usize| -> Option<&InMemDicomObject> {
        let item = object.get(groups)?.items()?.get(place)?;
        item.get(group)?.items()?.first()
    };
    of(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, frame)
        .or_else(|| of(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, 0))
}
