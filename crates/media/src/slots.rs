//! Whom one person hears and sees: the wanted are laid into the places that there are.

use crate::limits::ONE_PICTURE_BPS;

/// Lays the wanted, the most wanted first, into places. Who has a place and is still among those for whom there
/// is room keeps it, so that nobody jumps from one place to another.
pub fn lay<T: Copy + PartialEq>(places: &mut [Option<T>], wanted: &[T]) {
    let wanted = wanted.get(..places.len()).unwrap_or(wanted);
    for place in places.iter_mut() {
        if place.is_some_and(|held| !wanted.contains(&held)) {
            *place = None;
        }
    }
    for one in wanted {
        if places.contains(&Some(*one)) {
            continue;
        }
        if let Some(free) = places.iter_mut().find(|place| place.is_none()) {
            *free = Some(*one);
        }
    }
}

/// How many of the wanted a line carries: `bps` of each, the most wanted first, within what is left beside
/// voices. The first that does not fit ends it, so that a lesser one does not take its room. One is tried even on
/// a line that seems too narrow for it, as long as it is no thread: lines are often better than they are measured.
pub fn carried(bps: impl IntoIterator<Item = u64>, left: u64) -> usize {
    let mut sum = 0_u64;
    let mut fits = |(at, one): &(usize, u64)| {
        sum = sum.saturating_add(*one);
        sum <= left || (*at == 0 && left >= ONE_PICTURE_BPS)
    };
    bps.into_iter()
        .enumerate()
        .take_while(|one| fits(one))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_a_place_keeps_it() {
        let mut places = [None; 3];
        lay(&mut places, &[7, 8]);
        assert_eq!(places, [Some(7), Some(8), None]);
        lay(&mut places, &[9, 8, 5, 7]);
        assert_eq!(places, [Some(9), Some(8), Some(5)]);
        lay(&mut places, &[5]);
        assert_eq!(places, [None, None, Some(5)]);
        lay(&mut places, &[]);
        assert_eq!(places, [None; 3]);
    }

    #[test]
    fn pictures_are_shed_from_the_last() {
        let (big, small) = (ONE_PICTURE_BPS * 4, ONE_PICTURE_BPS / 2);
        assert_eq!(carried([big, small, small], big + small), 2);
        assert_eq!(carried([big, small], ONE_PICTURE_BPS), 1);
        assert_eq!(carried([big, small], ONE_PICTURE_BPS - 1), 0);
        assert_eq!(carried([], 0), 0);
    }
}
