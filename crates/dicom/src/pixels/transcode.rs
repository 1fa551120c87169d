//! The same object in another transfer syntax.

use std::io::Write as _;

use bytes::Bytes;
use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{DefaultDicomObject, InMemDicomObject};
use dicom_transfer_syntax_registry::entries::EXPLICIT_VR_LITTLE_ENDIAN;
use flate2::{Compression, write::DeflateEncoder};

use super::{
    Frame, Photometric, PixelError, PixelFile, PixelForm, SampleKind, Samples,
    codec::Codec,
    jpeg, rle,
    splice::{Element, elements, long_head, short},
};
use crate::{bounds, data_set_bytes, is_native, parse};

/// Transfer syntaxes that objects can be written in. All of them keep every bit of every sample.
pub const TARGETS: &[&str] = &[
    uids::EXPLICIT_VR_LITTLE_ENDIAN,
    uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    uids::RLE_LOSSLESS,
    uids::JPEG_LOSSLESS_SV1,
];

/// Whether objects in one transfer syntax can be written in another, as far as that can be told without
/// looking at them.
pub fn can_transcode(stored: &str, wanted: &str) -> bool {
    let decoded = is_native(stored) || Codec::of(stored).is_some();
    stored == wanted || (decoded && TARGETS.contains(&wanted))
}

const PREAMBLE: usize = 128;
/// A value has a length of 32 bits, and the last of them stands for none.
const MOST_VALUE_BYTES: usize = 0xffff_fffe;
const MIB: usize = 1 << 20;

/// A file in another transfer syntax, which is one of [`TARGETS`], or as it is where it is in that already.
///
/// Elements besides those that say how pixels are written stay byte for byte, unless the file is in implicit
/// or big endian form: such a data set is written anew, with its text in UTF-8.
pub fn transcode(file: &Bytes, wanted: &str) -> Result<Bytes, PixelError> {
    let object = parse::open(file, None).map_err(|error| PixelError::Object(error.to_string()))?;
    let stored = object
        .meta()
        .transfer_syntax()
        .trim_end_matches(['\0', ' '])
        .to_owned();
    if stored == wanted {
        return Ok(file.clone());
    }
    if !TARGETS.contains(&wanted) {
        return Err(PixelError::Target(
            wanted.to_owned(),
            "it is none that is written here",
        ));
    }
    let mut meta = object.meta().clone();
    wanted.clone_into(&mut meta.transfer_syntax);
    meta.update_information_group_length();
    let data_set = explicit(file, &stored, &object)?;
    let is_coded = |syntax: &str| {
        !matches!(
            syntax,
            uids::EXPLICIT_VR_LITTLE_ENDIAN | uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN
        )
    };
    let has_fragments = object
        .get(tags::PIXEL_DATA)
        .is_some_and(|p| p.fragments().is_some());
    let has_pixels = object.get(tags::PIXEL_DATA).is_some();
    let body = if has_fragments || (has_pixels && is_coded(wanted)) {
        with_pixels(&data_set, &PixelFile::of(object)?, wanted)?
    } else {
        data_set
    };
    let mut out = vec![0; PREAMBLE];
    out.extend_from_slice(b"DICM");
    let unwritten =
        |_| PixelError::Target(wanted.to_owned(), "its file meta group cannot be written");
    meta.write(&mut out).map_err(unwritten)?;
    if wanted == uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN {
        let mut deflate = DeflateEncoder::new(out, Compression::default());
        let deflated = deflate.write_all(&body).and_then(|()| deflate.finish());
        out =
            deflated.map_err(|_| PixelError::Target(wanted.to_owned(), "it cannot be deflated"))?;
        // An odd length is padded (PS3.5 section A.5).
        if out.len() % 2 == 1 {
            out.push(0);
        }
    } else {
        out.extend_from_slice(&body);
    }
    Ok(out.into())
}

/// The data set of a file in explicit little endian. Coded pixel data stay as they are.
#[expect(deprecated, reason = "old archives still send big endian")]
fn explicit(
    file: &Bytes,
    stored: &str,
    object: &DefaultDicomObject,
) -> Result<Vec<u8>, PixelError> {
    let unreadable = || PixelError::Object("read the data set: it is damaged".to_owned());
    match stored {
        uids::IMPLICIT_VR_LITTLE_ENDIAN | uids::EXPLICIT_VR_BIG_ENDIAN => {
            let mut data_set: InMemDicomObject = (**object).clone();
            native_pixels(&mut data_set, object)?;
            let mut out = Vec::new();
            data_set
                .write_dataset_with_ts(&mut out, &EXPLICIT_VR_LITTLE_ENDIAN.erased())
                .map_err(|_| PixelError::Object("write the data set anew".to_owned()))?;
            Ok(out)
        }
        _ => {
            // The file may lack a preamble or a length, which the door puts right.
            let bytes = data_set_bytes(file).ok_or_else(unreadable)?;
            match stored {
                uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN => {
                    bounds::inflate(bytes).map_err(PixelError::Object)
                }
                _ => Ok(bytes.to_vec()),
            }
        }
    }
}

/// Puts native pixel data in little endian.
fn native_pixels(
    data_set: &mut InMemDicomObject,
    object: &DefaultDicomObject,
) -> Result<(), PixelError> {
    if object.get(tags::PIXEL_DATA).is_none() {
        return Ok(());
    }
    let file = PixelFile::of(object.clone())?;
    let bytes = file.all_native()?;
    let vr = if file.form().kind.allocated() > 8 {
        VR::OW
    } else {
        VR::OB
    };
    data_set.put(DataElement::new(
        tags::PIXEL_DATA,
        vr,
        PrimitiveValue::from(bytes),
    ));
    Ok(())
}

/// The data set with its pixel data as the transfer syntax wants them.
fn with_pixels(data_set: &[u8], file: &PixelFile, wanted: &str) -> Result<Vec<u8>, PixelError> {
    let form = file.form();
    let (pixels, photometric) = match wanted {
        uids::RLE_LOSSLESS | uids::JPEG_LOSSLESS_SV1 => encapsulated(file, wanted)?,
        _ => native(file)?,
    };
    let mut out = Vec::with_capacity(data_set.len() + pixels.len());
    for Element { tag, bytes } in elements(data_set).map_err(PixelError::Object)? {
        match tag {
            tags::PHOTOMETRIC_INTERPRETATION if photometric != form.photometric => {
                out.extend(short(tag, *b"CS", photometric.as_str().as_bytes()));
            }
            // JPEG has pixels in whole; else frames are as the data set says.
            tags::PLANAR_CONFIGURATION if wanted == uids::JPEG_LOSSLESS_SV1 => {
                out.extend(short(tag, *b"US", &[0, 0]));
            }
            tags::PIXEL_DATA => out.extend_from_slice(&pixels),
            // What they say is of the stream that was.
            tags::EXTENDED_OFFSET_TABLE
            | tags::EXTENDED_OFFSET_TABLE_LENGTHS
            | tags::ENCAPSULATED_PIXEL_DATA_VALUE_TOTAL_LENGTH => {}
            // Lengths of these groups would be wrong now.
            _ if tag.element() == 0 && matches!(tag.group(), 0x0028 | 0x7fe0) => {}
            _ => out.extend_from_slice(bytes),
        }
    }
    Ok(out)
}

/// All frames in native form as an element, and what their samples mean.
fn native(file: &PixelFile) -> Result<(Vec<u8>, Photometric), PixelError> {
    let form = file.form();
    let bits = form.samples() * form.kind.allocated() as usize;
    let bytes = bits.checked_mul(form.frames).map(|bits| bits.div_ceil(8));
    let bytes = bytes.filter(|bytes| *bytes <= MOST_VALUE_BYTES);
    let bytes = bytes.ok_or(PixelError::TooLarge(MOST_VALUE_BYTES / MIB))?;
    let mut value = Vec::new();
    let mut photometric = form.photometric;
    let mut left_over: Vec<u8> = Vec::new();
    for index in 0..form.frames {
        let frame = file.frame(index)?;
        photometric = frame.photometric;
        if form.kind.allocated() == 1 {
            // Single bits go on from frame to frame without regard to bytes.
            left_over.extend_from_slice(frame.samples.bytes().unwrap_or_default());
            let whole = left_over.len() / 8 * 8;
            let rest = left_over.split_off(whole);
            value.extend(Samples::U8(std::mem::replace(&mut left_over, rest)).packed());
        } else {
            value.extend(file.laid_out(&frame));
        }
    }
    value.extend(Samples::U8(left_over).packed());
    debug_assert_eq!(value.len(), bytes);
    if value.len() % 2 == 1 {
        value.push(0);
    }
    let vr = if form.kind.allocated() > 8 {
        *b"OW"
    } else {
        *b"OB"
    };
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
    let mut out = long_head(tags::PIXEL_DATA, vr, length);
    out.extend(value);
    Ok((out, photometric))
}

/// All frames coded as an element, one fragment each, and what their samples mean.
fn encapsulated(file: &PixelFile, wanted: &str) -> Result<(Vec<u8>, Photometric), PixelError> {
    let form = file.form();
    let mut photometric = form.photometric;
    let mut fragments = Vec::with_capacity(form.frames);
    for index in 0..form.frames {
        let frame = file.frame(index)?;
        photometric = frame.photometric;
        let mut stream = coded(&frame, form, wanted)?;
        if stream.len() % 2 == 1 {
            stream.push(0);
        }
        fragments.push(stream);
    }
    let item = |bytes: &[u8], out: &mut Vec<u8>| {
        out.extend(b"\xfe\xff\x00\xe0");
        out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(bytes);
    };
    let mut at = 0_usize;
    let mut offsets = Vec::with_capacity(fragments.len() * 4);
    for fragment in &fragments {
        let offset = u32::try_from(at);
        offsets.extend(
            offset
                .map_err(|_| PixelError::TooLarge(MOST_VALUE_BYTES / MIB))?
                .to_le_bytes(),
        );
        at += fragment.len() + 8;
    }
    let mut out = long_head(tags::PIXEL_DATA, *b"OB", u32::MAX);
    item(&offsets, &mut out);
    for fragment in &fragments {
        item(fragment, &mut out);
    }
    out.extend(b"\xfe\xff\xdd\xe0\0\0\0\0");
    Ok((out, photometric))
}

/// The stream of a frame in a transfer syntax that codes frames.
fn coded(frame: &Frame, form: &PixelForm, wanted: &str) -> Result<Vec<u8>, PixelError> {
    match wanted {
        uids::RLE_LOSSLESS => {
            let native = match form.kind.allocated() {
                1 => frame.samples.packed(),
                _ => frame.samples.to_le_bytes(),
            };
            rle::encode(&native, form)
        }
        uids::JPEG_LOSSLESS_SV1 => jpeg_lossless(frame, form),
        _ => Err(PixelError::Target(
            wanted.to_owned(),
            "frames are not coded in it here",
        )),
    }
}

impl PixelFile {
    /// A frame coded in one of [`TARGETS`], by its place from 0.
    pub fn frame_coded(&self, index: usize, wanted: &str) -> Result<Vec<u8>, PixelError> {
        coded(&self.frame(index)?, self.form(), wanted)
    }
}

fn jpeg_lossless(frame: &Frame, form: &PixelForm) -> Result<Vec<u8>, PixelError> {
    let target = |why| PixelError::Target(uids::JPEG_LOSSLESS_SV1.to_owned(), why);
    let SampleKind::Integer { allocated, .. } = form.kind else {
        return Err(target("floating point has no place in it"));
    };
    // Samples with sign go in as the bits that they are.
    let samples: Vec<u16> = match &frame.samples {
        Samples::U8(samples) if allocated == 8 => samples.iter().map(|v| u16::from(*v)).collect(),
        Samples::I8(samples) => samples
            .iter()
            .map(|v| u16::from(v.cast_unsigned()))
            .collect(),
        Samples::U16(samples) => samples.clone(),
        Samples::I16(samples) => samples.iter().map(|v| v.cast_unsigned()).collect(),
        _ => return Err(target("its samples have 8 or 16 bits")),
    };
    let bits = if allocated == 8 { 8 } else { 16 };
    let components = form.samples_per_pixel;
    jpeg::encode_lossless(&samples, form.columns, form.rows, components, bits)
}
