//! Which fragments of encapsulated pixel data make up which frame (PS3.5 section A.4).

use std::borrow::Cow;

use super::PixelError;

/// The fragments of an object and what is said of where frames begin.
pub(super) struct Fragments<'a> {
    /// In the order of the object.
    pub all: &'a [Vec<u8>],
    /// The basic offset table; may be empty.
    pub basic: &'a [u32],
    /// The extended offset table: where each frame begins and how long it is; may be empty.
    pub extended: Vec<[u64; 2]>,
    /// Frames of the object.
    pub frames: usize,
    /// Whether each fragment is a frame, as the standard asks of some transfer syntaxes.
    pub one_each: bool,
}

const APART: PixelError =
    PixelError::Frames("there are more fragments than frames, and no offsets that fit them");
/// What goes in front of each fragment's bytes.
const ITEM_BYTES: u64 = 8;
/// JPEG and JPEG 2000 end with this.
const END_OF_IMAGE: [u8; 2] = [0xff, 0xd9];

impl<'a> Fragments<'a> {
    /// The coded bytes of a frame, by its place from 0.
    pub(super) fn frame(&self, index: usize) -> Result<Cow<'a, [u8]>, PixelError> {
        if index >= self.frames {
            return Err(PixelError::NoFrame {
                number: index + 1,
                frames: self.frames,
            });
        }
        if let Some(frame) = self.by_extended_offsets(index) {
            return Ok(frame);
        }
        if self.frames == 1 && !self.one_each {
            return joined(self.all).ok_or(PixelError::NoPixels);
        }
        if let Some(frame) = self.by_basic_offsets(index) {
            return Ok(frame);
        }
        if self.all.len() == self.frames {
            let fragment = self.all.get(index).ok_or(APART)?;
            return Ok(Cow::Borrowed(fragment));
        }
        self.by_ends(index).ok_or(APART)
    }

    fn by_extended_offsets(&self, index: usize) -> Option<Cow<'a, [u8]>> {
        if self.extended.len() != self.frames {
            return None;
        }
        let [start, length] = *self.extended.get(index)?;
        let next = self.extended.get(index + 1).map(|[start, _]| *start);
        let frame = joined(self.between(start, next)?)?;
        let length = usize::try_from(length).ok()?;
        Some(match frame {
            Cow::Borrowed(bytes) => Cow::Borrowed(bytes.get(..length).unwrap_or(bytes)),
            Cow::Owned(mut bytes) => {
                bytes.truncate(length);
                Cow::Owned(bytes)
            }
        })
    }

    fn by_basic_offsets(&self, index: usize) -> Option<Cow<'a, [u8]>> {
        if self.basic.len() != self.frames {
            return None;
        }
        let start = u64::from(*self.basic.get(index)?);
        let next = self.basic.get(index + 1).map(|next| u64::from(*next));
        joined(self.between(start, next)?)
    }

    /// The fragments from one offset up to the next, if fragments do begin at both.
    fn between(&self, start: u64, next: Option<u64>) -> Option<&'a [Vec<u8>]> {
        let mut at = 0;
        let mut places = self.all.iter().map(|fragment| {
            let here = at;
            at += ITEM_BYTES + fragment.len() as u64;
            here
        });
        let first = places.position(|place| place == start)?;
        let last = match next {
            Some(next) => first + 1 + places.position(|place| place == next)?,
            None => self.all.len(),
        };
        self.all.get(first..last)
    }

    /// The fragments up to one that ends an image, behind as many that do.
    fn by_ends(&self, index: usize) -> Option<Cow<'a, [u8]>> {
        let ends = |fragment: &Vec<u8>| {
            // An odd length is padded; some encoders pad more.
            let tail = fragment.len().saturating_sub(10);
            let tail = fragment.get(tail..).unwrap_or_default();
            tail.windows(2).any(|pair| pair == END_OF_IMAGE)
        };
        let frames: Vec<_> = self.all.split_inclusive(ends).collect();
        if frames.len() != self.frames {
            return None;
        }
        joined(frames.get(index)?)
    }
}

fn joined(fragments: &[Vec<u8>]) -> Option<Cow<'_, [u8]>> {
    match fragments {
        [] => None,
        [one] => Some(Cow::Borrowed(one)),
        several => Some(Cow::Owned(several.concat())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(
        all: &[Vec<u8>],
        basic: &[u32],
        extended: &[[u64; 2]],
        frames: usize,
    ) -> Vec<Option<Vec<u8>>> {
        let fragments = Fragments {
            all,
            basic,
            extended: extended.to_vec(),
            frames,
            one_each: false,
        };
        let frame = |index| fragments.frame(index).ok().map(Cow::into_owned);
        (0..frames).map(frame).collect()
    }

    #[test]
    fn frames_are_found_by_offsets_counts_or_ends() {
        let parts = [
            vec![1, 2],
            vec![3, 0xff, 0xd9, 0],
            vec![4, 5],
            vec![6, 7],
            vec![8, 9, 0xff, 0xd9],
        ];
        let first: Vec<u8> = vec![1, 2, 3, 0xff, 0xd9, 0];
        let second: Vec<u8> = vec![4, 5, 6, 7, 8, 9, 0xff, 0xd9];
        let both = vec![Some(first.clone()), Some(second.clone())];
        assert_eq!(frames(&parts, &[], &[], 2), both);
        assert_eq!(frames(&parts, &[0, 22], &[], 2), both);
        // Offsets that do not fit the fragments are not believed.
        assert_eq!(frames(&parts, &[0, 23], &[], 2), both);
        let cut = vec![Some(vec![1, 2, 3, 0xff, 0xd9]), Some(second)];
        assert_eq!(frames(&parts, &[], &[[0, 5], [22, 8]], 2), cut);
        assert_eq!(frames(&parts[..2], &[], &[], 1), [Some(first)]);
        assert_eq!(frames(&parts, &[], &[], 3), [None, None, None]);
        assert_eq!(frames(&[], &[], &[], 1), [None]);
    }
}
