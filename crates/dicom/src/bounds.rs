//! A look at the lengths of a data set before it is parsed: `parse::open`, which every reader of files goes
//! through, begins with it, and so do identifiers and command sets that come over the network.
//!
//! The parser below reserves what an element's length says before it reads, and goes down into nested items
//! by recursion. A few wrong bytes would make it take gigabytes, or overflow the stack. This walk touches
//! lengths only, so that it costs next to nothing, and it goes over the pixel data too: objects that break
//! off are found out here.

use std::{io::Read as _, ops::Range};

use dicom_core::{DataDictionary as _, Tag, VR, dictionary::DataDictionaryEntry as _};
use dicom_dictionary_std::{StandardDataDictionary, tags, uids};
use flate2::read::DeflateDecoder;

/// No object that was met nests deeper than a dozen.
const DEEPEST: usize = 64;
/// A deflated data set that is kept may not be larger than this,
const INFLATED_BYTES: u64 = 1 << 30;
/// and one that comes in not larger than this.
const INFLATED_ON_ARRIVAL: u64 = 256 << 20;
/// DEFLATE makes nothing more than so many times smaller.
const DEFLATED_TIMES: u64 = 1032;
const UNDEFINED: u32 = u32::MAX;
const ITEM: Tag = Tag(0xfffe, 0xe000);
const ITEM_END: Tag = Tag(0xfffe, 0xe00d);
const SEQUENCE_END: Tag = Tag(0xfffe, 0xe0dd);

/// How elements are written.
#[derive(Clone, Copy, PartialEq)]
struct Syntax {
    explicit: bool,
    big_endian: bool,
}

const IMPLICIT: Syntax = Syntax {
    explicit: false,
    big_endian: false,
};

/// Checks that every length of a data set stays within its bytes. The error says what and where.
pub(crate) fn check(data_set: &[u8], transfer_syntax: &str) -> Result<(), String> {
    looked_at(data_set, transfer_syntax, None).map(drop)
}

/// The same for one that comes in, of which less is taken.
pub(crate) fn check_arriving(data_set: &[u8], transfer_syntax: &str) -> Result<(), String> {
    look_at(data_set, transfer_syntax, None, INFLATED_ON_ARRIVAL).map(drop)
}

/// The same for the elements before `until`, for whoever reads no further; says how many bytes were looked
/// at, none more than which may be parsed. What follows the pixel data is not among them, since it is often
/// padding without form, but for deflated data sets, which the parser inflates whole.
pub(crate) fn looked_at(
    data_set: &[u8],
    transfer_syntax: &str,
    until: Option<Tag>,
) -> Result<usize, String> {
    look_at(data_set, transfer_syntax, until, INFLATED_BYTES)
}

#[expect(
    deprecated,
    reason = "big endian is retired, and old archives still send it"
)]
fn look_at(
    data_set: &[u8],
    transfer_syntax: &str,
    until: Option<Tag>,
    most_inflated: u64,
) -> Result<usize, String> {
    let little = Syntax {
        explicit: true,
        big_endian: false,
    };
    match transfer_syntax {
        uids::IMPLICIT_VR_LITTLE_ENDIAN => walk(data_set, IMPLICIT, until),
        uids::EXPLICIT_VR_BIG_ENDIAN => walk(
            data_set,
            Syntax {
                explicit: true,
                big_endian: true,
            },
            until,
        ),
        uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN => {
            let inflated = inflated(data_set, most_inflated)?;
            let walk = Walk {
                until,
                behind_pixels: true,
                ..Walk::over(&inflated)
            };
            walk.all(little).map(|_| data_set.len())
        }
        _ => walk(data_set, little, until),
    }
}

/// Where the pixel data of a data set begin, by its first bytes: the offset of their value, and its length
/// as it is written. `None` where these bytes do not reach there, or there are none.
#[expect(
    deprecated,
    reason = "big endian is retired, and old archives still send it"
)]
pub(crate) fn pixel_data(data_set: &[u8], transfer_syntax: &str) -> Option<(usize, u32)> {
    let syntax = Syntax {
        explicit: transfer_syntax != uids::IMPLICIT_VR_LITTLE_ENDIAN,
        big_endian: transfer_syntax == uids::EXPLICIT_VR_BIG_ENDIAN,
    };
    let mut walk = Walk::over(data_set);
    while walk.at < data_set.len() {
        let header = walk.header(syntax).ok()?;
        if header.tag == tags::PIXEL_DATA {
            return Some((walk.at, header.length));
        }
        if header.tag > tags::PIXEL_DATA {
            return None;
        }
        walk.value(&header, data_set.len(), syntax, 0).ok()?;
    }
    None
}

/// A deflated data set that is kept, as it was.
pub(crate) fn inflate(data_set: &[u8]) -> Result<Vec<u8>, String> {
    inflated(data_set, INFLATED_BYTES)
}

/// How large a deflated data set of so many bytes is at most when it comes in.
pub(crate) fn most_inflated(deflated: usize) -> u64 {
    let deflated = u64::try_from(deflated).unwrap_or(u64::MAX);
    deflated
        .saturating_mul(DEFLATED_TIMES)
        .min(INFLATED_ON_ARRIVAL)
}

/// Where the elements of the outermost level lie in a data set in explicit little endian: up to its pixel
/// data, and with them.
pub(crate) fn places(data_set: &[u8]) -> Result<Vec<(Tag, Range<usize>)>, String> {
    let syntax = Syntax {
        explicit: true,
        big_endian: false,
    };
    let mut walk = Walk::over(data_set);
    let mut places = Vec::new();
    while walk.at < data_set.len() {
        let start = walk.at;
        let header = walk.header(syntax)?;
        if header.tag.group() == ITEM.group() {
            continue;
        }
        walk.value(&header, data_set.len(), syntax, 0)?;
        places.push((header.tag, start..walk.at));
        if header.tag == tags::PIXEL_DATA {
            break;
        }
    }
    Ok(places)
}

/// A deflated data set as it was, if that is not larger than `most` bytes.
fn inflated(data_set: &[u8], most: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = DeflateDecoder::new(data_set)
        .take(most + 1)
        .read_to_end(&mut bytes);
    if read.is_err() {
        return Err("it cannot be inflated".to_owned());
    }
    if bytes.len() as u64 > most {
        return Err("it is too large when inflated".to_owned());
    }
    Ok(bytes)
}

fn walk(bytes: &[u8], syntax: Syntax, until: Option<Tag>) -> Result<usize, String> {
    let walk = Walk {
        until,
        ..Walk::over(bytes)
    };
    walk.all(syntax)
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The first element of the outermost level that is not looked at, if not all are.
    until: Option<Tag>,
    /// Whether what follows the pixel data is looked at too.
    behind_pixels: bool,
}

/// The header of an element.
struct Header {
    tag: Tag,
    vr: Option<[u8; 2]>,
    length: u32,
}

/// Whether the length has two bytes in explicit form.
fn is_short(vr: VR) -> bool {
    use VR::{AE, AS, AT, CS, DA, DS, DT, FD, FL, IS, LO, LT, PN, SH, SL, SS, ST, TM, UI, UL, US};
    matches!(
        vr,
        AE | AS
            | AT
            | CS
            | DA
            | DS
            | DT
            | FD
            | FL
            | IS
            | LO
            | LT
            | PN
            | SH
            | SL
            | SS
            | ST
            | TM
            | UI
            | UL
            | US
    )
}

/// How many bytes one number of a value takes. The parser reads whole numbers only and goes on behind the last
/// one, so that what is left over would be taken for the header of another element.
fn width(vr: VR) -> usize {
    use VR::{AT, FD, FL, OD, OF, OL, OV, OW, SL, SS, SV, UL, US, UV};
    match vr {
        US | SS | OW => 2,
        AT | FL | OF | OL | SL | UL => 4,
        FD | OD | OV | SV | UV => 8,
        _ => 1,
    }
}

/// Where a file meta group lies in the bytes that begin with it.
pub(crate) struct MetaGroup {
    /// Where its elements begin, behind the element that tells their length.
    pub elements: usize,
    /// Where it ends.
    pub end: usize,
    /// Whether that length is there and right. The parser goes by it.
    pub length_is_right: bool,
}

/// Finds the file meta group; `None` where it does not stay within the bytes.
pub(crate) fn meta_group(bytes: &[u8]) -> Option<MetaGroup> {
    let syntax = Syntax {
        explicit: true,
        big_endian: false,
    };
    let mut walk = Walk::over(bytes);
    let mut elements = 0;
    let mut told = None;
    while bytes.get(walk.at..)?.starts_with(&[0x02, 0x00]) {
        let first = walk.at == 0;
        let header = walk.header(syntax).ok()?;
        let end = walk.end_of(header.length, bytes.len()).ok()?;
        if first && header.tag == tags::FILE_META_INFORMATION_GROUP_LENGTH {
            let length = bytes
                .get(walk.at..end)?
                .first_chunk()
                .map(|length| u32::from_le_bytes(*length));
            told = length.and_then(|length| end.checked_add(usize::try_from(length).ok()?));
            elements = end;
        }
        walk.at = end;
    }
    Some(MetaGroup {
        elements,
        end: walk.at,
        length_is_right: told == Some(walk.at),
    })
}

const BREAKS_OFF: &str = "it breaks off";

impl<'a> Walk<'a> {
    fn over(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            until: None,
            behind_pixels: false,
        }
    }

    /// Goes over a whole data set; says how far.
    fn all(mut self, syntax: Syntax) -> Result<usize, String> {
        self.elements(self.bytes.len(), syntax, 0, false)
            .map(|()| self.at)
            .map_err(|why| format!("{why} at byte {}", self.at))
    }

    /// Goes over elements up to `end`, or up to a delimiter where one is awaited.
    fn elements(
        &mut self,
        end: usize,
        syntax: Syntax,
        depth: usize,
        delimited: bool,
    ) -> Result<(), &'static str> {
        if depth > DEEPEST {
            return Err("items are nested too deep");
        }
        while self.at < end {
            let header = self.header(syntax)?;
            if header.tag.group() == ITEM.group() {
                match header.tag {
                    ITEM_END if delimited => return Ok(()),
                    // The parser steps over these.
                    ITEM_END if depth == 0 && header.length == 0 => continue,
                    _ => return Err("a delimiter is out of place"),
                }
            }
            // The parser stops here too.
            if depth == 0 && self.until.is_some_and(|until| until <= header.tag) {
                return Ok(());
            }
            self.value(&header, end, syntax, depth)?;
            // What follows the pixel data is not parsed, and is often padding without form.
            if depth == 0 && header.tag == tags::PIXEL_DATA && !self.behind_pixels {
                return Ok(());
            }
        }
        if delimited { Err(BREAKS_OFF) } else { Ok(()) }
    }

    /// Goes over one value.
    fn value(
        &mut self,
        header: &Header,
        end: usize,
        syntax: Syntax,
        depth: usize,
    ) -> Result<(), &'static str> {
        if header.length == UNDEFINED {
            if header.tag == tags::PIXEL_DATA {
                return self.fragments(syntax);
            }
            return self.items(end, syntax, depth, true);
        }
        let value_end = self.end_of(header.length, end)?;
        let vr = match header.vr {
            Some(vr) => VR::from_binary(vr),
            None => StandardDataDictionary
                .by_tag(header.tag)
                .map(|entry| entry.vr().relaxed()),
        };
        if vr == Some(VR::SQ) {
            return self.items(value_end, syntax, depth, false);
        }
        // Pixel data are cut off by whoever looks at frames, and are the last that is parsed.
        let is_whole = (value_end - self.at).is_multiple_of(vr.map_or(1, width));
        if !is_whole && (depth > 0 || header.tag != tags::PIXEL_DATA) {
            return Err("a value ends within a number");
        }
        self.at = value_end;
        Ok(())
    }

    /// Goes over the items of a sequence up to `end`, or up to its delimiter.
    fn items(
        &mut self,
        end: usize,
        syntax: Syntax,
        depth: usize,
        delimited: bool,
    ) -> Result<(), &'static str> {
        while self.at < end {
            let header = self.header(syntax)?;
            match header.tag {
                SEQUENCE_END => return Ok(()),
                ITEM if header.length == UNDEFINED => {
                    self.elements(end, syntax, depth + 1, true)?;
                }
                ITEM => {
                    let item_end = self.end_of(header.length, end)?;
                    self.elements(item_end, syntax, depth + 1, false)?;
                }
                _ => return Err("a sequence holds something that is no item"),
            }
        }
        if delimited { Err(BREAKS_OFF) } else { Ok(()) }
    }

    /// Goes over the fragments of encapsulated pixel data.
    fn fragments(&mut self, syntax: Syntax) -> Result<(), &'static str> {
        loop {
            let header = self.header(syntax)?;
            match header.tag {
                SEQUENCE_END => return Ok(()),
                ITEM => {
                    self.at = self.end_of(header.length, self.bytes.len())?;
                }
                _ => return Err("pixel data hold something that is no fragment"),
            }
        }
    }

    fn header(&mut self, syntax: Syntax) -> Result<Header, &'static str> {
        let tag = Tag(self.short(syntax)?, self.short(syntax)?);
        // Items and delimiters have no value representation.
        if tag.group() == 0xfffe || !syntax.explicit {
            return Ok(Header {
                tag,
                vr: None,
                length: self.long(syntax)?,
            });
        }
        let vr: [u8; 2] = self.take()?;
        // Value representations that are not known have the long form, as PS3.5 section 7.1.2 says and the
        // parser does.
        let length = if VR::from_binary(vr).is_some_and(is_short) {
            u32::from(self.short(syntax)?)
        } else {
            let _: [u8; 2] = self.take()?;
            self.long(syntax)?
        };
        Ok(Header {
            tag,
            vr: Some(vr),
            length,
        })
    }

    /// Where a value of this length ends, if that is within bounds.
    fn end_of(&self, length: u32, end: usize) -> Result<usize, &'static str> {
        let length = usize::try_from(length).map_err(|_| BREAKS_OFF)?;
        self.at
            .checked_add(length)
            .filter(|value_end| *value_end <= end)
            .ok_or(BREAKS_OFF)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let bytes = self
            .bytes
            .get(self.at..)
            .and_then(|rest| rest.first_chunk())
            .ok_or(BREAKS_OFF)?;
        self.at += N;
        Ok(*bytes)
    }

    fn short(&mut self, syntax: Syntax) -> Result<u16, &'static str> {
        let bytes = self.take()?;
        Ok(if syntax.big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        })
    }

    fn long(&mut self, syntax: Syntax) -> Result<u32, &'static str> {
        let bytes = self.take()?;
        Ok(if syntax.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LITTLE: &str = uids::EXPLICIT_VR_LITTLE_ENDIAN;

    #[test]
    fn nesting_without_end_is_refused() {
        let mut bytes = Vec::new();
        for _ in 0..100_000 {
            bytes.extend(b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff");
        }
        assert!(check(&bytes, LITTLE).unwrap_err().contains("too deep"));
    }

    #[test]
    fn lengths_beyond_the_end_are_refused() {
        for bytes in [
            b"\x08\x00\x05\x00UT\0\0\xf0\xff\xff\xff".as_slice(),
            b"\x08\x00\x05\x00CS\x04\x00AB",
            b"\xe0\x7f\x10\x00OW\0\0\x00\x10\x00\x00AB",
            b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\0\0\0\0",
            b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff",
        ] {
            assert!(
                check(bytes, LITTLE).unwrap_err().contains("breaks off"),
                "{bytes:?}"
            );
        }
        assert_eq!(check(b"\x08\x00\x05\x00CS\x02\x00AB", LITTLE), Ok(()));
    }

    #[test]
    fn deflate_bombs_are_refused() {
        use std::io::Write as _;
        let mut bomb = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        bomb.write_all(&[0; 5000]).unwrap();
        let bytes = bomb.finish().unwrap();
        assert_eq!(inflated(&bytes, 5000).unwrap().len(), 5000);
        let error = inflated(&bytes, 4999).unwrap_err();
        assert!(error.contains("too large"), "{error}");
        // What is kept is read though it would not be taken any more, and nothing grows more than is reckoned with.
        let zeros = |mib: usize| {
            let mut deflated =
                flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
            deflated.write_all(&vec![0; mib << 20]).unwrap();
            deflated.finish().unwrap()
        };
        let (small, large) = (zeros(64), zeros(257));
        assert!(most_inflated(small.len()) >= 64 << 20);
        assert_eq!(most_inflated(large.len()), INFLATED_ON_ARRIVAL);
        let deflated = uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN;
        let error = check_arriving(&large, deflated).unwrap_err();
        assert!(error.contains("too large"), "{error}");
        assert_eq!(inflate(&large).unwrap().len(), 257 << 20);
    }
}
