//! Whom something calls now: their open pages show it, whether or not there is a message gateway.

use std::collections::BTreeSet;

use parking_lot::Mutex;
use vocabulary::ActorId;

use super::Calling;

/// What calls whom, as it was looked at last.
#[derive(Default)]
pub struct CallsNow(Mutex<Vec<Calling>>);

impl CallsNow {
    /// What calls somebody now.
    pub fn of(&self, account: &ActorId) -> Vec<Calling> {
        let calling = self.0.lock();
        let theirs = calling.iter().filter(|one| one.to == *account);
        theirs.cloned().collect()
    }

    /// Takes over what calls now; those for whom something is new or over.
    pub(super) fn take_over(&self, calling: &[Calling]) -> Vec<ActorId> {
        let before = std::mem::replace(&mut *self.0.lock(), calling.to_vec());
        let begun = calling.iter().filter(|one| !before.contains(one));
        let over = before.iter().filter(|one| !calling.contains(one));
        let people: BTreeSet<ActorId> = begun.chain(over).map(|one| one.to.clone()).collect();
        people.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use vocabulary::Timestamp;

    use super::*;

    fn calling(to: &str, about: &str) -> Calling {
        Calling {
            kind: "alarm".to_owned(),
            about: about.to_owned(),
            to: ActorId::new(to).unwrap(),
            since: Timestamp(0),
            priority: "high".to_owned(),
            place: None,
            path: "/".to_owned(),
        }
    }

    #[test]
    fn who_is_called_anew_or_no_more_hears_of_it_and_sees_their_own_only() {
        let calls = CallsNow::default();
        let [li, wang] = ["li", "wang"].map(|who| ActorId::new(who).unwrap());
        let both = [calling("wang", "a"), calling("li", "b")];
        assert_eq!(calls.take_over(&both), [li.clone(), wang.clone()]);
        assert_eq!(calls.of(&wang), [calling("wang", "a")]);
        assert!(calls.take_over(&both).is_empty(), "nothing is new");
        assert_eq!(calls.take_over(&both[..1]), std::slice::from_ref(&li));
        assert!(calls.of(&li).is_empty());
    }
}
