//! Whom one person hears and sees: the wanted are laid into the places that there are.

use crate::limits::{ONE_PICTURE_BPS, SPARE_PERCENT};

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

/// What a picture takes, in bits a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// As it is; `None` where its sender's own line carries the smaller one alone.
    pub large: Option<u64>,
    /// The same picture smaller, where its sender sends that too.
    pub small: Option<u64>,
}

impl Rates {
    /// What it takes where it is sent as small as it can be.
    fn least(&self) -> u64 {
        self.small.or(self.large).unwrap_or_default()
    }

    /// What it takes where it is sent as large as it comes.
    pub fn most(&self) -> u64 {
        self.large.or(self.small).unwrap_or_default()
    }
}

/// In what size a picture is sent on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Size {
    /// As it is.
    #[default]
    Large,
    /// Smaller.
    Small,
}

/// In what sizes a line carries the wanted, the most wanted first, within what is left beside voices: as many as fit
/// when they are small, then as many of these large as fit too. The first that does not fit even small ends it, so
/// that a lesser one does not take its room. One is tried even on a line that seems too narrow for it, as long as it
/// is no thread: lines are often better than they are measured. With each comes in what size it was sent so far.
pub fn carried(wanted: impl IntoIterator<Item = (Rates, Option<Size>)>, left: u64) -> Vec<Size> {
    let mut sum = 0_u64;
    let mut fits = |(at, (rates, _)): &(usize, (Rates, Option<Size>))| {
        sum = sum.saturating_add(rates.least());
        sum <= left || (*at == 0 && left >= ONE_PICTURE_BPS)
    };
    let wanted: Vec<_> = wanted.into_iter().enumerate().collect();
    let kept = wanted.iter().take_while(|one| fits(one)).count();
    let kept = wanted.get(..kept).unwrap_or_default();
    let mut sum: u64 = kept.iter().map(|(_, (rates, _))| rates.least()).sum();
    let size = |(_, (rates, before)): &(usize, (Rates, Option<Size>))| {
        let (large, small) = match (rates.large, rates.small) {
            (Some(large), Some(small)) => (large, small),
            (None, Some(_)) => return Size::Small,
            (_, None) => return Size::Large,
        };
        let grown = sum.saturating_add(large.saturating_sub(small));
        let bound = match before {
            Some(Size::Small) => left.saturating_mul(100 - SPARE_PERCENT) / 100,
            _ => left,
        };
        if grown > bound {
            return Size::Small;
        }
        sum = grown;
        Size::Large
    };
    kept.iter().map(size).collect()
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

    fn sizes(wanted: &[(u64, Option<u64>)], left: u64, before: Option<Size>) -> Vec<Size> {
        let rates = |(large, small): &(u64, Option<u64>)| Rates {
            large: Some(*large),
            small: *small,
        };
        carried(wanted.iter().map(|one| (rates(one), before)), left)
    }

    #[test]
    fn pictures_are_shed_from_the_last() {
        let (big, small) = (ONE_PICTURE_BPS * 4, ONE_PICTURE_BPS / 2);
        let count = |all: &[u64], left| {
            let all: Vec<_> = all.iter().map(|large| (*large, None)).collect();
            sizes(&all, left, None).len()
        };
        assert_eq!(count(&[big, small, small], big + small), 2);
        assert_eq!(count(&[big, small], ONE_PICTURE_BPS), 1);
        assert_eq!(count(&[big, small], ONE_PICTURE_BPS - 1), 0);
        assert_eq!(count(&[], 0), 0);
    }

    #[test]
    fn pictures_become_small_before_any_is_left_out() {
        use Size::{Large, Small};
        let camera = (1_000, Some(200));
        // In multiples of what a thread of a line carries.
        let in_threads = |all: &[(u64, Option<u64>)], left: u64, before| {
            let all: Vec<_> = all
                .iter()
                .map(|(large, small)| {
                    let times = |bps: u64| bps * ONE_PICTURE_BPS;
                    (times(*large), small.map(times))
                })
                .collect();
            sizes(&all, left * ONE_PICTURE_BPS, before)
        };
        let all = [camera, camera, (500, None)];
        assert_eq!(in_threads(&all, 2_500, None), [Large, Large, Large]);
        assert_eq!(in_threads(&all, 1_800, None), [Large, Small, Large]);
        assert_eq!(in_threads(&all, 1_000, None), [Small, Small, Large]);
        assert_eq!(in_threads(&all, 800, None), [Small, Small]);
        assert_eq!(in_threads(&all, 100, None), [Small]);
        // What was small becomes large with some to spare only.
        assert_eq!(in_threads(&[camera], 1_100, Some(Large)), [Large]);
        assert_eq!(in_threads(&[camera], 1_100, Some(Small)), [Small]);
        assert_eq!(in_threads(&[camera], 1_200, Some(Small)), [Large]);
        // Of a sender who has a narrow line the small one alone comes.
        let alone = Rates {
            large: None,
            small: Some(ONE_PICTURE_BPS),
        };
        assert_eq!(carried([(alone, None)], 9 * ONE_PICTURE_BPS), [Small]);
    }
}
