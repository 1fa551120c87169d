//! JPEG 2000 (ISO/IEC 15444-1) and its high throughput kind (15444-15).

use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};

use super::{
    PixelError,
    codec::{Decoded, Raw, Wanted},
};

const NAME: &str = "JPEG 2000";
/// A codestream begins with this, and its size follows.
const START: [u8; 4] = [0xff, 0x4f, 0xff, 0x51];
/// Behind the size, a stream of the high throughput kind has this marker among its first.
const CAPABILITIES: u8 = 0x50;

fn damaged(why: impl Into<String>) -> PixelError {
    PixelError::stream(NAME, why)
}

/// What the size segment says, and the stream with samples that have no sign.
struct Head {
    columns: usize,
    rows: usize,
    components: usize,
    bits: u32,
    /// Whether samples have a sign. It is all that the level of their middle depends on.
    signed: bool,
    is_high_throughput: bool,
    stream: Vec<u8>,
}

/// Decodes one frame.
pub(super) fn decode(stream: &[u8], wanted: &Wanted) -> Result<Decoded, PixelError> {
    let head =
        head(stream).ok_or_else(|| damaged("its header is damaged, or of a kind not read"))?;
    wanted.check(NAME, head.columns, head.rows, head.components)?;
    let samples = if head.is_high_throughput {
        high_throughput(&head)?
    } else {
        classic(&head)?
    };
    let samples = if head.signed {
        let middle = 1 << (head.bits - 1);
        samples.into_iter().map(|sample| sample - middle).collect()
    } else {
        samples
    };
    Ok(Decoded {
        components: head.components,
        bits: head.bits,
        raw: Raw::I32(samples),
        // The transforms of the codec are undone with it.
        is_rgb: head.components == 3,
    })
}

fn classic(head: &Head) -> Result<Vec<i32>, PixelError> {
    let settings = DecodeSettings {
        resolve_palette_indices: false,
        strict: false,
        target_resolution: None,
    };
    let image = Image::new(&head.stream, &settings).map_err(|error| damaged(error.to_string()))?;
    let mut context = DecoderContext::default();
    let image = image
        .decode(&mut context)
        .map_err(|error| damaged(error.to_string()))?;
    let most = (1_i64 << head.bits) - 1;
    // Within the range of a sample, which has 16 bits at most.
    #[expect(clippy::cast_possible_truncation)]
    let sample = |sample: f32| (sample.round() as i64).clamp(0, most) as i32;
    let planes = image.components();
    if planes.len() != head.components {
        return Err(damaged("a component is missing"));
    }
    let planes = planes
        .iter()
        .map(|plane| plane.samples().iter().map(|v| sample(*v)));
    interleaved(planes.collect(), head)
}

fn high_throughput(head: &Head) -> Result<Vec<i32>, PixelError> {
    let image = jpeg2k::Image::from_bytes(&head.stream)
        .map_err(|_| damaged("its code blocks are damaged, or of a kind not read"))?;
    let planes = image.components();
    if planes.len() != head.components {
        return Err(damaged("a component is missing"));
    }
    let planes = planes.iter().map(|plane| plane.data().iter().copied());
    interleaved(planes.collect(), head)
}

/// The samples of all planes, one pixel after the other.
fn interleaved<I>(mut planes: Vec<I>, head: &Head) -> Result<Vec<i32>, PixelError>
where
    I: ExactSizeIterator<Item = i32>,
{
    let pixels = head.columns * head.rows;
    if planes.iter().any(|plane| plane.len() != pixels) {
        return Err(damaged("a component has another size"));
    }
    let mut samples = Vec::with_capacity(pixels * head.components);
    for _ in 0..pixels {
        samples.extend(planes.iter_mut().filter_map(Iterator::next));
    }
    Ok(samples)
}

/// Reads the size segment; `None` where it is damaged.
fn head(stream: &[u8]) -> Option<Head> {
    // Some archives put the boxes of a file around the codestream, which nothing here needs.
    let start = stream.windows(4).position(|four| four == START)?;
    let mut stream = stream.get(start..)?.to_vec();
    let &[l0, l1] = stream.get(4..6)?.first_chunk()?;
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let is_high_throughput = stream.get(4 + length..)?.starts_with(&[0xff, CAPABILITIES]);
    let segment = stream.get_mut(4..4 + length)?;
    let number = |at: usize| -> Option<usize> {
        let bytes = segment.get(at..at + 4)?.first_chunk()?;
        usize::try_from(u32::from_be_bytes(*bytes)).ok()
    };
    let columns = number(4)?.checked_sub(number(12)?)?;
    let rows = number(8)?.checked_sub(number(16)?)?;
    let components = segment.get_mut(38..)?;
    let (parts, []) = components.as_chunks_mut::<3>() else {
        return None;
    };
    let [first, ..] = *parts else {
        return None;
    };
    let same = parts.iter().all(|part| *part == first);
    let [depth, 1, 1] = first else {
        return None;
    };
    let bits = u32::from(depth & 0x7f) + 1;
    // All that is needed for a level in the middle is this bit; it is set right behind the decoder, since
    // not all decoders know of it.
    for [depth, _, _] in parts.iter_mut() {
        *depth &= 0x7f;
    }
    let components = parts.len();
    (same && bits <= 16 && matches!(components, 1 | 3)).then_some(Head {
        columns,
        rows,
        components,
        bits,
        signed: depth & 0x80 != 0,
        is_high_throughput,
        stream,
    })
}
