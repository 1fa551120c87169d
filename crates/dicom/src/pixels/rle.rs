//! RLE lossless (PS3.5 annex G): each byte of the samples in a segment of its own, the highest first.

use super::{PixelError, PixelForm, Samples, form::SampleKind};

const NAME: &str = "RLE";
const HEADER_BYTES: usize = 64;

/// Decodes a frame.
pub(super) fn decode(stream: &[u8], form: &PixelForm) -> Result<Samples, PixelError> {
    let damaged = |why| PixelError::stream(NAME, why);
    let (header, _) = stream.as_chunks::<4>();
    let mut header = header.iter().map(|word| u32::from_le_bytes(*word) as usize);
    let count = header.next().ok_or_else(|| damaged("it breaks off"))?;
    let allocated = form.kind.allocated();
    let bytes = (allocated / 8).max(1) as usize;
    if count != bytes * form.samples_per_pixel {
        return Err(damaged(
            "it has another number of segments than the pixels have bytes",
        ));
    }
    let starts: Vec<usize> = header.take(15).take(count).collect();
    if starts.len() != count {
        return Err(damaged("it breaks off"));
    }
    // Single bits are packed before they are coded.
    let plane = form.pixels() * allocated.min(8) as usize;
    let plane = plane.div_ceil(8);
    let mut out = vec![0; plane * count];
    for (place, start) in starts.iter().enumerate() {
        let end = starts.get(place + 1).copied().unwrap_or(stream.len());
        let segment = stream.get(*start..end).filter(|_| *start >= HEADER_BYTES);
        let segment = segment.ok_or_else(|| damaged("its segments lie outside of it"))?;
        let (sample, byte) = (place / bytes, place % bytes);
        let first = sample * bytes + (bytes - 1 - byte);
        let places = out.iter_mut().skip(first).step_by(count);
        unpack(segment, places).ok_or_else(|| damaged("a segment is too short"))?;
    }
    let interleaved = PixelForm {
        planar: false,
        ..form.clone()
    };
    debug_assert!(matches!(form.kind, SampleKind::Integer { .. }));
    Samples::of_native(&out, &interleaved)
}

/// Unpacks a segment into places of the frame; `None` where it does not fill them.
fn unpack<'a>(segment: &[u8], mut places: impl ExactSizeIterator<Item = &'a mut u8>) -> Option<()> {
    let mut bytes = segment.iter();
    while places.len() > 0 {
        let control = *bytes.next()?;
        match control {
            0..128 => {
                for _ in 0..=control {
                    let byte = *bytes.next()?;
                    if let Some(place) = places.next() {
                        *place = byte;
                    }
                }
            }
            128 => {}
            129.. => {
                let byte = *bytes.next()?;
                for _ in 0..257 - usize::from(control) {
                    if let Some(place) = places.next() {
                        *place = byte;
                    }
                }
            }
        }
    }
    Some(())
}

/// Encodes a frame that is given in little endian, one pixel after the other.
pub(super) fn encode(native: &[u8], form: &PixelForm) -> Result<Vec<u8>, PixelError> {
    let bytes = (form.kind.allocated() / 8).max(1) as usize;
    let count = bytes * form.samples_per_pixel;
    if count > 15 {
        return Err(PixelError::stream(NAME, "a pixel has more than 15 bytes"));
    }
    let row = if form.kind.allocated() == 1 {
        native.len()
    } else {
        form.columns
    };
    let mut starts = Vec::with_capacity(count);
    let mut body = Vec::with_capacity(native.len() / 2);
    for place in 0..count {
        starts.push(HEADER_BYTES + body.len());
        let (sample, byte) = (place / bytes, place % bytes);
        let first = sample * bytes + (bytes - 1 - byte);
        let plane: Vec<u8> = native.iter().skip(first).step_by(count).copied().collect();
        // Runs do not go over the ends of rows.
        for row in plane.chunks(row.max(1)) {
            pack(row, &mut body);
        }
        if body.len() % 2 == 1 {
            body.push(0);
        }
    }
    let mut out = Vec::with_capacity(HEADER_BYTES + body.len());
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    out.extend(number(count));
    for start in starts {
        out.extend(number(start));
    }
    out.resize(HEADER_BYTES, 0);
    out.extend(body);
    Ok(out)
}

/// Packs a row: runs of three and more, and what lies between them as it is.
fn pack(row: &[u8], out: &mut Vec<u8>) {
    let mut plain: Vec<u8> = Vec::new();
    let flush = |plain: &mut Vec<u8>, out: &mut Vec<u8>| {
        for part in plain.chunks(128) {
            out.push(u8::try_from(part.len() - 1).unwrap_or_default());
            out.extend_from_slice(part);
        }
        plain.clear();
    };
    for run in row.chunk_by(|a, b| a == b) {
        for part in run.chunks(128) {
            match part {
                [] => {}
                [byte, _, _, ..] => {
                    flush(&mut plain, out);
                    out.push(u8::try_from(257 - part.len()).unwrap_or_default());
                    out.push(*byte);
                }
                few => plain.extend_from_slice(few),
            }
        }
    }
    flush(&mut plain, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::Photometric;

    fn form(columns: usize, rows: usize, samples: usize, allocated: u32) -> PixelForm {
        PixelForm {
            columns,
            rows,
            frames: 1,
            samples_per_pixel: samples,
            photometric: if samples == 1 {
                Photometric::Monochrome2
            } else {
                Photometric::Rgb
            },
            kind: SampleKind::Integer {
                allocated,
                stored: allocated,
                shift: 0,
                signed: false,
            },
            planar: false,
        }
    }

    #[test]
    fn what_is_encoded_is_decoded_again() {
        for (samples, allocated) in [(1, 8), (1, 16), (3, 8), (3, 16), (1, 32), (3, 32)] {
            let form = form(37, 11, samples, allocated);
            // Runs of many lengths, and places without any.
            let native: Vec<u8> = (0..form.native_bytes())
                .map(|i| {
                    let byte = if i / 97 % 2 == 0 { i / 13 } else { i * 7 };
                    byte.to_le_bytes()[0]
                })
                .collect();
            let coded = encode(&native, &form).unwrap();
            assert_eq!(coded.len() % 2, 0);
            let decoded = decode(&coded, &form).unwrap();
            assert_eq!(decoded.to_le_bytes(), native, "{samples} × {allocated}");
        }
    }

    #[test]
    fn damaged_streams_are_refused() {
        let form = form(16, 16, 1, 16);
        let native = vec![7; form.native_bytes()];
        let coded = encode(&native, &form).unwrap();
        for end in 0..coded.len() - 1 {
            assert!(decode(&coded[..end], &form).is_err(), "{end}");
        }
        let mut outside = coded;
        outside[4] = 0xff;
        assert!(decode(&outside, &form).is_err());
    }
}
