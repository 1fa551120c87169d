//! What holds for this stay only: who shows the others the way or all that is around them, and who looks like
//! what. Nothing of it is kept.

use vocabulary::ActorId;

use super::Room;
use crate::{
    Leading, Refusal, Standing, View,
    limits::FIGURES,
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

    /// There is one picture of all around at a time: two would be two places to stand in. The host takes over from
    /// anybody, and who keeps order ends anybody's.
    pub(super) fn show_around(
        &mut self,
        participant: u16,
        shows: bool,
    ) -> Result<Outcome, Refusal> {
        let is_others = self.shows_around.is_some_and(|by| by != participant);
        if shows {
            let standing = self.who_shows(participant)?;
            if is_others && standing != Standing::Host {
                return Err(Refusal::AroundByAnother);
            }
            self.shows_around = Some(participant);
        } else {
            let (person, is_inside) = self.person(participant)?;
            let keeps_order = self.standing(person, self.staged.order()).keeps_order();
            if is_others && !(is_inside && keeps_order) {
                return Err(Refusal::KeepsNoOrder);
            }
            self.shows_around = None;
        }
        Ok(Outcome::Done(None))
    }

    /// Whose line is lost, who has left or may not any longer shows nothing, and leaves the place to another.
    pub(super) fn settle_around(&mut self) {
        if let Some(participant) = self.shows_around {
            let sitter = self.sitters.get(&participant);
            let is_here = sitter.is_some_and(|sitter| sitter.away_since.is_none());
            if !is_here || self.who_shows(participant).is_err() {
                self.shows_around = None;
            }
        }
    }

    /// Gives somebody who watches the word, or takes it back. It holds for this stay, and is no fact.
    pub(super) fn give_word(
        &mut self,
        participant: u16,
        whose: u16,
        gives: bool,
    ) -> Result<Outcome, Refusal> {
        // Who has the word may give it back.
        if gives || participant != whose {
            self.keeper(participant)?;
        }
        let sitter = self.sitters.get_mut(&whose);
        let sitter = sitter.ok_or(Refusal::NobodyThere)?;
        self.people_changed |= sitter.has_word != gives;
        sitter.has_word = gives;
        // Who asked for the word has it.
        if gives {
            self.people_changed |= sitter.hand_since.take().is_some();
        }
        Ok(Outcome::Done(None))
    }

    /// Who was made something else has no word from before.
    pub(super) fn end_words_of(&mut self, actor: &ActorId) {
        for sitter in self.sitters.values_mut() {
            if sitter.person.actor == *actor {
                sitter.has_word = false;
            }
        }
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

    /// Everybody inside may look as they like: two may look alike, their names and colours tell them apart.
    pub(super) fn look_like(&mut self, participant: u16, figure: u8) -> Result<Outcome, Refusal> {
        if !(1..=FIGURES).contains(&figure) {
            return Err(Refusal::UnknownFigure);
        }
        let sitter = self.sitters.get_mut(&participant);
        let sitter = sitter.ok_or(Refusal::NotInside)?;
        self.people_changed |= sitter.figure != Some(figure);
        sitter.figure = Some(figure);
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
