//! JPEG-LS (ISO/IEC 14495-1, ITU-T T.87), lossless and near-lossless.
//!
//! Written here because the one binding to be had builds `CharLS` with `CMake` and a C++ compiler, and the one
//! decoder in Rust lacks scans interleaved by sample, which are met in colour images.

mod bits;
mod scan;

use self::scan::{Coding, Line, Scan};
use super::{
    PixelError,
    codec::{Decoded, Raw, Wanted},
};

const NAME: &str = "JPEG-LS";
const START: u8 = 0xd8;
const END: u8 = 0xd9;
const FRAME: u8 = 0xf7;
const PRESETS: u8 = 0xf8;
const SCAN: u8 = 0xda;
const RESTARTS: u8 = 0xdd;

fn damaged(why: &'static str) -> PixelError {
    PixelError::stream(NAME, why)
}

/// What the frame header says.
struct Header {
    bits: u32,
    rows: usize,
    columns: usize,
    /// Their identifiers, in order.
    components: Vec<u8>,
}

/// What comes in front of a scan and holds for it.
#[derive(Default)]
struct Tables {
    most: i64,
    thresholds: [i64; 3],
    reset: i64,
    /// Lines between restarts; 0 for none.
    restarts: usize,
}

/// Decodes one frame whose size is known.
pub(super) fn decode(stream: &[u8], wanted: &Wanted) -> Result<Decoded, PixelError> {
    let mut header = None;
    let mut tables = Tables::default();
    let mut planes: Vec<Vec<u16>> = Vec::new();
    let mut at = 0;
    loop {
        let (marker, next) = marker_at(stream, at)?;
        at = next;
        match marker {
            START => continue,
            END => break,
            _ => {}
        }
        let segment = segment_at(stream, at)?;
        at += segment.len() + 2;
        match marker {
            FRAME => {
                let found = header_of(segment).ok_or_else(|| damaged("its header is damaged"))?;
                wanted.check(NAME, found.columns, found.rows, found.components.len())?;
                planes = vec![Vec::new(); found.components.len()];
                header = Some(found);
            }
            PRESETS => tables.presets(segment)?,
            RESTARTS => {
                tables.restarts = segment
                    .iter()
                    .fold(0, |lines, byte| lines << 8 | usize::from(*byte));
            }
            SCAN => {
                let header = header.as_ref().ok_or_else(|| damaged("it has no header"))?;
                at = scan(stream, at, segment, header, &tables, &mut planes)?;
                if planes.iter().all(|plane| !plane.is_empty()) {
                    break;
                }
            }
            _ => {}
        }
    }
    let header = header.ok_or_else(|| damaged("it has no header"))?;
    assembled(&header, planes)
}

/// The planes, interleaved by pixel.
fn assembled(header: &Header, mut planes: Vec<Vec<u16>>) -> Result<Decoded, PixelError> {
    let voxels = header.columns * header.rows;
    if planes.iter().any(|plane| plane.len() != voxels) {
        return Err(damaged("a component is missing"));
    }
    let samples = match planes.as_mut_slice() {
        [plane] => std::mem::take(plane),
        planes => {
            let mut samples = vec![0; voxels * planes.len()];
            let count = planes.len();
            for (component, plane) in planes.iter().enumerate() {
                let places = samples.iter_mut().skip(component).step_by(count);
                for (place, sample) in places.zip(plane) {
                    *place = *sample;
                }
            }
            samples
        }
    };
    Ok(Decoded {
        components: header.components.len(),
        bits: header.bits,
        raw: Raw::U16(samples),
        is_rgb: false,
    })
}

/// The marker at a place and where what follows it begins.
fn marker_at(stream: &[u8], at: usize) -> Result<(u8, usize), PixelError> {
    let rest = stream.get(at..).unwrap_or_default();
    let fill = rest.iter().take_while(|byte| **byte == 0xff).count();
    match rest.get(fill) {
        Some(marker) if fill > 0 => Ok((*marker, at + fill + 1)),
        _ => Err(damaged("it breaks off")),
    }
}

/// The content of a marker segment.
fn segment_at(stream: &[u8], at: usize) -> Result<&[u8], PixelError> {
    let rest = stream.get(at..).unwrap_or_default();
    rest.split_first_chunk()
        .and_then(|(length, rest)| {
            let length = usize::from(u16::from_be_bytes(*length)).checked_sub(2)?;
            rest.get(..length)
        })
        .ok_or_else(|| damaged("it breaks off"))
}

fn header_of(segment: &[u8]) -> Option<Header> {
    let (&[bits, y0, y1, x0, x1, count], rest) = segment.split_first_chunk()?;
    let components: Vec<u8> = rest
        .chunks_exact(3)
        .filter_map(|part| match part {
            [identifier, 0x11, _] => Some(*identifier),
            _ => None,
        })
        .collect();
    let fits = (2..=16).contains(&bits)
        && (1..=4).contains(&count)
        && components.len() == usize::from(count);
    fits.then(|| Header {
        bits: u32::from(bits),
        rows: usize::from(u16::from_be_bytes([y0, y1])),
        columns: usize::from(u16::from_be_bytes([x0, x1])),
        components,
    })
}

impl Tables {
    /// Takes a segment of preset parameters.
    fn presets(&mut self, segment: &[u8]) -> Result<(), PixelError> {
        let Some((1, rest)) = segment.split_first() else {
            return Err(damaged("it maps its samples by a table, which is not read"));
        };
        let (pairs, _) = rest.as_chunks::<2>();
        let &[most, first, second, third, reset] = pairs else {
            return Err(damaged("its parameters are damaged"));
        };
        let number = |pair| i64::from(u16::from_be_bytes(pair));
        self.most = number(most);
        self.thresholds = [first, second, third].map(number);
        self.reset = number(reset);
        Ok(())
    }

    /// What a scan depends on, if that is sound.
    fn coding(&self, bits: u32, near: u8) -> Option<Coding> {
        let whole = (1 << bits) - 1;
        let most = if self.most == 0 { whole } else { self.most };
        let near = i64::from(near);
        if most > whole || near > most / 2 {
            return None;
        }
        let mut coding = Coding::new(most, near);
        for (used, preset) in coding.thresholds.iter_mut().zip(self.thresholds) {
            if preset != 0 {
                *used = preset;
            }
        }
        if self.reset != 0 {
            coding.reset = self.reset;
        }
        Some(coding)
    }
}

/// How the components of a scan follow each other.
#[derive(Clone, Copy, PartialEq)]
enum Interleaved {
    Not,
    ByLine,
    BySample,
}

/// Decodes one scan into its planes; tells where it ends.
fn scan(
    stream: &[u8],
    at: usize,
    segment: &[u8],
    header: &Header,
    tables: &Tables,
    planes: &mut [Vec<u16>],
) -> Result<usize, PixelError> {
    let unsound = || damaged("a scan's header is damaged");
    let (count, rest) = segment.split_first().ok_or_else(unsound)?;
    let (named, rest) = rest
        .split_at_checked(usize::from(*count) * 2)
        .ok_or_else(unsound)?;
    let &[near, interleave, shift] = rest else {
        return Err(unsound());
    };
    let places: Option<Vec<usize>> = named
        .chunks_exact(2)
        .map(|part| {
            let place = header
                .components
                .iter()
                .position(|known| part.first() == Some(known))?;
            // A table of the second byte maps samples to others.
            (part.get(1) == Some(&0)).then_some(place)
        })
        .collect();
    let places = places.filter(|places| !places.is_empty() && shift == 0);
    let places = places.ok_or_else(unsound)?;
    let interleaved = match (interleave, places.len()) {
        (_, 1) => Interleaved::Not,
        (1, _) => Interleaved::ByLine,
        (2, _) => Interleaved::BySample,
        _ => return Err(unsound()),
    };
    let coding = tables.coding(header.bits, near).ok_or_else(unsound)?;
    let mut lines = Lines::new(header, &places);
    let mut at = at;
    let interval = match tables.restarts {
        0 => header.rows,
        lines => lines,
    };
    let mut done = 0;
    while done < header.rows {
        let rows = interval.min(header.rows - done);
        let bytes = stream.get(at..).unwrap_or_default();
        let mut scan = Scan::new(bytes, coding);
        lines
            .decode(&mut scan, interleaved, rows)
            .ok_or_else(|| damaged("its coded samples are damaged or break off"))?;
        at += scan.bits.end();
        done += rows;
        if done < header.rows {
            let (marker, next) = marker_at(stream, at)?;
            if !(0xd0..=0xd7).contains(&marker) {
                return Err(damaged("a restart is missing"));
            }
            at = next;
        }
    }
    for (place, samples) in places.into_iter().zip(lines.samples) {
        if let Some(plane) = planes.get_mut(place) {
            *plane = samples;
        }
    }
    Ok(at)
}

/// The lines that a scan is at, and all samples before them; one of each for each component.
struct Lines {
    above: Vec<Line>,
    here: Vec<Line>,
    samples: Vec<Vec<u16>>,
}

impl Lines {
    fn new(header: &Header, places: &[usize]) -> Self {
        let blank = vec![vec![0; header.columns + 2]; places.len()];
        let room = header.columns * header.rows;
        Self {
            above: blank.clone(),
            here: blank,
            samples: places.iter().map(|_| Vec::with_capacity(room)).collect(),
        }
    }

    /// Decodes lines up to the next restart, behind which nothing is known of what was before.
    fn decode(&mut self, scan: &mut Scan, interleaved: Interleaved, rows: usize) -> Option<()> {
        for line in self.above.iter_mut().chain(&mut self.here) {
            line.fill(0);
        }
        let mut runs = vec![0; self.here.len()];
        for _ in 0..rows {
            for (above, line) in self.above.iter_mut().zip(&mut self.here) {
                let (first, last) = (*above.get(1)?, *above.get(above.len() - 2)?);
                *above.last_mut()? = last;
                *line.first_mut()? = first;
            }
            if interleaved == Interleaved::BySample {
                scan.pixels(&self.above, &mut self.here, runs.first_mut()?)?;
            } else {
                let lines = self.above.iter().zip(&mut self.here);
                for ((above, line), run) in lines.zip(&mut runs) {
                    scan.line(above, line, run)?;
                }
            }
            for (line, samples) in self.here.iter().zip(&mut self.samples) {
                let inner = line.get(1..line.len() - 1)?;
                samples.extend(inner.iter().map(|v| u16::try_from(*v).unwrap_or_default()));
            }
            std::mem::swap(&mut self.above, &mut self.here);
        }
        Some(())
    }
}
