use super::{PixelError, PixelForm, form::SampleKind};

/// The samples of a frame, one pixel after the other.
#[derive(Clone, Debug, PartialEq)]
pub enum Samples {
    /// Up to 8 bits; also single bits, as 0 and 1.
    U8(Vec<u8>),
    /// Up to 8 bits with sign.
    I8(Vec<i8>),
    /// Up to 16 bits.
    U16(Vec<u16>),
    /// Up to 16 bits with sign.
    I16(Vec<i16>),
    /// Up to 32 bits.
    U32(Vec<u32>),
    /// Up to 32 bits with sign.
    I32(Vec<i32>),
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
}

/// Does the same with the samples of any kind.
macro_rules! each {
    ($samples:expr, $all:ident => $what:expr) => {
        match $samples {
            Samples::U8($all) => $what,
            Samples::I8($all) => $what,
            Samples::U16($all) => $what,
            Samples::I16($all) => $what,
            Samples::U32($all) => $what,
            Samples::I32($all) => $what,
            Samples::F32($all) => $what,
            Samples::F64($all) => $what,
        }
    };
}

impl Samples {
    /// How many there are.
    pub fn len(&self) -> usize {
        each!(self, all => all.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their bytes, little endian.
    pub fn to_le_bytes(&self) -> Vec<u8> {
        each!(self, all => all.iter().flat_map(|sample| sample.to_le_bytes()).collect())
    }

    /// Each as a number, which holds all of them exactly.
    #[expect(clippy::useless_conversion, reason = "some are such numbers already")]
    pub fn to_f64(&self) -> Vec<f64> {
        each!(self, all => all.iter().map(|sample| f64::from(*sample)).collect())
    }

    /// The least and the greatest of those that are numbers.
    #[expect(clippy::useless_conversion, reason = "some are such numbers already")]
    pub fn range(&self) -> Option<[f64; 2]> {
        each!(self, all => all
        .iter()
        .map(|sample| f64::from(*sample))
        .filter(|sample| sample.is_finite())
        .fold(None, |range, sample| match range {
            None => Some([sample, sample]),
            Some([low, high]) => Some([sample.min(low), sample.max(high)]),
        }))
    }

    /// As samples of one byte, if that is what they are.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::U8(samples) => Some(samples),
            _ => None,
        }
    }

    /// The samples of single bits as they are packed, the first in the lowest bit.
    pub(super) fn packed(&self) -> Vec<u8> {
        let bits = |bits: &[u8]| {
            let places = bits.iter().enumerate();
            places.fold(0, |byte, (place, bit)| byte | (bit & 1) << place)
        };
        self.bytes()
            .map(|samples| samples.chunks(8).map(bits).collect())
            .unwrap_or_default()
    }

    /// Reads native samples in little endian. The bits that do not count are dropped.
    pub(super) fn of_native(bytes: &[u8], form: &PixelForm) -> Result<Self, PixelError> {
        if bytes.len() < form.native_bytes() {
            return Err(PixelError::Frames("they are shorter than their frames"));
        }
        let bytes = bytes.get(..form.native_bytes()).unwrap_or_default();
        let SampleKind::Integer {
            allocated,
            stored,
            shift,
            signed,
        } = form.kind
        else {
            return Ok(match form.kind {
                SampleKind::F32 => Self::F32(words(bytes, f32::from_le_bytes)),
                _ => Self::F64(words(bytes, f64::from_le_bytes)),
            });
        };
        // Up to the highest bit, and down again with what it is.
        let up = allocated.saturating_sub(stored + shift);
        let down = allocated.saturating_sub(stored);
        Ok(match (allocated, signed) {
            (1, _) => {
                let bits = bytes
                    .iter()
                    .flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1));
                Self::U8(bits.take(form.samples()).collect())
            }
            (8, false) => Self::U8(words(bytes, |b: [u8; 1]| {
                u8::from_le_bytes(b) << up >> down
            })),
            (8, true) => Self::I8(words(bytes, |b: [u8; 1]| {
                i8::from_le_bytes(b) << up >> down
            })),
            (16, false) => Self::U16(words(bytes, |b| u16::from_le_bytes(b) << up >> down)),
            (16, true) => Self::I16(words(bytes, |b| i16::from_le_bytes(b) << up >> down)),
            (_, false) => Self::U32(words(bytes, |b| u32::from_le_bytes(b) << up >> down)),
            (_, true) => Self::I32(words(bytes, |b| i32::from_le_bytes(b) << up >> down)),
        })
    }

    /// Numbers that a decoder gave, of so many bits, as the data set wants them.
    pub(super) fn of_coded<T: Copy + Into<i64>>(coded: &[T], bits: u32, kind: SampleKind) -> Self {
        let SampleKind::Integer {
            allocated,
            stored,
            signed,
            ..
        } = kind
        else {
            return Self::F64(coded.iter().map(|value| to_f64((*value).into())).collect());
        };
        let signed_value = |value: i64| {
            if value < 0 {
                return value;
            }
            // Some encoders leave out the bits above those stored, others repeat the sign there.
            let sign = if value >> stored == 0 { stored } else { bits };
            if value >> (sign - 1) == 1 {
                value - (1 << sign)
            } else {
                value
            }
        };
        macro_rules! all {
            ($kind:ident, $of:expr) => {
                Self::$kind(
                    coded
                        .iter()
                        .map(|value| saturated($of((*value).into())))
                        .collect(),
                )
            };
        }
        // A stream with sign for a data set without keeps its bits.
        let unsigned = |value: i64| {
            if value < 0 {
                value + (1 << allocated)
            } else {
                value
            }
        };
        match (allocated, signed) {
            (1 | 8, false) => all!(U8, unsigned),
            (1 | 8, true) => all!(I8, signed_value),
            (16, false) => all!(U16, unsigned),
            (16, true) => all!(I16, signed_value),
            (_, false) => all!(U32, unsigned),
            (_, true) => all!(I32, signed_value),
        }
    }
}

/// Whole numbers of 33 bits at most are exact.
fn to_f64(value: i64) -> f64 {
    value as f64
}

/// The nearest number that the type has.
fn saturated<T: TryFrom<i64> + Bounds>(value: i64) -> T {
    T::try_from(value).unwrap_or(if value < 0 { T::LEAST } else { T::MOST })
}

/// The least and the greatest number of a type.
trait Bounds {
    const LEAST: Self;
    const MOST: Self;
}

macro_rules! bounds {
    ($($of:ty),*) => {
        $(impl Bounds for $of {
            const LEAST: Self = <$of>::MIN;
            const MOST: Self = <$of>::MAX;
        })*
    };
}
bounds!(u8, i8, u16, i16, u32, i32);

fn words<const N: usize, T>(bytes: &[u8], of: impl Fn([u8; N]) -> T) -> Vec<T> {
    let (words, _) = bytes.as_chunks();
    words.iter().map(|word| of(*word)).collect()
}
