//! Codes of ISO/IEEE 11073-10101: a partition and a number within it, or both in one context-free number.

use std::{fmt, str::FromStr};

/// The code system of ISO/IEEE 11073-10101, as FHIR names it.
pub const MDC: &str = "urn:iso:std:iso:11073:10101";
/// The code system of LOINC.
pub const LOINC: &str = "http://loinc.org";
/// Our own codes, for what neither of the two names.
pub const OWN: &str = "urn:yuanyi:stream";

/// A number that is no code of ISO/IEEE 11073.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("understand a code: it is no context-free code of ISO/IEEE 11073")]
pub struct CodeError;

/// A partition of the nomenclature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition(pub u16);

impl Partition {
    /// Measurements.
    pub const SCADA: Self = Self(2);
    /// Events.
    pub const EVENTS: Self = Self(3);
    /// Units.
    pub const DIMENSIONS: Self = Self(4);
    /// Kinds of devices.
    pub const DEVICES: Self = Self(8);
}

/// A context-free code: the partition times 65,536, plus the code within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContextFree(u32);

impl ContextFree {
    /// The context-free code of a partition's code.
    pub fn new(partition: Partition, code: u16) -> Self {
        Self(u32::from(partition.0) << 16 | u32::from(code))
    }

    /// The partition that it is of.
    pub fn partition(self) -> Partition {
        Partition(u16::try_from(self.0 >> 16).unwrap_or(u16::MAX))
    }

    /// The code within its partition.
    pub fn code(self) -> u16 {
        u16::try_from(self.0 & 0xffff).unwrap_or(u16::MAX)
    }

    /// The number itself.
    pub fn number(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for ContextFree {
    type Error = CodeError;

    /// Partition 0 has no context-free codes: a number that small is one within some partition.
    fn try_from(number: u32) -> Result<Self, CodeError> {
        if number < 0x1_0000 {
            return Err(CodeError);
        }
        Ok(Self(number))
    }
}

impl FromStr for ContextFree {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let number: u32 = text.parse().map_err(|_| CodeError)?;
        number.try_into()
    }
}

impl fmt::Display for ContextFree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Whether a text has the form of a LOINC code, check digit included (mod 10, Luhn).
pub fn is_loinc(text: &str) -> bool {
    let Some((number, check)) = text.split_once('-') else {
        return false;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(number) || number.len() > 7 || !digits(check) || check.len() != 1 {
        return false;
    }
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0');
            match place % 2 {
                0 if digit > 4 => digit * 2 - 9,
                0 => digit * 2,
                _ => digit,
            }
        })
        .sum();
    check.bytes().next().map(|byte| u32::from(byte - b'0')) == Some((10 - sum % 10) % 10)
}

/// Whether a code that was sent is this one: `MDC_…` terms and numbers are the same thing written twice.
pub fn same_code(sent: &str, code: &str, term: Option<&str>) -> bool {
    sent == code || term.is_some_and(|term| sent == term)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of `devices-and-codes.md`, section 2: code within partition 2 and context-free code.
    #[test]
    fn codes_of_the_table_are_their_context_free_numbers() {
        for (code, context_free) in [
            (19384, 150_456),
            (18458, 149_530),
            (18474, 149_546),
            (18948, 150_020),
            (18949, 150_021),
            (18950, 150_022),
            (18951, 150_023),
            (19292, 150_364),
            (20490, 151_562),
            (21512, 152_584),
            (21513, 152_585),
            (21514, 152_586),
            (21515, 152_587),
            (29112, 160_184),
            (29116, 160_188),
            (29120, 160_192),
            (29124, 160_196),
            (29140, 160_212),
            (29148, 160_220),
            (57664, 188_736),
            (57668, 188_740),
            (57676, 188_748),
            (57680, 188_752),
        ] {
            let made = ContextFree::new(Partition::SCADA, code);
            assert_eq!(made.number(), context_free);
            assert_eq!(
                (made.partition(), made.code()),
                (Partition::SCADA, code),
                "{made}"
            );
            assert_eq!(context_free.to_string().parse(), Ok(made));
        }
    }

    #[test]
    fn units_and_devices_stand_in_their_partitions() {
        for (partition, code, context_free) in [
            (Partition::DIMENSIONS, 544, 262_688),
            (Partition::DIMENSIONS, 2720, 264_864),
            (Partition::DIMENSIONS, 3872, 266_016),
            (Partition::DIMENSIONS, 3843, 265_987),
            (Partition::DIMENSIONS, 3072, 265_216),
            (Partition::DIMENSIONS, 2130, 264_274),
            (Partition::DIMENSIONS, 1731, 263_875),
            (Partition::DIMENSIONS, 1297, 263_441),
            (Partition::DIMENSIONS, 1952, 264_096),
            (Partition::DEVICES, 4100, 528_388),
            (Partition::DEVICES, 4104, 528_392),
            (Partition::EVENTS, 0, 196_608),
        ] {
            assert_eq!(ContextFree::new(partition, code).number(), context_free);
        }
        assert_eq!(ContextFree::try_from(19384), Err(CodeError));
    }

    #[test]
    fn loinc_codes_carry_a_check_digit() {
        for good in [
            "9279-1", "8867-4", "2708-6", "59408-5", "8310-5", "8302-2", "9843-4", "29463-7",
            "39156-5", "85354-9", "8480-6", "8462-4", "8478-0", "41653-7", "2339-0", "41982-0",
            "55423-8", "85353-1", "19935-6", "20150-9", "19868-9",
        ] {
            assert!(is_loinc(good), "{good}");
        }
        for bad in ["9279-2", "9279", "-1", "9279-", "92a9-1", "9279-11", "é-1"] {
            assert!(!is_loinc(bad), "{bad}");
        }
    }
}
