//! Which place of the hospital the room is. What is done there is the same in each; who wants another one for
//! themselves tells nobody.

use vocabulary::{Place, Timestamp};

use super::Room;
use crate::{Act, ActKind, Deed, Refusal, Standing, seat::Outcome};

impl Room {
    /// Has the room be in a place of the hospital until its host says another.
    pub fn stand_in(&mut self, place: Place) {
        self.stands_in = Some(place);
    }

    /// Carries out an act about the place; `None` where the act is another.
    pub(super) fn about_place(
        &mut self,
        now: Timestamp,
        from: (u16, u32),
        act: &Act,
    ) -> Option<Result<Outcome, Refusal>> {
        match act {
            Act::SetPlace { place } => Some(self.set_place(now, from, *place)),
            _ => None,
        }
    }

    fn set_place(
        &mut self,
        now: Timestamp,
        from: (u16, u32),
        place: Place,
    ) -> Result<Outcome, Refusal> {
        let (person, is_inside) = self.person(from.0)?;
        if !is_inside {
            return Err(Refusal::NotInside);
        }
        if self.standing(person, self.staged.order()) != Standing::Host {
            return Err(Refusal::NotForYourStanding);
        }
        if self.staged.place().or(self.stands_in) == Some(place) {
            return Ok(Outcome::Done(None));
        }
        let actor = person.actor.clone();
        let deed = Deed {
            place: Some(place),
            ..Deed::of(ActKind::Place)
        };
        self.stage(now, actor, deed, Some(from));
        Ok(Outcome::Waiting)
    }
}
