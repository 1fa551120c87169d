//! Colours: chrominances shared by neighbours, planes, and what is not red, green and blue.

use std::borrow::Cow;

use super::{Frame, Lut, Photometric, PixelError, PixelForm, Samples};

/// A frame of planes as one pixel after the other.
pub(super) fn by_pixel<'a>(bytes: &'a [u8], form: &PixelForm) -> Cow<'a, [u8]> {
    regrouped(bytes, form, form.pixels())
}

/// The other way round.
pub(super) fn by_plane(bytes: &[u8], form: &PixelForm) -> Vec<u8> {
    regrouped(bytes, form, form.samples_per_pixel).into_owned()
}

/// Samples that come in groups of `group`, the first of each group first.
fn regrouped<'a>(bytes: &'a [u8], form: &PixelForm, group: usize) -> Cow<'a, [u8]> {
    let width = (form.kind.allocated() / 8) as usize;
    let Some(bytes) = bytes.get(..form.native_bytes()).filter(|_| width > 0) else {
        return Cow::Borrowed(bytes);
    };
    let samples = |first: usize| bytes.chunks_exact(width).skip(first).step_by(group);
    Cow::Owned((0..group).flat_map(samples).flatten().copied().collect())
}

/// Pixels that share their chrominances with a neighbour, as pixels with three samples
/// (PS3.3 section C.7.6.3.1.2, `YBR_FULL_422`).
pub(super) fn unshared(bytes: &[u8], form: &PixelForm) -> Result<Vec<u8>, PixelError> {
    if form.kind.allocated() != 8 {
        return Err(PixelError::Form("shared chrominances have 8 bits"));
    }
    let row = form.columns.div_ceil(2) * 4;
    if bytes.len() < row * form.rows {
        return Err(PixelError::Frames("they are shorter than their frames"));
    }
    let mut out = Vec::with_capacity(form.samples());
    for row in bytes.chunks_exact(row).take(form.rows) {
        let start = out.len();
        let (pairs, _) = row.as_chunks();
        out.extend(
            pairs
                .iter()
                .flat_map(|[y0, y1, b, r]| [*y0, *b, *r, *y1, *b, *r]),
        );
        out.truncate(start + form.columns * 3);
    }
    Ok(out)
}

/// A frame in colour as red, green and blue of 8 bits; the object's palette is needed where it has one.
/// None where the frame is grey.
pub fn rgb(frame: &Frame, palette: Option<&[Lut; 3]>, stored: u32) -> Option<Vec<u8>> {
    match frame.photometric {
        Photometric::Monochrome1 | Photometric::Monochrome2 => None,
        Photometric::Palette => {
            let palette = palette?;
            let entry = |sample: f64| palette.each_ref().map(|lut| lut.byte(sample));
            Some(frame.samples.to_f64().into_iter().flat_map(entry).collect())
        }
        Photometric::Rgb | Photometric::Xyb => Some(bytes(&frame.samples, stored).into_owned()),
        _ => {
            let mut out = bytes(&frame.samples, stored).into_owned();
            ybr_to_rgb(&mut out);
            Some(out)
        }
    }
}

/// Turns luminance and chrominances into red, green and blue, in place.
pub(super) fn ybr_to_rgb(samples: &mut [u8]) {
    let (pixels, _) = samples.as_chunks_mut();
    for pixel in pixels {
        *pixel = of_ybr(*pixel);
    }
}

/// Samples with 8 bits: their highest, where they have more.
fn bytes(samples: &Samples, stored: u32) -> Cow<'_, [u8]> {
    if let Some(bytes) = samples.bytes().filter(|_| stored == 8) {
        return Cow::Borrowed(bytes);
    }
    let most = f64::from(2_u32.saturating_pow(stored.min(32)).saturating_sub(1)).max(1.0);
    // Within a byte's range by the bounds.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let byte = |sample: f64| (sample / most * 255.0).round().clamp(0.0, 255.0) as u8;
    Cow::Owned(samples.to_f64().into_iter().map(byte).collect())
}

/// One pixel by the formula of PS3.3 section C.7.6.3.1.2, inverted.
fn of_ybr([y, b, r]: [u8; 3]) -> [u8; 3] {
    let (y, b, r) = (f32::from(y), f32::from(b) - 128.0, f32::from(r) - 128.0);
    [
        y + 1.402 * r,
        y - 0.344_136_3 * b - 0.714_136_3 * r,
        y + 1.772 * b,
    ]
    // Within a byte's range by the bounds.
    .map(|v| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let byte = v.round().clamp(0.0, 255.0) as u8;
        byte
    })
}
