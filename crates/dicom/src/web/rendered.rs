use std::io::Cursor;

use bytes::Bytes;
use image::{
    DynamicImage, GrayImage, ImageFormat, RgbImage, codecs::jpeg::JpegEncoder, imageops::FilterType,
};

use dicom_dictionary_std::tags;

use super::{
    MediaRange, WebError,
    annotate::{Annotation, annotate},
};
use crate::pixels::{Curve, Picture, PixelError, PixelFile, Window};

/// How a frame is to be shown.
#[derive(Clone, Debug, Default)]
pub struct Rendering {
    /// Frame number from 1; the first where none is given.
    pub frame: Option<u32>,
    /// Window in the units of the rescaled values; the object's own where none is given.
    pub window: Option<Window>,
    /// Largest width and height in pixels.
    pub viewport: Option<[u32; 2]>,
    /// Which part of the frame is shown; all of it where none is given.
    pub region: Option<Region>,
    /// JPEG quality from 1 to 100.
    pub quality: Option<u8>,
    /// What is written into the picture; nothing unless it is asked for.
    pub annotation: Annotation,
}

/// A part of a frame in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Column and row of its first pixel.
    pub from: [f64; 2],
    /// Its width and height; to the end of the frame where none is given. Where one is negative, the picture
    /// is turned over.
    pub size: [Option<f64>; 2],
}

/// The largest picture that is made.
const MOST_PIXELS: u32 = 8192;
/// Width and height of a thumbnail, and the most that can be asked for.
const THUMBNAIL: u32 = 128;
const LARGEST_THUMBNAIL: u32 = 512;
const QUALITY: u8 = 90;

/// The media types of pictures, the usual one first.
const MEDIA: [&str; 2] = ["image/jpeg", "image/png"];

/// How pictures are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureForm {
    /// The media type of each.
    pub media: &'static str,
    /// Whether they are parts of a multipart body.
    pub multipart: bool,
}

impl PictureForm {
    /// For someone who accepts these ranges, the most wanted first. Several pictures come as parts only.
    pub fn of(ranges: &[MediaRange], several: bool) -> Result<Self, WebError> {
        let mut alone = false;
        for range in ranges {
            let Some(media) = MEDIA.into_iter().find(|media| range.takes(media)) else {
                continue;
            };
            let parts = range.media == "multipart/related";
            if parts || !several || range.media == "*/*" {
                let multipart = parts || several;
                return Ok(Self { media, multipart });
            }
            alone = true;
        }
        Err(WebError::NotAcceptable(if alone {
            "several pictures come as multipart/related; ask for a frame by itself to have it alone"
        } else {
            "pictures come as image/jpeg or image/png"
        }))
    }
}

impl Rendering {
    /// Reads the query parameters of a thumbnail (PS3.18 section 10.4.1.2.3): a small picture, on which
    /// nothing may be asked for but its size.
    pub fn thumbnail(parameters: &[(String, String)]) -> Result<Self, WebError> {
        let asked = Self::of(parameters)?;
        if asked.window.is_some() || asked.region.is_some() || asked.annotation.is_any() {
            return Err(WebError::BadRequest(
                "a thumbnail takes a viewport of width and height, and nothing is written on it"
                    .to_owned(),
            ));
        }
        let [width, height] = asked.viewport.unwrap_or([THUMBNAIL; 2]);
        Ok(Self {
            viewport: Some([width.min(LARGEST_THUMBNAIL), height.min(LARGEST_THUMBNAIL)]),
            ..asked
        })
    }

    /// Reads the query parameters of PS3.18 section 8.3.5: `window=centre,width,function`,
    /// `viewport=width,height,x,y,width,height`, `quality` and `annotation=patient,technique`.
    pub fn of(parameters: &[(String, String)]) -> Result<Self, WebError> {
        let mut rendering = Self::default();
        for (name, value) in parameters {
            let bad = || WebError::BadRequest(format!("{name} is not well formed"));
            match name.as_str() {
                "window" => rendering.window = Some(window(value).ok_or_else(bad)?),
                "viewport" => {
                    let (size, region) = viewport(value).ok_or_else(bad)?;
                    rendering.viewport = Some(size);
                    rendering.region = region;
                }
                "quality" => {
                    let quality = value.parse().ok();
                    let quality = quality.filter(|quality| (1..=100).contains(quality));
                    rendering.quality = Some(quality.ok_or_else(bad)?);
                }
                "annotation" => rendering.annotation = Annotation::of(value).ok_or_else(bad)?,
                _ => {}
            }
        }
        Ok(rendering)
    }
}

fn window(value: &str) -> Option<Window> {
    let mut parts = value.split(',').map(str::trim);
    let centre = parts.next()?.parse().ok()?;
    let width = parts.next()?.parse().ok()?;
    let curve = match parts.next() {
        None => Curve::default(),
        Some(function) => Curve::of(function)?,
    };
    Window::new(centre, width, curve).filter(|_| parts.next().is_none())
}

/// Width and height, and the region where one is given.
fn viewport(value: &str) -> Option<([u32; 2], Option<Region>)> {
    let parts: Vec<&str> = value.split(',').map(str::trim).collect();
    let number =
        |text: &str| -> Option<f64> { text.parse().ok().filter(|number: &f64| number.is_finite()) };
    let side = |text: &str| {
        let most = f64::from(MOST_PIXELS);
        let value = number(text)?;
        // In range by the check beside it.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        (1.0..=most).contains(&value).then_some(value as u32)
    };
    let size = |text: &str| match text {
        "" => Some(None),
        text => Some(Some(number(text).filter(|size| size.abs() >= 1.0)?)),
    };
    let from = |text: &str| match text {
        "" => Some(0.0),
        text => number(text).filter(|place| *place >= 0.0),
    };
    match parts.as_slice() {
        [width, height] => Some(([side(width)?, side(height)?], None)),
        [width, height, x, y, part_width, part_height] => {
            let region = Region {
                from: [from(x)?, from(y)?],
                size: [size(part_width)?, size(part_height)?],
            };
            Some(([side(width)?, side(height)?], Some(region)))
        }
        _ => None,
    }
}

/// An object whose frames are shown as pictures.
pub struct Shown(PixelFile);

impl Shown {
    /// Opens a file.
    pub fn open(file: &[u8]) -> Result<Self, WebError> {
        Ok(Self(PixelFile::open(file)?))
    }

    /// How many frames there are.
    pub fn frames(&self) -> u32 {
        u32::try_from(self.0.form().frames).unwrap_or(u32::MAX)
    }

    /// The number of the frame that stands for all: the one that the object names, else the middle one.
    pub fn representative(&self) -> u32 {
        let named = self.0.object().get(tags::REPRESENTATIVE_FRAME_NUMBER);
        let named = named.and_then(|element| element.to_int::<u32>().ok());
        named
            .filter(|number| (1..=self.frames()).contains(number))
            .unwrap_or(self.frames().div_ceil(2).max(1))
    }

    /// Draws a frame, by its number from 1.
    pub fn picture(
        &self,
        number: u32,
        rendering: &Rendering,
        media: &str,
    ) -> Result<Bytes, WebError> {
        let index = number
            .checked_sub(1)
            .ok_or(WebError::NotFound("that frame"))?;
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let (frame, picture) = self.0.picture(index, rendering.window)?;
        let side = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
        let (columns, rows) = (side(frame.columns), side(frame.rows));
        let picture = match picture {
            Picture::Grey(shades) => {
                GrayImage::from_raw(columns, rows, shades).map(DynamicImage::from)
            }
            Picture::Rgb(colours) => {
                RgbImage::from_raw(columns, rows, colours).map(DynamicImage::from)
            }
        };
        let picture = picture.ok_or(PixelError::Form("a picture has another number of pixels"))?;
        let mut picture = fitted(picture, rendering)?;
        annotate(&mut picture, self.0.object(), number, rendering);
        written(&picture, rendering, media)
    }
}

/// A frame as a picture for people: its media type and its bytes. JPEG unless PNG is wanted more.
pub fn rendered(
    file: &[u8],
    rendering: &Rendering,
    ranges: &[MediaRange],
) -> Result<(&'static str, Bytes), WebError> {
    let form = PictureForm::of(ranges, false)?;
    let number = rendering.frame.unwrap_or(1);
    let picture = Shown::open(file)?.picture(number, rendering, form.media)?;
    Ok((form.media, picture))
}

/// The part that is asked for, as large as it is asked for.
fn fitted(mut picture: DynamicImage, rendering: &Rendering) -> Result<DynamicImage, WebError> {
    if let Some(region) = rendering.region {
        let whole = [picture.width(), picture.height()];
        let mut parts = [[0, 0]; 2];
        for (((part, whole), from), size) in parts
            .iter_mut()
            .zip(whole)
            .zip(region.from)
            .zip(region.size)
        {
            let outside =
                || WebError::BadRequest("the viewport lies outside of the frame".to_owned());
            let size = size.map_or(f64::from(whole) - from, f64::abs);
            let end = (from + size).min(f64::from(whole));
            // Both lie within the picture's sides.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let (start, end) = (from.floor() as u32, end.ceil() as u32);
            let length = end.checked_sub(start).filter(|length| *length > 0);
            *part = [start, length.ok_or_else(outside)?];
        }
        let [[x, width], [y, height]] = parts;
        picture = picture.crop_imm(x, y, width, height);
        let [across, down] = region.size.map(|size| size.is_some_and(|size| size < 0.0));
        if across {
            picture = picture.fliph();
        }
        if down {
            picture = picture.flipv();
        }
    }
    Ok(match rendering.viewport {
        Some([width, height]) => picture.resize(width, height, FilterType::Triangle),
        None => picture,
    })
}

fn written(picture: &DynamicImage, rendering: &Rendering, media: &str) -> Result<Bytes, WebError> {
    let mut bytes = Cursor::new(Vec::new());
    let written = if media == "image/png" {
        picture.write_to(&mut bytes, ImageFormat::Png)
    } else {
        let quality = rendering.quality.unwrap_or(QUALITY);
        picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality))
    };
    written.map_err(|_| PixelError::Form("the picture cannot be written"))?;
    Ok(bytes.into_inner().into())
}
