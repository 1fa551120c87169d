//! JPEG XL (ISO/IEC 18181-1).

use jxl_oxide::{AllocTracker, JxlImage, JxlThreadPool, image::BitDepth};

use super::{
    PixelError,
    codec::{Decoded, Raw, Wanted},
};

const NAME: &str = "JPEG XL";
/// The most bytes that decoding one frame may take.
const MOST_BYTES: usize = 2 << 30;
/// Samples are decoded as numbers of single precision, which hold so many bits.
const MOST_BITS: u32 = 16;

fn damaged(why: impl Into<String>) -> PixelError {
    PixelError::stream(NAME, why)
}

/// Decodes one frame.
pub(super) fn decode(stream: &[u8], wanted: &Wanted) -> Result<Decoded, PixelError> {
    let other = |error: Box<dyn std::error::Error + Send + Sync>| damaged(error.to_string());
    // Frames of a series are decoded side by side already.
    let image = JxlImage::builder()
        .pool(JxlThreadPool::none())
        .alloc_tracker(AllocTracker::with_limit(MOST_BYTES))
        .read(stream)
        .map_err(other)?;
    let size = |side: u32| usize::try_from(side).unwrap_or(usize::MAX);
    let components = image.pixel_format().channels();
    wanted.check(NAME, size(image.width()), size(image.height()), components)?;
    let BitDepth::IntegerSample {
        bits_per_sample: bits @ 1..=MOST_BITS,
    } = image.image_header().metadata.bit_depth
    else {
        return Err(damaged("its samples are of a kind not decoded"));
    };
    let render = image.render_frame(0).map_err(other)?;
    let buffer = render.image_all_channels();
    let most = f64::from((1_u32 << bits) - 1);
    // From 0 to 1 by the format; what an encoder left outside of it has the nearest end.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let sample = |value: &f32| (f64::from(*value) * most).round().clamp(0.0, most) as u16;
    Ok(Decoded {
        components,
        bits,
        raw: Raw::U16(buffer.buf().iter().map(sample).collect()),
        // The transforms of the codec are undone with it.
        is_rgb: components == 3,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of 6 by 4 pixels, as libjxl 0.11 codes them losslessly.
    const GREY_8: &str = "ff0a1840101437020804010070004b188b15525c0474770192cc8500f01149327c3e5b4fcac44e\
                          f69003";
    const GREY_12: &str = "ff0a184018142d0208040100a4004b188b15526c0491dbd6d64cc1300e8388f967a9aaaaaac1fe\
                           e475d2f0a149b55aeaeea4d42b557506";
    const RGB_8: &str = "ff0a1840100908040100fc004b18938e838319281eac9a4108cab660281f03590a7a81b800de9424\
                         499224499224e99bdddddddddd3b33333333330f49922449922449925b4fc133d04003";

    fn decoded(hex: &str, components: usize) -> Result<(u32, Vec<u16>), PixelError> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let digit = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
        let stream: Vec<u8> = digits.chunks(2).map(digit).collect();
        let wanted = Wanted {
            columns: 6,
            rows: 4,
            components,
        };
        decode(&stream, &wanted).map(|decoded| match decoded.raw {
            Raw::U16(samples) => (decoded.bits, samples),
            _ => panic!("samples of 16 bits"),
        })
    }

    #[test]
    fn lossless_frames_come_back_to_the_bit() {
        let want: Vec<u16> = (0..24).map(|i| i * 10).collect();
        assert_eq!(decoded(GREY_8, 1).unwrap(), (8, want));
        let want: Vec<u16> = (0..24).map(|i| i * 170 + 7).collect();
        assert_eq!(decoded(GREY_12, 1).unwrap(), (12, want));
        let want = (0..24).flat_map(|i| [i * 10, 255 - i * 10, i]);
        assert_eq!(decoded(RGB_8, 3).unwrap(), (8, want.collect()));
    }

    #[test]
    fn streams_of_another_form_and_damaged_ones_are_refused() {
        assert!(decoded(RGB_8, 1).is_err());
        assert!(decoded(&GREY_8[..40], 1).is_err());
        assert!(decoded("ff0a", 1).is_err());
        assert!(decoded("", 1).is_err());
    }
}
