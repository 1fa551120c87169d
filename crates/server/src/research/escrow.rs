//! Who stands behind a pseudonym: found out by two people together, or not at all.

use serde::{Deserialize, Serialize};
use vocabulary::{ActorId, ProjectId, Timestamp};

/// How long a request waits for the second person, and how long both then may read the answer.
const OPEN_FOR_MS: i64 = 3_600_000;
/// A reason that is shorter says nothing.
const SHORTEST_REASON: usize = 10;
const LONGEST_REASON: usize = 500;

/// Why a step was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EscrowError {
    /// The reason says nothing, or too much.
    #[error("give the reason in 10 to 500 characters")]
    Reason,
    /// The one who asked cannot be the one who confirms.
    #[error("another custodian must confirm; nobody opens an identity alone")]
    SamePerson,
    /// The request has been confirmed or refused.
    #[error("the request has been answered already")]
    Done,
    /// The time is over.
    #[error("the time for this request is over; ask anew")]
    TooLate,
}

/// One person's part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Who.
    pub by: ActorId,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

impl Part {
    /// A part with a reason that says something.
    pub fn new(by: ActorId, at: Timestamp, reason: &str) -> Result<Self, EscrowError> {
        let reason = reason.trim().to_owned();
        if !(SHORTEST_REASON..=LONGEST_REASON).contains(&reason.chars().count()) {
            return Err(EscrowError::Reason);
        }
        Ok(Self { by, at, reason })
    }
}

/// A request to find out who stands behind a pseudonym.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The project, or the room.
    pub project: ProjectId,
    /// The pseudonym.
    pub pseudonym: String,
    /// Who asked.
    pub requested: Part,
    /// Who confirmed, if anyone.
    pub confirmed: Option<Part>,
    /// Who refused, if anyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Part>,
}

impl Opening {
    /// A request that waits for a second person.
    pub fn new(project: ProjectId, pseudonym: String, requested: Part) -> Self {
        Self {
            project,
            pseudonym,
            requested,
            confirmed: None,
            refused: None,
        }
    }

    /// Confirms the request.
    pub fn confirm(self, part: Part) -> Result<Self, EscrowError> {
        self.waits_for(&part)?;
        Ok(Self {
            confirmed: Some(part),
            ..self
        })
    }

    /// Refuses the request: nobody confirms it any more.
    pub fn refuse(self, part: Part) -> Result<Self, EscrowError> {
        self.waits_for(&part)?;
        Ok(Self {
            refused: Some(part),
            ..self
        })
    }

    /// Whether the request waits for this answer.
    fn waits_for(&self, part: &Part) -> Result<(), EscrowError> {
        if part.by == self.requested.by {
            return Err(EscrowError::SamePerson);
        }
        if self.confirmed.is_some() || self.refused.is_some() {
            return Err(EscrowError::Done);
        }
        if !is_within(self.requested.at, part.at) {
            return Err(EscrowError::TooLate);
        }
        Ok(())
    }

    /// Whether `who` may read the answer at this time: one of the two, for a while after the second agreed.
    pub fn shows_to(&self, who: &ActorId, now: Timestamp) -> bool {
        self.confirmed.as_ref().is_some_and(|confirmed| {
            let is_one_of_two = *who == confirmed.by || *who == self.requested.by;
            is_one_of_two && confirmed.by != self.requested.by && is_within(confirmed.at, now)
        })
    }

    /// The word for where it stands.
    pub fn state(&self, now: Timestamp) -> &'static str {
        match (&self.confirmed, &self.refused) {
            (Some(_), _) => "confirmed",
            (None, Some(_)) => "refused",
            (None, None) if is_within(self.requested.at, now) => "waiting",
            (None, None) => "over",
        }
    }
}

fn is_within(from: Timestamp, now: Timestamp) -> bool {
    (0..=OPEN_FOR_MS).contains(&now.0.saturating_sub(from.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(by: &str, at: i64) -> Part {
        let by = ActorId::new(by).unwrap();
        Part::new(by, Timestamp(at), "incidental finding").unwrap()
    }

    fn asked() -> Opening {
        let project = ProjectId::new("lung").unwrap();
        Opening::new(project, "R-0".to_owned(), part("chen", 1_000))
    }

    #[test]
    fn two_people_open_within_the_time() {
        let opening = asked();
        let [chen, li, sun] = ["chen", "li", "sun"].map(|id| ActorId::new(id).unwrap());
        assert_eq!(opening.state(Timestamp(2_000)), "waiting");
        assert!(
            !opening.shows_to(&chen, Timestamp(2_000)),
            "never one alone"
        );
        let opening = opening.confirm(part("li", 1_000 + OPEN_FOR_MS)).unwrap();
        let now = Timestamp(1_001 + OPEN_FOR_MS);
        assert!(opening.shows_to(&chen, now) && opening.shows_to(&li, now));
        assert!(!opening.shows_to(&sun, now), "only the two");
        let later = Timestamp(1_001 + 2 * OPEN_FOR_MS);
        assert!(!opening.shows_to(&chen, later), "only for a while");
    }

    #[test]
    fn every_other_way_is_refused() {
        let confirmed = asked().confirm(part("li", 2_000)).unwrap();
        for (opening, by, at, error) in [
            (asked(), "chen", 2_000, EscrowError::SamePerson),
            (asked(), "li", 1_001 + OPEN_FOR_MS, EscrowError::TooLate),
            // A clock that goes backwards confirms nothing.
            (asked(), "li", 999, EscrowError::TooLate),
            (confirmed.clone(), "sun", 3_000, EscrowError::Done),
            (confirmed, "chen", 3_000, EscrowError::SamePerson),
        ] {
            assert_eq!(opening.confirm(part(by, at)), Err(error), "{by} {at}");
        }
        let refused = asked().refuse(part("li", 2_000)).unwrap();
        assert_eq!(refused.state(Timestamp(3_000)), "refused");
        assert!(!refused.shows_to(&refused.requested.by, Timestamp(3_000)));
        for (opening, by, at, error) in [
            (asked(), "chen", 2_000, EscrowError::SamePerson),
            (asked(), "li", 1_001 + OPEN_FOR_MS, EscrowError::TooLate),
            (refused.clone(), "sun", 3_000, EscrowError::Done),
        ] {
            assert_eq!(opening.refuse(part(by, at)), Err(error), "{by} {at}");
        }
        assert_eq!(refused.confirm(part("sun", 3_000)), Err(EscrowError::Done));
        let li = ActorId::new("li").unwrap();
        for reason in ["", "because", "         .          ", &"x".repeat(501)] {
            let refused = Part::new(li.clone(), Timestamp(0), reason);
            assert_eq!(refused, Err(EscrowError::Reason), "{reason:?}");
        }
    }
}
