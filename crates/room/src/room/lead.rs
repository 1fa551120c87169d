//! What holds for this stay only: who shows the others the way, and who wears which colour. Nothing of it is kept.

use super::Room;
use crate::{
    Leading, Refusal, Standing, View,
    seat::{Outcome, colour_of},
};

impl Room {
    pub(super) fn lead(
        &mut self,
        participant: u16,
        view: Option<View>,
    ) -> Result<Outcome, Refusal> {
        let standing = self.who_shows(participant)?;
        let is_own = self
            .leading
            .is_some_and(|led| led.participant == participant);
        let next = match view {
            Some(view) => {
                view.check()?;
                // The host takes the lead from anybody; the others wait until it is free.
                if self.leading.is_some() && !is_own && standing != Standing::Host {
                    return Err(Refusal::LedByAnother);
                }
                Some(Leading { participant, view })
            }
            None if is_own => None,
            None => return Ok(Outcome::Done(None)),
        };
        self.leading_changed |= next != self.leading;
        self.leading = next;
        Ok(Outcome::Done(None))
    }

    pub(super) fn gather(&mut self, participant: u16, view: View) -> Result<Outcome, Refusal> {
        self.who_shows(participant)?;
        view.check()?;
        self.gathers = Some(Leading { participant, view });
        Ok(Outcome::Done(None))
    }

    /// Everybody inside may wear another colour of the palette, as long as nobody else here wears it.
    pub(super) fn wear(&mut self, participant: u16, colour: &str) -> Result<Outcome, Refusal> {
        let colour = colour_of(colour).ok_or(Refusal::ColourTaken)?;
        let mut others = self.sitters.iter().filter(|(id, _)| **id != participant);
        if others.any(|(_, sitter)| sitter.colour == colour) {
            return Err(Refusal::ColourTaken);
        }
        let sitter = self.sitters.get_mut(&participant);
        let sitter = sitter.ok_or(Refusal::NotInside)?;
        self.people_changed |= sitter.colour != colour;
        sitter.colour = colour;
        Ok(Outcome::Done(None))
    }

    /// Who leads no more when they have left, or may not any longer.
    pub(super) fn settle_leading(&mut self) {
        if let Some(Leading { participant, .. }) = self.leading
            && self.who_shows(participant).is_err()
        {
            self.leading = None;
            self.leading_changed = true;
        }
    }

    fn who_shows(&self, participant: u16) -> Result<Standing, Refusal> {
        let (person, is_inside) = self.person(participant)?;
        if !is_inside {
            return Err(Refusal::NotInside);
        }
        match self.standing(person, self.staged.order()) {
            standing if standing.works() => Ok(standing),
            Standing::Observer => Err(Refusal::WatchingOnly),
            _ => Err(Refusal::NotForYourStanding),
        }
    }
}
