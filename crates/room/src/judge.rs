use std::collections::BTreeMap;

use vocabulary::{ActorId, Assessed, Missing, Text, Timestamp, Uid};

use crate::{
    Act, ActKind, Annotation, AnnotationPatch, Bounds, Change, Deed, Entity, EntityId, Hologram,
    HologramPatch, Locked, Measure, MeasureKind, NewEntity, NewMeasure, Patch, Placed, Probe,
    Refusal, Transform, limits, room::Hold, world::World,
};

/// What an act comes to.
pub(crate) enum Verdict {
    /// It is to be kept.
    Keep(Deed),
    /// Something is taken hold of, where it stands.
    TakeHold(EntityId, Transform),
    /// Something is let go, with the move that is to be kept, if it moved.
    LetGo(EntityId, Option<Deed>),
    /// Somebody asks for what another holds.
    Ask(EntityId),
    /// What one holds goes over to another, with the move that is to be kept, if it moved.
    GiveTo(EntityId, u16, Option<Deed>),
    /// Nobody asks for it any more.
    KeepHold(EntityId),
    /// Everything is as asked for already.
    Nothing,
}

/// An act before its judge: everything that the decision depends on.
pub(crate) struct Case<'a> {
    pub world: &'a World,
    pub holds: &'a BTreeMap<EntityId, Hold>,
    pub actor: &'a ActorId,
    /// Their name.
    pub name: &'a str,
    /// Whether they keep order.
    pub keeps_order: bool,
    /// The seat that asks; `None` for the hospital itself.
    pub participant: Option<u16>,
    pub at: Timestamp,
    pub probe: &'a dyn Probe,
}

impl Case<'_> {
    /// Decides what an act comes to. Nothing is changed here.
    pub fn judge(&self, act: Act) -> Result<Verdict, Refusal> {
        match act {
            Act::Add { entity } => self.add(entity).map(Verdict::Keep),
            Act::Set { id, patch } => self.set(id, patch),
            Act::Remove { id } => self.remove(id).map(Verdict::Keep),
            Act::Grab { id } => {
                let stands = self.stands(id)?;
                self.not_held_by_another(id)?;
                self.not_locked(id)?;
                // What was given over is in one's hold already, where it is.
                let held = self.holds.get(&id).filter(|hold| hold.ends_with.is_none());
                let transform = held.map_or(stands, |hold| hold.transform);
                Ok(Verdict::TakeHold(id, transform))
            }
            Act::Release { id, transform } => self.release(id, transform),
            Act::AskFor { id } => self.ask_for(id),
            Act::Give { id, to } => {
                let transform = self.own_hold(id)?.transform;
                Ok(Verdict::GiveTo(id, to, self.moved(id, transform)))
            }
            Act::KeepHold { id } => self.own_hold(id).map(|_| Verdict::KeepHold(id)),
            Act::Lock { id, marks } => self.lock(id, marks),
            Act::Unlock { id } => self.unlock(id),
            Act::Take { series } => self.take(&series),
            Act::Undo => self
                .world
                .undo(self.actor, |id| {
                    let held = self.holds.get(&id);
                    let held = held.filter(|hold| hold.ends_with.is_none());
                    held.map(|hold| Some(hold.participant) == self.participant)
                })
                .map(Verdict::Keep)
                .ok_or(Refusal::NothingToUndo),
            // How order is kept depends on who is there, which is not the case's to know.
            _ => Err(Refusal::KeepsNoOrder),
        }
    }

    fn add(&self, entity: NewEntity) -> Result<Deed, Refusal> {
        if self.world.entities().len() >= limits::ENTITIES {
            return Err(Refusal::TooManyEntities);
        }
        let entity = match entity {
            NewEntity::Hologram(hologram) => {
                limits::hologram(&hologram)?;
                self.inside(&hologram.series, &[hologram.cursor_lps_mm])?;
                self.holds_another(&hologram.series)?;
                self.check_layers(&hologram.series, hologram.layers.keys())?;
                self.check_parts(&hologram)?;
                Entity::Hologram(hologram)
            }
            NewEntity::Measure(asked) => Entity::Measure(self.measure(asked)?),
            NewEntity::Annotation(annotation) => {
                self.check_annotation(&annotation)?;
                Entity::Annotation(annotation)
            }
            NewEntity::Landmark(landmark) => {
                let series = &self.hologram(landmark.hologram)?.series;
                self.inside(series, &[landmark.at_lps_mm])?;
                limits::name(&landmark.name)?;
                Entity::Landmark(landmark)
            }
            NewEntity::Stroke(stroke) => {
                let series = &self.hologram(stroke.hologram)?.series;
                limits::line(&stroke.points_lps_mm)?;
                self.inside(series, &stroke.points_lps_mm)?;
                Entity::Stroke(stroke)
            }
            NewEntity::Line(line) => {
                limits::line(&line.points_m)?;
                line.points_m.iter().try_for_each(limits::position)?;
                Entity::Line(line)
            }
            NewEntity::Board(board) => {
                limits::board(&board)?;
                Entity::Board(board)
            }
            NewEntity::Page(page) => {
                limits::page(&page)?;
                Entity::Page(page)
            }
            NewEntity::Ink(ink) => {
                self.board(ink.board)?;
                limits::line(&ink.points)?;
                ink.points.iter().try_for_each(|at| limits::on_board(*at))?;
                Entity::Ink(ink)
            }
            NewEntity::BoardNote(note) => {
                self.board(note.board)?;
                limits::on_board(note.at)?;
                limits::text(&note.text)?;
                Entity::BoardNote(note)
            }
            NewEntity::Nodule(seed) => {
                let series = &self.hologram(seed.hologram)?.series;
                self.inside(series, &[seed.at_lps_mm])?;
                Entity::Nodule(seed)
            }
        };
        self.marks_not_locked(entity.on())?;
        Ok(deed(ActKind::Add, vec![self.placing(entity)]))
    }

    /// Something new, with who places it.
    fn placing(&self, entity: Entity) -> Change {
        let placed = Placed {
            by: self.actor.clone(),
            name: (!self.name.is_empty()).then(|| self.name.to_owned()),
            at: self.at,
            entity,
            locked: None,
        };
        Change {
            id: self.world.next_entity(),
            placed: Some(placed),
        }
    }

    fn set(&self, id: EntityId, patch: Patch) -> Result<Verdict, Refusal> {
        let now = self.placed(id)?;
        let mut placed = now.clone();
        match (&mut placed.entity, patch) {
            (Entity::Hologram(hologram), Patch::Hologram(patch)) => {
                self.may_move(id, patch.transform)?;
                self.patch_hologram(hologram, patch)?;
            }
            (Entity::Measure(measure), Patch::Measure(patch)) => {
                self.own(now)?;
                *measure = self.measure(NewMeasure {
                    hologram: measure.hologram,
                    kind: measure.kind,
                    points_lps_mm: patch.points_lps_mm,
                    layer: measure.layer.clone(),
                })?;
            }
            (Entity::Board(board), Patch::Board(patch)) => {
                self.may_move(id, patch.transform)?;
                board.transform = patch.transform.unwrap_or(board.transform);
                board.title = patch.title.unwrap_or_else(|| board.title.clone());
                limits::board(board)?;
            }
            (Entity::Page(page), Patch::Page(patch)) => {
                self.may_move(id, patch.transform)?;
                if patch.path.is_some() || patch.title.is_some() {
                    self.own(now)?;
                }
                page.transform = patch.transform.unwrap_or(page.transform);
                page.path = patch.path.unwrap_or_else(|| page.path.clone());
                page.title = patch.title.unwrap_or_else(|| page.title.clone());
                limits::page(page)?;
            }
            (Entity::Annotation(annotation), Patch::Annotation(patch)) => {
                self.own(now)?;
                let AnnotationPatch { at_lps_mm, text } = patch;
                annotation.at_lps_mm = at_lps_mm.unwrap_or(annotation.at_lps_mm);
                annotation.text = text.unwrap_or_else(|| annotation.text.clone());
                self.check_annotation(annotation)?;
            }
            _ => return Err(Refusal::WrongType),
        }
        if placed == *now {
            return Ok(Verdict::Nothing);
        }
        Ok(Verdict::Keep(deed(
            ActKind::Set,
            vec![Change {
                id,
                placed: Some(placed),
            }],
        )))
    }

    fn patch_hologram(&self, hologram: &mut Hologram, patch: HologramPatch) -> Result<(), Refusal> {
        let HologramPatch {
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
        } = patch;
        hologram.transform = transform.unwrap_or(hologram.transform);
        hologram.window = window.unwrap_or(hologram.window);
        hologram.mode = mode.unwrap_or(hologram.mode);
        let layers = layers.unwrap_or_default();
        let named: Vec<_> = layers.keys().cloned().collect();
        hologram.layers.extend(layers);
        hologram.clip = clip.unwrap_or(hologram.clip);
        if let Some(cursor_lps_mm) = cursor_lps_mm {
            self.inside(&hologram.series, &[cursor_lps_mm])?;
            hologram.cursor_lps_mm = cursor_lps_mm;
        }
        let has_new_parts = [crop.is_some(), within.is_some(), only.is_some()].contains(&true);
        hologram.crop = crop.unwrap_or(hologram.crop);
        hologram.within = within.unwrap_or_else(|| hologram.within.take());
        hologram.only = only.unwrap_or_else(|| hologram.only.take());
        hologram.apart = apart.unwrap_or(hologram.apart);
        if has_new_parts {
            self.check_parts(hologram)?;
        }
        limits::hologram(hologram)?;
        self.check_layers(&hologram.series, named.iter())
    }

    /// Checks that layers are those of a series, or those that every hologram has.
    fn check_layers<'n>(
        &self,
        series: &Uid,
        named: impl Iterator<Item = &'n String>,
    ) -> Result<(), Refusal> {
        let is_own = |name: &&String| !limits::LAYERS_OF_ALL.contains(&name.as_str());
        self.knows(series, named.filter(is_own))
    }

    fn knows<'n>(
        &self,
        series: &Uid,
        named: impl Iterator<Item = &'n String>,
    ) -> Result<(), Refusal> {
        let mut named = named.peekable();
        if named.peek().is_none() {
            return Ok(());
        }
        let known = self.probe.layers(series);
        if named.all(|name| known.contains(name)) {
            Ok(())
        } else {
            Err(Refusal::UnknownLayer)
        }
    }

    /// Whether the room holds another hologram of a series.
    fn holds_another(&self, series: &Uid) -> Result<(), Refusal> {
        let (all, theirs) = self.world.holograms(series);
        if all < limits::HOLOGRAMS && theirs < limits::HOLOGRAMS_OF_SERIES {
            Ok(())
        } else {
            Err(Refusal::TooManyHolograms)
        }
    }

    /// Checks which part of a hologram is to be drawn, as far as that depends on its series.
    fn check_parts(&self, hologram: &Hologram) -> Result<(), Refusal> {
        let Hologram {
            series,
            crop,
            within,
            only,
            ..
        } = hologram;
        if let Some(crop) = crop {
            limits::crop(crop)?;
            self.inside(series, &[crop.min_lps_mm, crop.max_lps_mm])?;
        }
        self.knows(series, within.iter().chain(only))
    }

    /// Has one series stand there and the others lie on the shelf, with all that was made of them.
    fn take(&self, series: &Uid) -> Result<Verdict, Refusal> {
        let bounds = self.probe.bounds(series).ok_or(Refusal::UnknownSeries)?;
        let holograms = || {
            let all = self.world.entities().iter();
            all.filter_map(|(id, placed)| match &placed.entity {
                Entity::Hologram(hologram) => Some((*id, placed, hologram)),
                _ => None,
            })
        };
        let taken = holograms().find(|(.., hologram)| hologram.series == *series);
        let taken_id = taken.map(|(id, ..)| id);
        let mut changes = Vec::new();
        for (id, placed, hologram) in holograms() {
            let shelved = Some(id) != taken_id;
            if hologram.shelved == shelved {
                continue;
            }
            self.not_held_by_another(id)?;
            self.not_locked(id)?;
            let entity = Entity::Hologram(Hologram {
                shelved,
                ..hologram.clone()
            });
            let placed = Placed {
                entity,
                ..placed.clone()
            };
            changes.push(Change {
                id,
                placed: Some(placed),
            });
        }
        if taken.is_none() {
            changes.push(self.newly_taken(series, bounds)?);
        }
        if changes.is_empty() {
            return Ok(Verdict::Nothing);
        }
        let act = if taken.is_none() {
            ActKind::Add
        } else {
            ActKind::Set
        };
        Ok(Verdict::Keep(deed(act, changes)))
    }

    /// A series that has not stood in the room yet, where the last one stands.
    fn newly_taken(&self, series: &Uid, bounds: Bounds) -> Result<Change, Refusal> {
        if self.world.entities().len() >= limits::ENTITIES {
            return Err(Refusal::TooManyEntities);
        }
        self.holds_another(series)?;
        let mut holograms = self.world.entities().values().rev();
        let last = holograms.find_map(|placed| match &placed.entity {
            Entity::Hologram(hologram) => Some(hologram),
            _ => None,
        });
        let last = last.ok_or(Refusal::UnknownEntity)?;
        let corners = bounds.min_lps_mm.into_iter().zip(bounds.max_lps_mm);
        let mut cursor_lps_mm = [0.0; 3];
        for (at, (min, max)) in cursor_lps_mm.iter_mut().zip(corners) {
            *at = f64::midpoint(min, max);
        }
        let hologram = Hologram {
            series: series.clone(),
            transform: last.transform,
            window: last.window,
            mode: last.mode,
            layers: BTreeMap::new(),
            clip: None,
            cursor_lps_mm,
            crop: None,
            within: None,
            only: None,
            apart: 0.0,
            shelved: false,
        };
        Ok(self.placing(Entity::Hologram(hologram)))
    }

    fn remove(&self, id: EntityId) -> Result<Deed, Refusal> {
        let placed = self.placed(id)?;
        let mut changes = Vec::new();
        self.not_locked(id)?;
        self.not_held_by_another(id)?;
        self.marks_not_locked(placed.entity.on())?;
        // What is on no images may stand in everybody's way, and its author may be gone: the host takes it away too.
        // A supervisor changes nothing here, and was refused before.
        let is_in_the_way = matches!(
            placed.entity,
            Entity::Page(_)
                | Entity::Line(_)
                | Entity::Board(_)
                | Entity::Ink(_)
                | Entity::BoardNote(_)
        );
        let may_clear = is_in_the_way && self.keeps_order;
        if matches!(placed.entity, Entity::Nodule(_)) {
            // It says nothing of its own: whoever keeps what lies there, or sees that there is none, takes it away.
        } else if matches!(placed.entity, Entity::Hologram(_) | Entity::Board(_)) {
            for (mark, placed) in self.world.marks(id) {
                let says_something = !matches!(placed.entity, Entity::Nodule(_));
                if says_something && placed.by != *self.actor && !may_clear {
                    return Err(Refusal::CarriesMarksOfOthers);
                }
                changes.push(Change {
                    id: mark,
                    placed: None,
                });
            }
        } else if !may_clear {
            self.own(placed)?;
        }
        changes.push(Change { id, placed: None });
        Ok(deed(ActKind::Remove, changes))
    }

    fn release(&self, id: EntityId, transform: Option<Transform>) -> Result<Verdict, Refusal> {
        let hold = self.own_hold(id)?;
        let transform = transform.unwrap_or(hold.transform);
        limits::transform(&transform)?;
        Ok(Verdict::LetGo(id, self.moved(id, transform)))
    }

    fn own_hold(&self, id: EntityId) -> Result<&Hold, Refusal> {
        let hold = self.holds.get(&id).ok_or(Refusal::NotHeld)?;
        if Some(hold.participant) != self.participant || hold.ends_with.is_some() {
            return Err(Refusal::NotHeld);
        }
        Ok(hold)
    }

    fn ask_for(&self, id: EntityId) -> Result<Verdict, Refusal> {
        self.stands(id)?;
        let hold = self.holds.get(&id).filter(|hold| hold.ends_with.is_none());
        let hold = hold.ok_or(Refusal::NobodyHolds)?;
        if Some(hold.participant) == self.participant {
            return Ok(Verdict::Nothing);
        }
        Ok(Verdict::Ask(id))
    }

    /// Locks what stands there; what one holds oneself is let go where it is.
    fn lock(&self, id: EntityId, marks: bool) -> Result<Verdict, Refusal> {
        let mut placed = self.placed(id)?.clone();
        self.not_held_by_another(id)?;
        let own = self.own_hold(id).ok().map(|hold| hold.transform);
        let stands = placed.entity.transform_mut().ok_or(Refusal::WrongType)?;
        *stands = own.unwrap_or(*stands);
        if let Some(locked) = &placed.locked {
            // Whoever may take the lock away may also make another of it.
            if locked.marks == marks {
                return Ok(Verdict::Nothing);
            }
            self.may_unlock(locked)?;
        }
        placed.locked = Some(Locked {
            by: self.actor.clone(),
            name: self.name.to_owned(),
            at: self.at,
            marks,
        });
        let change = Change {
            id,
            placed: Some(placed),
        };
        let deed = deed(ActKind::Lock, vec![change]);
        Ok(match own {
            Some(_) => Verdict::LetGo(id, Some(deed)),
            None => Verdict::Keep(deed),
        })
    }

    fn unlock(&self, id: EntityId) -> Result<Verdict, Refusal> {
        let mut placed = self.placed(id)?.clone();
        let Some(locked) = placed.locked.take() else {
            return Ok(Verdict::Nothing);
        };
        self.may_unlock(&locked)?;
        let change = Change {
            id,
            placed: Some(placed),
        };
        Ok(Verdict::Keep(deed(ActKind::Unlock, vec![change])))
    }

    fn may_unlock(&self, locked: &Locked) -> Result<(), Refusal> {
        if locked.by == *self.actor || self.keeps_order {
            Ok(())
        } else {
            Err(Refusal::LockedByAnother)
        }
    }

    /// Whether something may be put where it is asked to be, if it is.
    fn may_move(&self, id: EntityId, to: Option<Transform>) -> Result<(), Refusal> {
        if to.is_none() {
            return Ok(());
        }
        self.not_held_by_another(id)?;
        self.not_locked(id)
    }

    fn not_locked(&self, id: EntityId) -> Result<(), Refusal> {
        match &self.placed(id)?.locked {
            Some(_) => Err(Refusal::Locked),
            None => Ok(()),
        }
    }

    /// Whether marks may be put on something, changed or taken away there.
    fn marks_not_locked(&self, on: Option<EntityId>) -> Result<(), Refusal> {
        let under = on.and_then(|id| self.world.entities().get(&id));
        let locked = under.and_then(|placed| placed.locked.as_ref());
        if locked.is_some_and(|locked| locked.marks) {
            return Err(Refusal::Locked);
        }
        Ok(())
    }

    /// The deed that leaves something at `transform`; `None` where it stands there or is gone.
    pub fn moved(&self, id: EntityId, transform: Transform) -> Option<Deed> {
        let mut placed = self.world.entities().get(&id)?.clone();
        let stands = placed.entity.transform_mut()?;
        if *stands == transform {
            return None;
        }
        *stands = transform;
        Some(deed(
            ActKind::Set,
            vec![Change {
                id,
                placed: Some(placed),
            }],
        ))
    }

    fn measure(&self, asked: NewMeasure) -> Result<Measure, Refusal> {
        let NewMeasure {
            hologram,
            kind,
            mut points_lps_mm,
            layer,
        } = asked;
        let series = &self.hologram(hologram)?.series;
        if layer.is_some() != (kind == MeasureKind::Volume) {
            return Err(Refusal::WrongType);
        }
        let (value, unit) = match (kind, points_lps_mm.as_slice()) {
            (MeasureKind::Length, [from, to]) => {
                self.inside(series, &points_lps_mm)?;
                (
                    Assessed::Assessed {
                        value: distance_mm(*from, *to),
                    },
                    "mm",
                )
            }
            (MeasureKind::Hu, [at]) => {
                self.inside(series, &points_lps_mm)?;
                (assessed_hu(self.probe.hu_at(series, *at)), "[hnsf'U]")
            }
            (MeasureKind::Angle, [from, corner, to]) => {
                self.inside(series, &points_lps_mm)?;
                (assessed_angle(*from, *corner, *to), "deg")
            }
            (MeasureKind::Volume, []) => {
                let name = layer.as_deref().unwrap_or_default();
                if !self.probe.layers(series).iter().any(|one| one == name) {
                    return Err(Refusal::UnknownLayer);
                }
                let found = self.probe.inside_of(series, name);
                points_lps_mm = found.iter().map(|(_, middle)| *middle).collect();
                (assessed_ml(found.map(|(volume, _)| volume)), "mL")
            }
            _ => return Err(Refusal::WrongNumberOfPoints),
        };
        Ok(Measure {
            hologram,
            kind,
            points_lps_mm,
            layer,
            value,
            unit: unit.to_owned(),
        })
    }

    fn check_annotation(&self, annotation: &Annotation) -> Result<(), Refusal> {
        let series = &self.hologram(annotation.hologram)?.series;
        self.inside(series, &[annotation.at_lps_mm])?;
        limits::text(&annotation.text)
    }

    fn inside(&self, series: &Uid, points_lps_mm: &[[f64; 3]]) -> Result<(), Refusal> {
        let bounds = self.probe.bounds(series).ok_or(Refusal::UnknownSeries)?;
        if points_lps_mm.iter().all(|point| bounds.holds(*point)) {
            Ok(())
        } else {
            Err(Refusal::OutsideVolume)
        }
    }

    fn placed(&self, id: EntityId) -> Result<&Placed, Refusal> {
        self.world.entities().get(&id).ok_or(Refusal::UnknownEntity)
    }

    /// Where something stands that can be taken in hand.
    fn stands(&self, id: EntityId) -> Result<Transform, Refusal> {
        let stands = self.placed(id)?.entity.transform();
        stands.ok_or(Refusal::WrongType)
    }

    fn hologram(&self, id: EntityId) -> Result<&Hologram, Refusal> {
        match &self.placed(id)?.entity {
            Entity::Hologram(hologram) => Ok(hologram),
            _ => Err(Refusal::WrongType),
        }
    }

    fn board(&self, id: EntityId) -> Result<(), Refusal> {
        match &self.placed(id)?.entity {
            Entity::Board(_) => Ok(()),
            _ => Err(Refusal::WrongType),
        }
    }

    fn own(&self, placed: &Placed) -> Result<(), Refusal> {
        self.marks_not_locked(placed.entity.on())?;
        if placed.by == *self.actor {
            Ok(())
        } else {
            Err(Refusal::NotYours)
        }
    }

    fn not_held_by_another(&self, id: EntityId) -> Result<(), Refusal> {
        match self.holds.get(&id) {
            Some(hold)
                if Some(hold.participant) != self.participant && hold.ends_with.is_none() =>
            {
                Err(Refusal::HeldByAnother)
            }
            _ => Ok(()),
        }
    }
}

fn deed(act: ActKind, changes: Vec<Change>) -> Deed {
    Deed {
        changes,
        ..Deed::of(act)
    }
}

fn distance_mm(from: [f64; 3], to: [f64; 3]) -> f64 {
    let squares = from.into_iter().zip(to).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f64>().sqrt()
}

/// The angle at a corner in degrees, 0 to 180.
fn assessed_angle(from: [f64; 3], corner: [f64; 3], to: [f64; 3]) -> Assessed<f64> {
    let leg =
        |end: [f64; 3]| [0, 1, 2].map(|axis: usize| component(end, axis) - component(corner, axis));
    let dot = |a: [f64; 3], b: [f64; 3]| a.into_iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (one, other) = (leg(from), leg(to));
    let lengths = (dot(one, one) * dot(other, other)).sqrt();
    if lengths > 0.0 {
        let value = (dot(one, other) / lengths)
            .clamp(-1.0, 1.0)
            .acos()
            .to_degrees();
        return Assessed::Assessed { value };
    }
    Assessed::NotAssessable {
        missing: vec![Missing {
            input: "leg".to_owned(),
            why: Text::new("角的一边没有长度", "a leg of the angle has no length"),
        }],
    }
}

fn component(point: [f64; 3], axis: usize) -> f64 {
    point.get(axis).copied().unwrap_or(f64::NAN)
}

/// Cubic millimetres as millilitres.
fn assessed_ml(volume_mm3: Option<f64>) -> Assessed<f64> {
    match volume_mm3 {
        Some(volume) => Assessed::Assessed {
            value: volume / 1000.0,
        },
        None => Assessed::NotAssessable {
            missing: vec![Missing {
                input: "mask".to_owned(),
                why: Text::new(
                    "该结构的范围无法读取",
                    "the inside of this structure cannot be read",
                ),
            }],
        },
    }
}

fn assessed_hu(value: Option<i16>) -> Assessed<f64> {
    match value {
        Some(value) => Assessed::Assessed {
            value: f64::from(value),
        },
        None => Assessed::NotAssessable {
            missing: vec![Missing {
                input: "voxel".to_owned(),
                why: Text::new("此处没有可读取的体素值", "no voxel value can be read here"),
            }],
        },
    }
}
