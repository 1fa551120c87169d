use std::io::Cursor;

use bytes::Bytes;
use dicom_pixeldata::{
    ConvertOptions, PixelDecoder as _, VoiLutOption, WindowLevel,
    image::{ImageFormat, codecs::jpeg::JpegEncoder, imageops::FilterType},
};

use super::{MediaRange, WebError, guarded};
use crate::parse;

/// How a frame is to be shown.
#[derive(Clone, Debug, Default)]
pub struct Rendering {
    /// Frame number from 1; the first where none is given.
    pub frame: Option<u32>,
    /// Window centre and width in the units of the rescaled values; the object's own where none is given.
    pub window: Option<[f64; 2]>,
    /// Largest width and height in pixels.
    pub viewport: Option<[u32; 2]>,
    /// JPEG quality from 1 to 100.
    pub quality: Option<u8>,
}

/// The largest picture that is made.
const MOST_PIXELS: u32 = 8192;
const QUALITY: u8 = 90;

impl Rendering {
    /// Reads the query parameters of PS3.18 section 8.3.5: `window=centre,width,function`,
    /// `viewport=width,height` and `quality`.
    pub fn of(parameters: &[(String, String)]) -> Result<Self, WebError> {
        let mut rendering = Self::default();
        let bad = |name: &str| WebError::BadRequest(format!("{name} is not well formed"));
        for (name, value) in parameters {
            let mut parts = value.split(',');
            let mut pair = || Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?));
            match name.as_str() {
                "window" => {
                    let (centre, width): (f64, f64) = pair().ok_or_else(|| bad(name))?;
                    if !centre.is_finite() || !width.is_finite() || width < 1.0 {
                        return Err(bad(name));
                    }
                    rendering.window = Some([centre, width]);
                }
                "viewport" => {
                    let (width, height): (f64, f64) = pair().ok_or_else(|| bad(name))?;
                    let side = |value: f64| {
                        let most = f64::from(MOST_PIXELS);
                        // In range by the check beside it.
                        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                        (1.0..=most).contains(&value).then_some(value as u32)
                    };
                    let sides = side(width).zip(side(height)).ok_or_else(|| bad(name))?;
                    rendering.viewport = Some([sides.0, sides.1]);
                }
                "quality" => {
                    let quality = value
                        .parse()
                        .ok()
                        .filter(|quality| (1..=100).contains(quality));
                    rendering.quality = Some(quality.ok_or_else(|| bad(name))?);
                }
                _ => {}
            }
        }
        Ok(rendering)
    }
}

/// A frame as a picture for people: its media type and its bytes. JPEG unless PNG is wanted more.
pub fn rendered(
    file: &[u8],
    rendering: &Rendering,
    ranges: &[MediaRange],
) -> Result<(&'static str, Bytes), WebError> {
    let media = ranges
        .iter()
        .find_map(|range| {
            ["image/jpeg", "image/png"]
                .into_iter()
                .find(|media| range.takes(media))
        })
        .ok_or(WebError::NotAcceptable("pictures come as JPEG or PNG"))?;
    guarded(|| picture(file, rendering, media).map(|bytes| (media, bytes)))
}

fn picture(file: &[u8], rendering: &Rendering, media: &str) -> Result<Bytes, WebError> {
    let object = parse::open(file, None)?;
    let index = rendering
        .frame
        .unwrap_or(1)
        .checked_sub(1)
        .ok_or(WebError::NotFound("that frame"))?;
    let frames = object
        .get(dicom_dictionary_std::tags::NUMBER_OF_FRAMES)
        .and_then(|element| element.to_int::<u32>().ok())
        .unwrap_or(1);
    if index >= frames.max(1) {
        return Err(WebError::NotFound("that frame"));
    }
    let decoded = object
        .decode_pixel_data_frame(index)
        .map_err(|_| WebError::Pixels("no decoder for them is built in, or they are damaged"))?;
    let mut options = ConvertOptions::new().force_8bit();
    if let Some([center, width]) = rendering.window {
        options = options.with_voi_lut(VoiLutOption::Custom(WindowLevel { center, width }));
    }
    let failed = WebError::Pixels("they cannot be shown as a picture");
    let mut picture = decoded
        .to_dynamic_image_with_options(0, &options)
        .map_err(|_| failed)?;
    if let Some([width, height]) = rendering.viewport {
        picture = picture.resize(width, height, FilterType::Triangle);
    }
    let mut bytes = Cursor::new(Vec::new());
    let written = if media == "image/png" {
        picture.write_to(&mut bytes, ImageFormat::Png)
    } else {
        let encoder =
            JpegEncoder::new_with_quality(&mut bytes, rendering.quality.unwrap_or(QUALITY));
        if picture.color().has_color() {
            picture.to_rgb8().write_with_encoder(encoder)
        } else {
            picture.to_luma8().write_with_encoder(encoder)
        }
    };
    written.map_err(|_| WebError::Pixels("the picture cannot be written"))?;
    Ok(bytes.into_inner().into())
}
