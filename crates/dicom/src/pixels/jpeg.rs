//! JPEG (ISO/IEC 10918-1): baseline, extended with 8 and 12 bits, progressive, and lossless with 2 to 16 bits.

use libjpeg_turbo_rs::{
    DecodeLimits, Decoder, PixelFormat,
    precision::{decompress_12bit_with_limits, decompress_lossless_arbitrary},
};

use super::{
    Photometric, PixelError,
    codec::{Decoded, Raw, Wanted},
    colour,
};

const NAME: &str = "JPEG";
/// Scans of a progressive stream; more are there to keep a decoder busy.
const MOST_SCANS: usize = 256;
/// An Adobe segment that says that colours are stored as they are.
const AS_STORED: &[u8] = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0";

fn damaged(why: impl std::fmt::Display) -> PixelError {
    PixelError::stream(NAME, why.to_string())
}

/// What the segments in front of the first scan say.
struct Head {
    bits: u8,
    rows: usize,
    columns: usize,
    components: usize,
    is_lossless: bool,
    /// The colour transform of an Adobe segment.
    transform: Option<u8>,
    /// The stream without segments that make decoders guess at colours.
    stream: Vec<u8>,
}

/// Decodes one frame.
pub(super) fn decode(
    stream: &[u8],
    wanted: &Wanted,
    photometric: Photometric,
) -> Result<Decoded, PixelError> {
    let head = head(stream).ok_or_else(|| damaged("its header is damaged or breaks off"))?;
    wanted.check(NAME, head.columns, head.rows, head.components)?;
    let limits = DecodeLimits {
        max_width: wanted.columns,
        max_height: wanted.rows,
        max_scans: MOST_SCANS,
        ..DecodeLimits::default()
    };
    let raw = match (head.is_lossless, head.bits) {
        (true, _) => {
            let image = decompress_lossless_arbitrary(&head.stream).map_err(damaged)?;
            Raw::U16(image.data)
        }
        (false, 8) => Raw::U8(eight_bits(&head, limits)?),
        (false, _) => {
            let image = decompress_12bit_with_limits(&head.stream, &limits).map_err(damaged)?;
            let sample = |sample: &i16| u16::try_from(*sample).unwrap_or_default();
            Raw::U16(image.data.iter().map(sample).collect())
        }
    };
    // Where no Adobe segment says how colours are stored, the data set does.
    let is_ybr = match head.transform {
        Some(transform) => transform == 1,
        None => !matches!(photometric, Photometric::Rgb),
    };
    let raw = match raw {
        Raw::U8(mut samples) if head.components == 3 && is_ybr => {
            colour::ybr_to_rgb(&mut samples);
            return Ok(decoded(&head, Raw::U8(samples), true));
        }
        other => other,
    };
    Ok(decoded(&head, raw, false))
}

fn decoded(head: &Head, raw: Raw, is_rgb: bool) -> Decoded {
    Decoded {
        components: head.components,
        bits: u32::from(head.bits),
        raw,
        is_rgb,
    }
}

fn eight_bits(head: &Head, limits: DecodeLimits) -> Result<Vec<u8>, PixelError> {
    let mut decoder = Decoder::new_with_limits(&head.stream, limits).map_err(damaged)?;
    decoder.set_output_format(if head.components == 1 {
        PixelFormat::Grayscale
    } else {
        PixelFormat::Rgb
    });
    Ok(decoder.decode_image().map_err(damaged)?.data)
}

/// Reads the segments in front of the first scan; `None` where they are damaged.
fn head(stream: &[u8]) -> Option<Head> {
    let mut rest = stream.strip_prefix(&[0xff, 0xd8])?;
    let mut frame = None;
    let mut transform = None;
    let mut out = Vec::with_capacity(stream.len() + AS_STORED.len());
    out.extend([0xff, 0xd8]);
    out.extend(AS_STORED);
    loop {
        let fill = rest.iter().take_while(|byte| **byte == 0xff).count();
        let marker = *rest.get(fill).filter(|_| fill > 0)?;
        let behind = rest.get(fill + 1..)?;
        if marker == 0xda {
            out.push(0xff);
            out.push(marker);
            out.extend(behind);
            break;
        }
        let (length, _) = behind.split_first_chunk()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let segment = behind.get(2..length)?;
        match marker {
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let &[bits, y0, y1, x0, x1, components] = segment.first_chunk()?;
                let rows = usize::from(u16::from_be_bytes([y0, y1]));
                let columns = usize::from(u16::from_be_bytes([x0, x1]));
                frame = Some((marker, bits, rows, columns, usize::from(components)));
            }
            0xee if segment.starts_with(b"Adobe") => transform = segment.get(11).copied(),
            _ => {}
        }
        // Segments of applications are not needed to decode.
        if !(0xe0..=0xef).contains(&marker) && marker != 0xfe {
            out.push(0xff);
            out.push(marker);
            out.extend(behind.get(..length)?);
        }
        rest = behind.get(length..)?;
    }
    let (marker, bits, rows, columns, components) = frame?;
    let kinds = matches!(marker, 0xc0..=0xc3);
    let sound = kinds && (2..=16).contains(&bits) && matches!(components, 1 | 3);
    sound.then_some(Head {
        bits,
        rows,
        columns,
        components,
        is_lossless: marker == 0xc3,
        transform,
        stream: out,
    })
}

/// Encodes a frame in process 14 with the first predictor, as `JPEG_LOSSLESS_SV1` wants it.
pub(super) fn encode_lossless(
    samples: &[u16],
    columns: usize,
    rows: usize,
    components: usize,
    bits: u8,
) -> Result<Vec<u8>, PixelError> {
    libjpeg_turbo_rs::precision::compress_lossless_arbitrary(
        samples, columns, rows, components, bits, 1, 0,
    )
    .map_err(damaged)
}
