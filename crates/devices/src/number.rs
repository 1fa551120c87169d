//! Numbers of ISO/IEEE 11073-20601: a signed mantissa times ten to a signed exponent, and five that are none.

/// A number, or why there is none. Absent is never zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A number, `mantissa × 10^exponent`, to the nearest `f64`.
    Is(f64),
    /// Not a number: what was measured is invalid or missing.
    NotANumber,
    /// Not at this resolution: measured, but not to be written in this format.
    NotAtThisResolution,
    /// Above all that can be written.
    PlusInfinity,
    /// Below all that can be written.
    MinusInfinity,
    /// Kept for later by the standard.
    Reserved,
}

impl Number {
    /// The number, where there is one.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Is(value) => Some(value),
            _ => None,
        }
    }
}

/// Mantissa and exponent, put together through decimal text, since `980 × 10⁻¹` is exactly `98.0` and a product
/// of binary fractions need not be.
fn decimal(mantissa: i32, exponent: i32) -> f64 {
    format!("{mantissa}e{exponent}").parse().unwrap_or(f64::NAN)
}

/// The lowest `bits` bits of `raw`, as a signed number.
fn signed(raw: u32, bits: u32) -> i32 {
    let shift = 32 - bits;
    (raw << shift).cast_signed() >> shift
}

/// The 16-bit format: 4 bits of exponent, 12 bits of mantissa.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SFloat(pub u16);

impl SFloat {
    /// What it says.
    pub fn number(self) -> Number {
        let raw = u32::from(self.0);
        match self.0 {
            0x07ff => Number::NotANumber,
            0x0800 => Number::NotAtThisResolution,
            0x07fe => Number::PlusInfinity,
            0x0802 => Number::MinusInfinity,
            0x0801 => Number::Reserved,
            _ => Number::Is(decimal(signed(raw, 12), signed(raw >> 12, 4))),
        }
    }
}

/// The 32-bit format: 8 bits of exponent, 24 bits of mantissa.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Float(pub u32);

impl Float {
    /// What it says.
    pub fn number(self) -> Number {
        match self.0 {
            0x007f_ffff => Number::NotANumber,
            0x0080_0000 => Number::NotAtThisResolution,
            0x007f_fffe => Number::PlusInfinity,
            0x0080_0002 => Number::MinusInfinity,
            0x0080_0001 => Number::Reserved,
            raw => Number::Is(decimal(signed(raw, 24), signed(raw >> 24, 8))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_16_bit_format_says_what_the_standard_says() {
        for (raw, number) in [
            (0x0062, Number::Is(98.0)),
            (0xf3d4, Number::Is(98.0)),
            (0xfff6, Number::Is(-1.0)),
            (0x0000, Number::Is(0.0)),
            (0x07ff, Number::NotANumber),
            (0x0800, Number::NotAtThisResolution),
            (0x07fe, Number::PlusInfinity),
            (0x0802, Number::MinusInfinity),
            (0x0801, Number::Reserved),
        ] {
            assert_eq!(SFloat(raw).number(), number, "{raw:#06x}");
        }
    }

    #[test]
    fn the_32_bit_format_says_what_the_standard_says() {
        for (raw, number) in [
            (0xff00_016c, Number::Is(36.4)),
            (0xffff_ffff, Number::Is(-0.1)),
            (0x007f_ffff, Number::NotANumber),
            (0x0080_0000, Number::NotAtThisResolution),
            (0x007f_fffe, Number::PlusInfinity),
            (0x0080_0002, Number::MinusInfinity),
        ] {
            assert_eq!(Float(raw).number(), number, "{raw:#010x}");
        }
    }

    proptest::proptest! {
        /// What is written in either format is the same decimal number.
        #[test]
        fn both_formats_agree(mantissa in -2040_i32..2040, exponent in -8_i32..8) {
            let short = SFloat(
                u16::try_from((exponent & 0xf) << 12 | (mantissa & 0xfff)).unwrap(),
            );
            let long = Float(((exponent & 0xff) << 24 | (mantissa & 0xff_ffff)).cast_unsigned());
            proptest::prop_assert_eq!(short.number(), long.number());
            let expected: f64 = format!("{mantissa}e{exponent}").parse().unwrap();
            proptest::prop_assert_eq!(short.number(), Number::Is(expected));
        }
    }
}
