//! Where the frames of an object lie in its file, so that one of them is read without the others.
//!
//! Nothing here reads: [`PixelFinder`] says which bytes of the file it wants to see next, and is given them.

use std::ops::Range;

use bytes::{Buf as _, Bytes, BytesMut};
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use dicom_object::DefaultDicomObject;

use super::{
    MediaRange, WebError,
    frames::{OCTETS, coded_as, media_of},
};
use crate::{bounds, data_set_bytes, parse};

/// As much of a file is looked at first. Heads of single images are a few KiB long.
const FIRST_LOOK: u64 = 16 << 10;
/// How much of the pixel data is looked at in one step, where fragments are sought.
const STEP: u64 = 64 << 10;
/// The length of an item's header: its tag and its length.
const ITEM_HEADER: u64 = 8;
const ITEM: [u8; 4] = [0xfe, 0xff, 0x00, 0xe0];

/// Where the frames of an object lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// Where the value of the pixel data begins in the file: everything before it is the head.
    pub value_at: u64,
    /// Number of frames.
    pub frames: u32,
    syntax: String,
    form: Form,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// Native, little endian: frames of so many bits, one after the other.
    Native { end: u64, frame_bits: u64 },
    /// In fragments: where the first item of each frame begins, and where the last frame ends.
    Fragments { starts: Vec<u64>, end: u64 },
    /// Only the whole object can tell.
    Whole,
}

/// How frames are given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameForm {
    /// As they lie in the file: [`Pixels::frame`] is to be read, and [`Pixels::cut`] makes the frame of it.
    AsStored {
        /// The media type of each part, with its transfer syntax.
        content_type: String,
    },
    /// Another form, which [`super::frames`] makes from the whole object.
    Made,
}

impl Pixels {
    /// In which form frames are given to someone who accepts these ranges, the most wanted first.
    pub fn form(&self, ranges: &[MediaRange]) -> FrameForm {
        let media = media_of(&self.syntax);
        for range in ranges {
            let wanted = range.parameter("transfer-syntax");
            let any = wanted == Some("*") || (wanted.is_none() && range.inner() == "*/*");
            let stored = any || wanted.is_none_or(|wanted| wanted == self.syntax);
            match (&self.form, media) {
                (Form::Fragments { .. }, Some(media)) if stored && (range.takes(media) || any) => {
                    return FrameForm::AsStored {
                        content_type: format!("{media}; transfer-syntax={}", self.syntax),
                    };
                }
                (Form::Native { .. }, _)
                    if range.takes(OCTETS)
                        && wanted.is_none_or(|syntax| {
                            syntax == uids::EXPLICIT_VR_LITTLE_ENDIAN || syntax == "*"
                        }) =>
                {
                    return FrameForm::AsStored {
                        content_type: format!(
                            "{OCTETS}; transfer-syntax={}",
                            uids::EXPLICIT_VR_LITTLE_ENDIAN
                        ),
                    };
                }
                // What is accepted first may have to be made.
                _ if range.takes(OCTETS) || coded_as(range).is_some() => return FrameForm::Made,
                _ => {}
            }
        }
        FrameForm::Made
    }

    /// Where frame `number`, counted from 1, lies in the file.
    pub fn frame(&self, number: u32) -> Result<Range<u64>, WebError> {
        const WHAT: WebError = WebError::NotFound("that frame");
        if !(1..=self.frames).contains(&number) {
            return Err(WHAT);
        }
        let index = u64::from(number - 1);
        match &self.form {
            Form::Native { end, frame_bits } => {
                let first = frame_bits.checked_mul(index).ok_or(WHAT)?;
                let last = first.checked_add(*frame_bits).ok_or(WHAT)?;
                let range = self.value_at + first / 8..self.value_at + last.div_ceil(8);
                if range.end > *end {
                    return Err(WebError::Pixels("they are too short"));
                }
                Ok(range)
            }
            Form::Fragments { starts, end } => {
                let index = usize::try_from(index).unwrap_or(usize::MAX);
                let start = *starts.get(index).ok_or(WHAT)?;
                Ok(start..starts.get(index + 1).copied().unwrap_or(*end))
            }
            Form::Whole => Err(WHAT),
        }
    }

    /// The frame in the bytes that [`Pixels::frame`] named: single bits are put to the beginning of a byte,
    /// fragments together.
    pub fn cut(&self, number: u32, bytes: Bytes) -> Result<Bytes, WebError> {
        match &self.form {
            Form::Native { frame_bits, .. } => {
                let first = frame_bits * u64::from(number.saturating_sub(1));
                Ok(bits(bytes, first % 8, *frame_bits))
            }
            Form::Fragments { .. } => joined(bytes).ok_or(WebError::Pixels("they break off")),
            Form::Whole => Err(WebError::Pixels("frames cannot be told apart")),
        }
    }

    /// Where the bytes of the whole pixel data lie, if they are native.
    pub fn native(&self) -> Option<Range<u64>> {
        match &self.form {
            Form::Native { end, .. } => Some(self.value_at..*end),
            _ => None,
        }
    }
}

/// `count` bits from bit `first` on, the lowest bit of a byte first.
fn bits(bytes: Bytes, first: u64, count: u64) -> Bytes {
    if first == 0 && count.is_multiple_of(8) {
        return bytes;
    }
    let get = |at: u64| -> u8 {
        let byte = usize::try_from(at / 8).ok().and_then(|at| bytes.get(at));
        byte.map_or(0, |byte| byte >> (at % 8) & 1)
    };
    (0..count.div_ceil(8))
        .map(|place| {
            let in_byte = (count - place * 8).min(8);
            (0..in_byte).fold(0, |byte, bit| byte | get(first + place * 8 + bit) << bit)
        })
        .collect::<Vec<u8>>()
        .into()
}

/// The fragments of one frame without their headers.
fn joined(mut bytes: Bytes) -> Option<Bytes> {
    let mut whole = BytesMut::new();
    while let Some(length) = item_length(&bytes) {
        bytes.advance(usize::try_from(ITEM_HEADER).ok()?);
        let length = usize::try_from(length).ok()?;
        if length > bytes.len() {
            return None;
        }
        let fragment = bytes.split_to(length);
        if whole.is_empty() && item_length(&bytes).is_none() {
            return Some(fragment);
        }
        whole.extend_from_slice(&fragment);
    }
    (!whole.is_empty()).then(|| whole.freeze())
}

/// The length of the item that begins here; `None` where none does.
fn item_length(bytes: &[u8]) -> Option<u32> {
    let length = bytes.strip_prefix(&ITEM)?.first_chunk()?;
    Some(u32::from_le_bytes(*length))
}

/// What the finder is about to do.
#[derive(Debug)]
enum State {
    /// Looks at the first bytes of the file.
    Head,
    /// Looks at the item with the offset table.
    Table { head: Box<Head> },
    /// Goes over the fragments.
    Walk { head: Box<Head>, starts: Vec<u64> },
}

#[derive(Debug)]
struct Head {
    value_at: u64,
    frames: u32,
    syntax: String,
    offsets: Vec<u64>,
}

/// What the finder answers.
#[derive(Debug)]
pub enum Look {
    /// Give these bytes of the file next.
    At(Range<u64>),
    /// Found; `None` where there are no pixel data.
    Found(Option<Pixels>),
}

/// Finds out where the frames lie.
#[derive(Debug)]
pub struct PixelFinder {
    size: u64,
    state: State,
}

impl PixelFinder {
    /// For a file of `size` bytes; also says what to look at first.
    pub fn new(size: u64) -> (Self, Range<u64>) {
        let finder = Self {
            size,
            state: State::Head,
        };
        (finder, 0..FIRST_LOOK.min(size))
    }

    /// Takes the bytes of the file that were asked for.
    pub fn give(&mut self, at: Range<u64>, bytes: &[u8]) -> Result<Look, WebError> {
        match std::mem::replace(&mut self.state, State::Head) {
            State::Head => self.head(bytes),
            State::Table { head } => self.table(head, at, bytes),
            State::Walk { head, starts } => Ok(self.walk(head, starts, at.start, bytes)),
        }
    }

    fn head(&mut self, file: &[u8]) -> Result<Look, WebError> {
        let so_far = file.len() as u64;
        let whole = so_far >= self.size;
        let Some((syntax, found)) = pixel_element(file) else {
            if whole {
                return Ok(Look::Found(None));
            }
            return Ok(Look::At(0..so_far.saturating_mul(8).min(self.size)));
        };
        let Some((value_at, length)) = found else {
            return Ok(Look::Found(None));
        };
        let object = parse::open(file.get(..value_at).unwrap_or(file), Some(PIXELS))?;
        let head = Box::new(Head {
            value_at: value_at as u64,
            frames: number(&object, tags::NUMBER_OF_FRAMES).unwrap_or(1).max(1),
            syntax,
            offsets: extended_offsets(&object),
        });
        if length != u32::MAX {
            let form = native(&object, &head, u64::from(length));
            return Ok(Look::Found(Some(head.with(form))));
        }
        if media_of(&head.syntax).is_none() {
            return Ok(Look::Found(Some(head.with(Form::Whole))));
        }
        // The offset table is the first item, and often empty.
        let table = u64::from(head.frames) * 4 + ITEM_HEADER;
        let range = head.value_at..head.value_at.saturating_add(table).min(self.size);
        self.state = State::Table { head };
        Ok(Look::At(range))
    }

    fn table(&mut self, head: Box<Head>, at: Range<u64>, bytes: &[u8]) -> Result<Look, WebError> {
        let length = item_length(bytes).ok_or(WebError::Pixels("they break off"))?;
        let first = at.start + ITEM_HEADER + u64::from(length);
        let mut offsets = head.offsets.clone();
        if offsets.is_empty() {
            let table = bytes.get(8..).unwrap_or_default();
            let entries = table.chunks_exact(4).take((length / 4) as usize);
            offsets = entries
                .filter_map(|entry| entry.first_chunk())
                .map(|entry| u64::from(u32::from_le_bytes(*entry)))
                .collect();
        }
        let end = self.size;
        let in_order = offsets.windows(2).all(|two| matches!(two, [a, b] if a < b));
        if head.frames == 1 {
            let starts = vec![first];
            return Ok(Look::Found(Some(
                head.with(Form::Fragments { starts, end }),
            )));
        }
        if offsets.len() == head.frames as usize && in_order && offsets.first() == Some(&0) {
            let starts: Vec<u64> = offsets.iter().map(|offset| first + offset).collect();
            if starts.last().is_some_and(|last| *last < end) {
                return Ok(Look::Found(Some(
                    head.with(Form::Fragments { starts, end }),
                )));
            }
        }
        let range = first..(first + STEP).min(self.size);
        self.state = State::Walk {
            head,
            starts: Vec::new(),
        };
        Ok(Look::At(range))
    }

    /// Without an offset table, each frame must have one fragment.
    fn walk(&mut self, head: Box<Head>, mut starts: Vec<u64>, from: u64, bytes: &[u8]) -> Look {
        let mut at = from;
        loop {
            let rest = usize::try_from(at - from)
                .ok()
                .and_then(|skip| bytes.get(skip..))
                .unwrap_or_default();
            if (rest.len() as u64) < ITEM_HEADER && at + ITEM_HEADER <= self.size {
                let range = at..(at + STEP).min(self.size);
                self.state = State::Walk { head, starts };
                return Look::At(range);
            }
            let Some(length) = item_length(rest) else {
                break;
            };
            starts.push(at);
            if starts.len() > head.frames as usize {
                break;
            }
            at += ITEM_HEADER + u64::from(length);
        }
        let form = if starts.len() == head.frames as usize {
            Form::Fragments { starts, end: at }
        } else {
            Form::Whole
        };
        Look::Found(Some(head.with(form)))
    }
}

const PIXELS: Tag = Tag(0x7fe0, 0x0000);

impl Head {
    fn with(self, form: Form) -> Pixels {
        Pixels {
            value_at: self.value_at,
            frames: self.frames,
            syntax: self.syntax,
            form,
        }
    }
}

/// The transfer syntax, and where the value of the pixel data begins with its length; that is `None` where
/// only the whole object can tell. Nothing where the bytes do not reach so far.
fn pixel_element(file: &[u8]) -> Option<(String, Option<(usize, u32)>)> {
    let data_set = data_set_bytes(file)?;
    let syntax = parse::transfer_syntax(file)?;
    if syntax == uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN {
        return Some((syntax, None));
    }
    let (at, length) = bounds::pixel_data(data_set, &syntax)?;
    let at = file.len() - data_set.len() + at;
    Some((syntax, Some((at, length))))
}

fn number(object: &DefaultDicomObject, tag: Tag) -> Option<u32> {
    object.get(tag)?.to_int().ok()
}

/// The extended offset table (PS3.5 annex A.4), if there is one.
fn extended_offsets(object: &DefaultDicomObject) -> Vec<u64> {
    let table = object.get(tags::EXTENDED_OFFSET_TABLE);
    table
        .and_then(|element| element.to_bytes().ok())
        .map(|bytes| {
            let entries = bytes
                .chunks_exact(8)
                .filter_map(|entry| entry.first_chunk());
            entries.map(|entry| u64::from_le_bytes(*entry)).collect()
        })
        .unwrap_or_default()
}

#[expect(
    deprecated,
    reason = "big endian is retired, and old archives still send it"
)]
fn native(object: &DefaultDicomObject, head: &Head, length: u64) -> Form {
    let bits = number(object, tags::BITS_ALLOCATED).unwrap_or(0);
    // Words of big endian are turned round, bytes within words too, and these pixels share samples: the whole
    // object tells.
    let photometric = object
        .get(tags::PHOTOMETRIC_INTERPRETATION)
        .and_then(|element| element.to_str().ok());
    let shares = photometric.is_some_and(|text| text.trim().ends_with("_422"));
    if shares || head.syntax == uids::EXPLICIT_VR_BIG_ENDIAN {
        return Form::Whole;
    }
    let sides = [tags::ROWS, tags::COLUMNS].map(|tag| number(object, tag));
    let [Some(rows), Some(columns)] = sides else {
        return Form::Whole;
    };
    let samples = number(object, tags::SAMPLES_PER_PIXEL).unwrap_or(1);
    let frame_bits = u64::from(rows)
        .checked_mul(u64::from(columns))
        .and_then(|pixels| pixels.checked_mul(u64::from(samples)))
        .and_then(|values| values.checked_mul(u64::from(bits)));
    match frame_bits {
        Some(frame_bits) if frame_bits > 0 => Form::Native {
            end: head.value_at.saturating_add(length),
            frame_bits,
        },
        _ => Form::Whole,
    }
}
