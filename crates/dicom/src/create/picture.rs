//! A picture of a screen as a Secondary Capture Image.

use dicom_core::{PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use image::{ImageFormat, ImageReader, Limits};

use super::{CreateError, MadeHere, Person, Study, common, derived_uid, file, marks::series, put};

/// The longest side of a picture, in pixels.
const LONGEST: u32 = 4096;
/// What a picture may take up while it is read, in bytes.
const LARGEST: u64 = 256 << 20;

/// A picture to be put into an object.
#[derive(Clone, Debug)]
pub struct NewPicture {
    /// What it shows, in the words of whoever took it.
    pub title: String,
    /// The picture as PNG; what is clear in it becomes black.
    pub png: Vec<u8>,
}

/// Puts a picture into an object of the study, as a whole file.
pub fn picture(
    person: &Person,
    study: &Study,
    new: &NewPicture,
    made: &MadeHere,
) -> Result<Vec<u8>, CreateError> {
    let Pixels { columns, rows, rgb } = read(&new.png)?;
    let instance = derived_uid(&[made.series.as_str(), "picture"]);
    let class = uids::SECONDARY_CAPTURE_IMAGE_STORAGE;
    let mut object = common(person, study, class, &instance);
    series(&mut object, "OT", made);
    for (tag, vr, value) in [
        (tags::CONVERSION_TYPE, VR::CS, "SYN"),
        (tags::PATIENT_ORIENTATION, VR::CS, ""),
        // The names of people in the room may stand in it.
        (tags::BURNED_IN_ANNOTATION, VR::CS, "YES"),
        (tags::DERIVATION_DESCRIPTION, VR::ST, "Picture of a room"),
        (tags::IMAGE_COMMENTS, VR::LT, &new.title),
        (tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "RGB"),
        (tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "00"),
    ] {
        put(&mut object, tag, vr, value);
    }
    let kind = PrimitiveValue::Strs(["DERIVED".to_owned(), "SECONDARY".to_owned()].into());
    put(&mut object, tags::IMAGE_TYPE, VR::CS, kind);
    for (tag, number) in [
        (tags::SAMPLES_PER_PIXEL, 3),
        (tags::PLANAR_CONFIGURATION, 0),
        (tags::ROWS, rows),
        (tags::COLUMNS, columns),
        (tags::BITS_ALLOCATED, 8),
        (tags::BITS_STORED, 8),
        (tags::HIGH_BIT, 7),
        (tags::PIXEL_REPRESENTATION, 0),
    ] {
        put(&mut object, tag, VR::US, PrimitiveValue::from(number));
    }
    let rgb = PrimitiveValue::U8(rgb.into());
    put(&mut object, tags::PIXEL_DATA, VR::OB, rgb);
    file(object)
}

struct Pixels {
    columns: u16,
    rows: u16,
    /// Red, green and blue of each pixel, row by row; of even length.
    rgb: Vec<u8>,
}

fn read(png: &[u8]) -> Result<Pixels, CreateError> {
    let bad = |_| CreateError::NotThatKind("image/png");
    let mut reader = ImageReader::with_format(std::io::Cursor::new(png), ImageFormat::Png);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST);
    limits.max_image_height = Some(LONGEST);
    limits.max_alloc = Some(LARGEST);
    reader.limits(limits);
    let picture = reader.decode().map_err(bad)?.into_rgba8();
    let side = |side: u32| u16::try_from(side).map_err(|_| CreateError::TooLarge("the picture"));
    let (columns, rows) = (side(picture.width())?, side(picture.height())?);
    let over_black = |value: u8, alpha: u8| {
        let mixed = u16::from(value) * u16::from(alpha) / 255;
        u8::try_from(mixed).unwrap_or(u8::MAX)
    };
    let pixels = picture.pixels();
    let mut rgb: Vec<u8> = pixels
        .flat_map(|pixel| {
            let [red, green, blue, alpha] = pixel.0;
            [red, green, blue].map(|value| over_black(value, alpha))
        })
        .collect();
    if rgb.len() % 2 == 1 {
        rgb.push(0);
    }
    Ok(Pixels { columns, rows, rgb })
}
