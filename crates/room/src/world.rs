use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use vocabulary::{ActorId, Place, Timestamp, Uid};

use crate::{
    ActKind, Annotation, Change, Deed, Entity, EntityId, Hologram, KeptAct, Measure, OpenError,
    Order, Person, Placed, Recording,
    limits::{ENTITIES, HOLOGRAMS, HOLOGRAMS_OF_SERIES, ONE_STEP_MS, UNDO_STEPS},
};

/// What became of one entity in a step that may be taken back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Turn {
    id: EntityId,
    before: Option<Placed>,
    after: Option<Placed>,
}

/// What one person did at once, and may take back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Step {
    number: u64,
    at: Timestamp,
    turns: Vec<Turn>,
}

/// The things in a room, and what each person may take back: all that follows from the kept acts. A
/// [`Checkpoint`](crate::Checkpoint) has it as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct World {
    entities: BTreeMap<EntityId, Placed>,
    next_entity: EntityId,
    next_number: u64,
    steps: BTreeMap<ActorId, VecDeque<Step>>,
    order: Order,
    recording: Recording,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<Place>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            entities: BTreeMap::new(),
            next_entity: 1,
            next_number: 0,
            steps: BTreeMap::new(),
            order: Order::default(),
            recording: Recording::default(),
            place: None,
        }
    }
}

impl World {
    /// The entities by number.
    pub fn entities(&self) -> &BTreeMap<EntityId, Placed> {
        &self.entities
    }

    /// Whether somebody who is not inside now would be one who works there: asked or let in, not kept out.
    pub fn lets_work(&self, person: &Person, now: Timestamp) -> bool {
        let (order, who, door) = (&self.order, &person.actor, &person.door);
        let is_kept_out = order.block(who, now).is_some() || order.put_out(who).is_some();
        let comes_in = door.is_asked || door.may_host || order.is_admitted(who, now);
        let standing = order.appointed(who).unwrap_or(door.standing);
        let is_held = is_kept_out || door.needs_companion || self.lacks_licence(person, now);
        !is_held && comes_in && person.may_act && standing.works()
    }

    /// Whether somebody is held at the door until they are licensed. Who came because the patient needed it is not,
    /// for as long as who was let in.
    pub(crate) fn lacks_licence(&self, person: &Person, now: Timestamp) -> bool {
        person.door.needs_licence && !self.order.came_urgently(&person.actor, now)
    }

    /// The order that was kept.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// Whether the room is recorded.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// Which place of the hospital the room is; `None` until its host has said so.
    pub fn place(&self) -> Option<Place> {
        self.place
    }

    /// The number that the next entity gets.
    pub fn next_entity(&self) -> EntityId {
        self.next_entity
    }

    /// The number that the next kept act gets.
    pub fn next_number(&self) -> u64 {
        self.next_number
    }

    /// How many holograms there are, and how many of them show a series.
    pub(crate) fn holograms(&self, series: &Uid) -> (usize, usize) {
        let all = self.entities.values().filter_map(Placed::series);
        all.fold((0, 0), |(all, theirs), one| {
            (all + 1, theirs + usize::from(one == series))
        })
    }

    /// The marks on a hologram or board.
    pub fn marks(&self, hologram: EntityId) -> impl Iterator<Item = (EntityId, &Placed)> {
        self.entities
            .iter()
            .filter(move |(_, placed)| placed.entity.on() == Some(hologram))
            .map(|(id, placed)| (*id, placed))
    }

    /// Carries out kept acts, which come in order from the next one on.
    pub fn replay(mut self, acts: impl IntoIterator<Item = KeptAct>) -> Result<Self, OpenError> {
        for KeptAct {
            number,
            actor,
            at,
            act,
        } in acts
        {
            let expected = self.next_number;
            if number != expected {
                return Err(OpenError::Gap {
                    expected,
                    found: number,
                });
            }
            let deed: Deed =
                serde_json::from_value(act).map_err(|_| OpenError::Unreadable { number })?;
            self.fold(&actor, at, &deed);
        }
        Ok(self)
    }

    /// Carries out the next deed. Deeds are effects that were judged before, so nothing is judged here.
    pub fn fold(&mut self, actor: &ActorId, at: Timestamp, deed: &Deed) {
        let mut turns = Vec::with_capacity(deed.changes.len());
        for Change { id, placed } in &deed.changes {
            let before = match placed {
                Some(placed) => self.entities.insert(*id, placed.clone()),
                None => self.entities.remove(id),
            };
            self.next_entity = self.next_entity.max(id.saturating_add(1));
            turns.push(Turn {
                id: *id,
                before,
                after: placed.clone(),
            });
        }
        if let Some(ordered) = &deed.order {
            self.order.fold((self.next_number, actor), at, ordered);
        }
        if let Some(step) = deed.recording {
            self.recording.fold(self.next_number, at, actor, step);
        }
        self.place = deed.place.or(self.place);
        let step = Step {
            number: self.next_number,
            at,
            turns,
        };
        self.next_number += 1;
        match deed.undoes {
            Some(number) => self.forget_from(actor, number),
            None => self.remember(actor, step),
        }
    }

    fn forget_from(&mut self, actor: &ActorId, number: u64) {
        if let Some(steps) = self.steps.get_mut(actor) {
            steps.retain(|step| step.number < number);
        }
    }

    fn remember(&mut self, actor: &ActorId, step: Step) {
        if step.is_looking_around() {
            return;
        }
        let steps = self.steps.entry(actor.clone()).or_default();
        match steps.back_mut() {
            Some(last) if last.goes_on_in(&step) => {
                for (turn, later) in last.turns.iter_mut().zip(step.turns) {
                    turn.after = later.after;
                }
                last.number = step.number;
                last.at = step.at;
            }
            _ => steps.push_back(step),
        }
        if steps.len() > UNDO_STEPS {
            steps.pop_front();
        }
    }

    /// The deed that takes back the last step of `actor` that can still be taken back. `held` says which
    /// entities somebody has hold of, and whether it is `actor`.
    pub fn undo(&self, actor: &ActorId, held: impl Fn(EntityId) -> Option<bool>) -> Option<Deed> {
        let steps = self.steps.get(actor)?;
        steps.iter().rev().find_map(|step| {
            let changes = self.reverse(actor, step, &held)?;
            Some(Deed {
                changes,
                undoes: Some(step.number),
                ..Deed::of(ActKind::Undo)
            })
        })
    }

    fn reverse(
        &self,
        actor: &ActorId,
        step: &Step,
        held: &impl Fn(EntityId) -> Option<bool>,
    ) -> Option<Vec<Change>> {
        let mut changes = Vec::new();
        for turn in step.turns.iter().rev() {
            let now = self.entities.get(&turn.id);
            // What somebody else holds stays with them, and a lock comes back to what nobody holds.
            if held(turn.id).is_some_and(|is_own| !is_own || turn.locks()) || self.is_locked(turn) {
                return None;
            }
            match (&turn.before, &turn.after, now) {
                (None, Some(_), Some(_)) => {
                    // A hologram leaves with its marks, but not with those of others.
                    for (id, mark) in self.marks(turn.id) {
                        if mark.by != *actor {
                            return None;
                        }
                        changes.push(Change { id, placed: None });
                    }
                    changes.push(Change {
                        id: turn.id,
                        placed: None,
                    });
                }
                (Some(before), None, None) => {
                    changes.push(Change {
                        id: turn.id,
                        placed: Some(before.clone()),
                    });
                }
                (Some(before), Some(after), Some(now)) => {
                    let mut placed = now.clone();
                    if !restore(&mut placed.entity, &before.entity, &after.entity)
                        || !field(&mut placed.locked, &before.locked, &after.locked)
                    {
                        return None;
                    }
                    changes.push(Change {
                        id: turn.id,
                        placed: Some(placed),
                    });
                }
                _ => return None,
            }
        }
        self.can_stand(&changes).then_some(changes)
    }

    /// Whether a lock keeps things as they are now, so that a turn of them is not taken back.
    fn is_locked(&self, turn: &Turn) -> bool {
        let lock = |id: EntityId| {
            self.entities
                .get(&id)
                .and_then(|placed| placed.locked.as_ref())
        };
        let either = turn.before.as_ref().or(turn.after.as_ref());
        let under = either.and_then(|placed| placed.entity.on());
        let marks_are = under.and_then(lock).is_some_and(|locked| locked.marks);
        let stands = |placed: Option<&Placed>| placed.and_then(Placed::stands);
        let moves = stands(turn.before.as_ref()) != stands(turn.after.as_ref());
        marks_are || (moves && !turn.locks() && lock(turn.id).is_some())
    }

    /// Whether the room can hold what `changes` bring back, and each mark finds its hologram.
    fn can_stand(&self, changes: &[Change]) -> bool {
        let brought = changes
            .iter()
            .filter(|change| change.placed.is_some() && !self.entities.contains_key(&change.id));
        if self.entities.len() + brought.clone().count() > ENTITIES {
            return false;
        }
        let brought = brought.filter_map(|change| change.placed.as_ref()?.series());
        for series in brought.clone() {
            let (all, theirs) = self.holograms(series);
            let more = brought.clone().filter(|one| *one == series).count();
            if all + brought.clone().count() > HOLOGRAMS || theirs + more > HOLOGRAMS_OF_SERIES {
                return false;
            }
        }
        changes.iter().all(|change| {
            let wanted = change.placed.as_ref().and_then(|placed| placed.entity.on());
            wanted.is_none_or(|hologram| {
                self.entities.contains_key(&hologram)
                    || changes
                        .iter()
                        .any(|c| c.id == hologram && c.placed.is_some())
            })
        })
    }
}

impl Step {
    /// Moving the slices' cursor is looking, not doing: there is nothing to take back.
    fn is_looking_around(&self) -> bool {
        self.turns
            .iter()
            .all(|turn| turn.fields() == Some(HOLOGRAM_CURSOR))
    }

    /// Whether `next` is the same movement, such as one drag of a slider.
    fn goes_on_in(&self, next: &Self) -> bool {
        let soon = next.at.0.saturating_sub(self.at.0) < ONE_STEP_MS;
        let same = |(a, b): (&Turn, &Turn)| {
            a.id == b.id && a.fields().is_some() && a.fields() == b.fields() && a.after == b.before
        };
        soon && self.turns.len() == next.turns.len() && self.turns.iter().zip(&next.turns).all(same)
    }
}

/// The bit of the cursor among the fields of a hologram, see [`Turn::fields`].
const HOLOGRAM_CURSOR: u16 = 1 << 5;

impl Turn {
    /// Whether a lock came or went.
    fn locks(&self) -> bool {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => before.locked != after.locked,
            _ => false,
        }
    }

    /// Which fields changed, one bit each; `None` where the entity or a lock on it came or went.
    fn fields(&self) -> Option<u16> {
        fn differ<T: PartialEq>(before: &T, after: &T) -> bool {
            before != after
        }
        let (before, after) = (self.before.as_ref()?, self.after.as_ref()?);
        if self.locks() {
            return None;
        }
        let differences: &[bool] = match (&before.entity, &after.entity) {
            (Entity::Hologram(b), Entity::Hologram(a)) => &[
                differ(&b.transform, &a.transform),
                differ(&b.window, &a.window),
                differ(&b.mode, &a.mode),
                differ(&b.layers, &a.layers),
                differ(&b.clip, &a.clip),
                differ(&b.cursor_lps_mm, &a.cursor_lps_mm),
                differ(&b.crop, &a.crop),
                differ(&b.within, &a.within),
                differ(&b.only, &a.only),
                differ(&b.apart, &a.apart),
                differ(&b.shelved, &a.shelved),
            ],
            (Entity::Annotation(b), Entity::Annotation(a)) => {
                &[differ(&b.at_lps_mm, &a.at_lps_mm), differ(&b.text, &a.text)]
            }
            (Entity::Measure(b), Entity::Measure(a)) => &[differ(b, a)],
            (Entity::Nodule(b), Entity::Nodule(a)) => &[differ(b, a)],
            (Entity::Landmark(b), Entity::Landmark(a)) => &[differ(b, a)],
            (Entity::Stroke(b), Entity::Stroke(a)) => &[differ(b, a)],
            (Entity::Line(b), Entity::Line(a)) => &[differ(b, a)],
            (Entity::Board(b), Entity::Board(a)) => &[
                differ(&b.transform, &a.transform),
                differ(&b.title, &a.title),
            ],
            (Entity::Page(b), Entity::Page(a)) => &[
                differ(&b.transform, &a.transform),
                differ(&b.path, &a.path),
                differ(&b.title, &a.title),
            ],
            (Entity::Ink(b), Entity::Ink(a)) => &[differ(b, a)],
            (Entity::BoardNote(b), Entity::BoardNote(a)) => &[differ(b, a)],
            _ => return None,
        };
        Some(
            differences
                .iter()
                .rev()
                .fold(0, |bits, differs| bits << 1 | u16::from(*differs)),
        )
    }
}

/// Sets a field back to `before`, if it differs there from `after`; says `false` where somebody has changed it since.
fn field<T: PartialEq + Clone>(now: &mut T, before: &T, after: &T) -> bool {
    if before == after {
        return true;
    }
    let untouched = now == after;
    if untouched {
        now.clone_from(before);
    }
    untouched
}

/// Sets the fields that differ between `before` and `after` back to `before`; says `false` where somebody
/// has changed one of them since.
fn restore(now: &mut Entity, before: &Entity, after: &Entity) -> bool {
    match (now, before, after) {
        (Entity::Hologram(n), Entity::Hologram(b), Entity::Hologram(a)) => {
            let Hologram {
                series,
                transform,
                window,
                mode,
                layers,
                clip,
                cursor_lps_mm,
                crop,
                within,
                only,
                apart,
                shelved,
            } = n;
            field(series, &b.series, &a.series)
                && field(transform, &b.transform, &a.transform)
                && field(window, &b.window, &a.window)
                && field(mode, &b.mode, &a.mode)
                && field(layers, &b.layers, &a.layers)
                && field(clip, &b.clip, &a.clip)
                && field(cursor_lps_mm, &b.cursor_lps_mm, &a.cursor_lps_mm)
                && field(crop, &b.crop, &a.crop)
                && field(within, &b.within, &a.within)
                && field(only, &b.only, &a.only)
                && field(apart, &b.apart, &a.apart)
                && field(shelved, &b.shelved, &a.shelved)
        }
        (Entity::Annotation(n), Entity::Annotation(b), Entity::Annotation(a)) => {
            let Annotation {
                hologram,
                at_lps_mm,
                text,
            } = n;
            field(hologram, &b.hologram, &a.hologram)
                && field(at_lps_mm, &b.at_lps_mm, &a.at_lps_mm)
                && field(text, &b.text, &a.text)
        }
        (Entity::Measure(n), Entity::Measure(b), Entity::Measure(a)) => field::<Measure>(n, b, a),
        (Entity::Nodule(n), Entity::Nodule(b), Entity::Nodule(a)) => field(n, b, a),
        (Entity::Landmark(n), Entity::Landmark(b), Entity::Landmark(a)) => field(n, b, a),
        (Entity::Stroke(n), Entity::Stroke(b), Entity::Stroke(a)) => field(n, b, a),
        (Entity::Line(n), Entity::Line(b), Entity::Line(a)) => field(n, b, a),
        (Entity::Board(n), Entity::Board(b), Entity::Board(a)) => {
            field(&mut n.transform, &b.transform, &a.transform)
                && field(&mut n.title, &b.title, &a.title)
        }
        (Entity::Page(n), Entity::Page(b), Entity::Page(a)) => {
            field(&mut n.transform, &b.transform, &a.transform)
                && field(&mut n.path, &b.path, &a.path)
                && field(&mut n.title, &b.title, &a.title)
        }
        (Entity::Ink(n), Entity::Ink(b), Entity::Ink(a)) => field(n, b, a),
        (Entity::BoardNote(n), Entity::BoardNote(b), Entity::BoardNote(a)) => field(n, b, a),
        _ => false,
    }
}
