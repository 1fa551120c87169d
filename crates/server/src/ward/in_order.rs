//! Names in the order in which people look for them: numbers inside them go by their value.

use std::cmp::Ordering;

/// A part of a name.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Part<'n> {
    /// How many digits it has, and which, without zeros before them.
    Number(usize, &'n [u8]),
    /// What stands between numbers.
    Words(&'n [u8]),
}

impl<'n> Part<'n> {
    fn of(part: &'n [u8]) -> Self {
        if !part.first().is_some_and(u8::is_ascii_digit) {
            return Self::Words(part);
        }
        let zeros = part.iter().take_while(|digit| **digit == b'0').count();
        let digits = part.get(zeros..).unwrap_or_default();
        Self::Number(digits.len(), digits)
    }
}

fn parts(name: &str) -> impl Iterator<Item = Part<'_>> {
    let parts = name.as_bytes();
    let parts = parts.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
    parts.map(Part::of)
}

/// Which of two names comes first.
pub fn in_order(a: &str, b: &str) -> Ordering {
    let by_parts = parts(a).cmp(parts(b));
    by_parts.then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_inside_names_go_by_their_value() {
        let sorted = [
            "2床",
            "10床",
            "Bed 1",
            "Bed 01b",
            "Bed 2",
            "Bed 10",
            "Bed 11-2",
            "Bed 11-10",
            "Room A",
        ];
        let mut names = sorted;
        names.sort_unstable();
        assert_ne!(names, sorted);
        names.sort_by(|a, b| in_order(a, b));
        assert_eq!(names, sorted);
        // The same by value is in one order still.
        assert_eq!(in_order("Bed 01", "Bed 1"), Ordering::Less);
        assert_eq!(in_order("Bed 1", "Bed 1"), Ordering::Equal);
        // Longer than any number of a machine.
        let [short, long] = ["9", "18446744073709551617"];
        assert_eq!(in_order(short, long), Ordering::Less);
    }
}
