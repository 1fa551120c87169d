use std::collections::HashMap;

use vocabulary::Timestamp;

/// Too many wrong attempts; try again after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sign in: too many attempts; try again in {} s", self.retry_after_s)]
pub struct TooMany {
    /// Seconds to wait, for `Retry-After`.
    pub retry_after_s: u64,
}

/// Slows down guessing of passwords: per account and source address together, per source address, and, far more
/// loosely, per account, so that nobody keeps others from their own accounts by being wrong in their names.
///
/// The first failures are free; each further one doubles the wait. What is kept is bounded: past the
/// bound, those who have waited longest are forgotten first.
#[derive(Debug, Default)]
pub struct RateLimit {
    failures: HashMap<Key, Failures>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Key {
    Account(String),
    Source(String),
    Both(String, String),
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Timestamp,
}

/// One account from one source: a person mistypes a few times.
const FREE_FOR_BOTH: u32 = 5;
/// One account from anywhere: many sources that guess together.
const FREE_FOR_ACCOUNT: u32 = 100;
/// One source may be the whole hospital behind one address.
const FREE_FOR_SOURCE: u32 = 30;
const FIRST_WAIT_MS: i64 = 1_000;
const LONGEST_WAIT_MS: i64 = 15 * 60_000;
/// So long its holder waits at most because others guess.
const LONGEST_FOR_ACCOUNT_MS: i64 = 10_000;
/// Without a further failure for this long, all is forgiven.
const FORGIVEN_AFTER_MS: i64 = 60 * 60_000;
const MAX_KEPT: usize = 50_000;

impl RateLimit {
    /// Whether an attempt may be made now. Ask before the password is looked at.
    pub fn check(&self, account: &str, source: &str, now: Timestamp) -> Result<(), TooMany> {
        let wait_ms = keys(account, source)
            .iter()
            .filter_map(|key| {
                self.failures
                    .get(key)
                    .map(|failures| failures.wait_ms(key, now))
            })
            .max()
            .unwrap_or(0);
        if wait_ms <= 0 {
            return Ok(());
        }
        Err(TooMany {
            retry_after_s: u64::try_from(wait_ms).unwrap_or(0).div_ceil(1000),
        })
    }

    /// Keeps a failed attempt in mind.
    pub fn failed(&mut self, account: &str, source: &str, now: Timestamp) {
        for key in keys(account, source) {
            if !self.failures.contains_key(&key) {
                self.make_room(now);
            }
            let failures = self.failures.entry(key).or_insert(Failures {
                count: 0,
                last: now,
            });
            if failures.is_forgiven(now) {
                failures.count = 0;
            }
            failures.count = failures.count.saturating_add(1);
            failures.last = now;
        }
    }

    /// Forgets the account's failures from there. The source's stay, else one good account would open the door to
    /// guessing all others.
    pub fn succeeded(&mut self, account: &str, source: &str) {
        let [_, _, both] = keys(account, source);
        self.failures.remove(&both);
    }

    fn make_room(&mut self, now: Timestamp) {
        if self.failures.len() < MAX_KEPT {
            return;
        }
        self.failures
            .retain(|_, failures| !failures.is_forgiven(now));
        if self.failures.len() < MAX_KEPT {
            return;
        }
        // Drop the older half at once, so that this is not done for each attempt.
        let mut times: Vec<Timestamp> = self.failures.values().map(|f| f.last).collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let median = *median;
        self.failures.retain(|_, failures| failures.last > median);
    }
}

impl Failures {
    fn is_forgiven(self, now: Timestamp) -> bool {
        now.0.saturating_sub(self.last.0) >= FORGIVEN_AFTER_MS
    }

    fn wait_ms(self, key: &Key, now: Timestamp) -> i64 {
        let (free, longest) = match key {
            Key::Account(_) => (FREE_FOR_ACCOUNT, LONGEST_FOR_ACCOUNT_MS),
            Key::Source(_) => (FREE_FOR_SOURCE, LONGEST_WAIT_MS),
            Key::Both(..) => (FREE_FOR_BOTH, LONGEST_WAIT_MS),
        };
        if self.is_forgiven(now) || self.count < free {
            return 0;
        }
        let doublings = (self.count - free).min(20);
        let wait = FIRST_WAIT_MS.saturating_mul(1 << doublings).min(longest);
        self.last.0.saturating_add(wait).saturating_sub(now.0)
    }
}

fn keys(account: &str, source: &str) -> [Key; 3] {
    let (account, source) = (folded(account), source.chars().take(64).collect::<String>());
    [
        Key::Account(account.clone()),
        Key::Source(source.clone()),
        Key::Both(account, source),
    ]
}

fn folded(account: &str) -> String {
    account
        .chars()
        .take(64)
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_end() {
        let mut limit = RateLimit::default();
        let at = |ms| Timestamp(ms);
        for _ in 0..4 {
            limit.failed("li", "1.2.3.4", at(0));
            assert_eq!(limit.check("li", "1.2.3.4", at(0)), Ok(()));
        }
        let mut waits = Vec::new();
        for _ in 0..12 {
            limit.failed("LI", "1.2.3.4", at(0));
            waits.push(
                limit
                    .check("li", "1.2.3.4", at(0))
                    .unwrap_err()
                    .retry_after_s,
            );
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        assert_eq!(limit.check("li", "1.2.3.4", at(900_000)), Ok(()));
        assert_eq!(limit.check("chen", "1.2.3.4", at(0)), Ok(()));
        limit.succeeded("li", "1.2.3.4");
        assert_eq!(limit.check("li", "1.2.3.4", at(0)), Ok(()));
    }

    #[test]
    fn who_is_wrong_in_anothers_name_keeps_them_out_from_nowhere_else() {
        let mut limit = RateLimit::default();
        for _ in 0..20 {
            limit.failed("li", "6.6.6.6", Timestamp(0));
        }
        assert!(limit.check("li", "6.6.6.6", Timestamp(0)).is_err());
        assert_eq!(limit.check("li", "1.2.3.4", Timestamp(0)), Ok(()));
        // Very many from everywhere slow everybody down, and nobody for long.
        for source in 0..500 {
            limit.failed("li", &source.to_string(), Timestamp(0));
        }
        let wait = limit.check("li", "1.2.3.4", Timestamp(0)).unwrap_err();
        assert_eq!(wait.retry_after_s, 10);
    }

    #[test]
    fn one_source_cannot_go_through_all_accounts() {
        let mut limit = RateLimit::default();
        for account in 0..30 {
            limit.failed(&account.to_string(), "1.2.3.4", Timestamp(0));
        }
        assert!(limit.check("fresh", "1.2.3.4", Timestamp(0)).is_err());
        assert_eq!(limit.check("fresh", "4.3.2.1", Timestamp(0)), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_the_newest_are_kept() {
        let mut limit = RateLimit::default();
        for n in 0..70_000_i64 {
            limit.failed(&n.to_string(), &format!("s{n}"), Timestamp(n));
        }
        assert!(limit.failures.len() <= MAX_KEPT);
        assert!(
            limit
                .failures
                .contains_key(&Key::Account("69999".to_owned()))
        );
    }
}
