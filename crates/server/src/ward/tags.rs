//! Location tags: where who or what carries one is now, and how far outside of its ward.

use std::{collections::BTreeMap, sync::Arc};

use alarms::{RuleSet, Sample, Watch};
use record::Arrived;
use serde::Serialize;
use vocabulary::{PatientId, Timestamp};

use super::{Places, State, Thing, kept::Source};

/// The codes of the axes of a tag's position.
const AXES: [&str; 2] = ["tag-x", "tag-y"];
const UNCERTAINTY: &str = "tag-uncertainty";
/// Both axes are of one moment if they are not further apart, in milliseconds.
const TOGETHER_MS: i64 = 2_000;
/// A tag that was silent for longer says nothing about now, in milliseconds: as the tag's profile has it.
pub const FRESH_MS: i64 = 600_000;

/// The signals by which rules look at a patient's tag, and at a thing's.
const PATIENT_OUTSIDE: &str = "patient-outside";
const THING_OUTSIDE: &str = "thing-outside";
/// What stands for the streams of a position where a value's source is named.
const POSITION: &str = "position";
/// A tag that a thing carries is named by this before the thing's id.
pub const THING: &str = "Device/";

/// The newest of each axis of one tag.
#[derive(Clone, Debug, Default)]
pub struct Tag {
    axes: [Option<(Timestamp, f64)>; 2],
    uncertainty_m: Option<f64>,
    /// Until when its places were looked at by rules.
    judged: Option<Timestamp>,
}

/// Where a tag is: on the floor of the building, in metres.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Position {
    pub floor_m: [f64; 2],
    pub at: Timestamp,
    pub uncertainty_m: Option<f64>,
}

/// Whether a code is of a tag's position, which tells where somebody is.
pub fn is_position(code: &str) -> bool {
    code.starts_with("tag-")
}

impl Tag {
    fn take(&mut self, code: &str, at: Timestamp, value: f64) {
        if code == UNCERTAINTY {
            self.uncertainty_m = Some(value);
        }
        if let Some(axis) = AXES.iter().position(|axis| *axis == code)
            && let Some(known) = self.axes.get_mut(axis)
            && known.is_none_or(|(before, _)| before <= at)
        {
            *known = Some((at, value));
        }
    }

    /// Its place, once both axes are newer than what rules looked at last.
    fn news(&mut self) -> Option<Position> {
        let [Some((x_at, _)), Some((y_at, _))] = self.axes else {
            return None;
        };
        if self.judged.is_some_and(|judged| x_at.min(y_at) <= judged) {
            return None;
        }
        let found = self.position(x_at.max(y_at))?;
        self.judged = Some(found.at);
        Some(found)
    }

    fn position(&self, now: Timestamp) -> Option<Position> {
        let [Some((x_at, x)), Some((y_at, y))] = self.axes else {
            return None;
        };
        let is_one = (x_at.0 - y_at.0).abs() <= TOGETHER_MS;
        let at = x_at.max(y_at);
        (is_one && now.0 - at.0 <= FRESH_MS).then_some(Position {
            floor_m: [x, y],
            at,
            uncertainty_m: self.uncertainty_m,
        })
    }
}

impl Thing {
    /// Watches it from now on.
    pub(super) fn begin(rules: &Arc<RuleSet>, now: Timestamp) -> Self {
        let mut watch = Watch::new(rules.clone());
        watch.begin_at(Timestamp(now.0 - i64::from(rules.lateness_s) * 1000));
        Self {
            watch,
            sources: BTreeMap::new(),
        }
    }
}

impl State {
    /// Takes what a tag says of where it is.
    pub(super) fn locate(&mut self, arrived: &Arrived) {
        for (at_us, value) in arrived.readings.timed() {
            if let Some(at_us) = at_us {
                let at = Timestamp(at_us.div_euclid(1000));
                self.locate_one(
                    arrived.stream.device.as_str(),
                    &arrived.coding.code,
                    at,
                    value,
                );
            }
        }
    }

    pub(super) fn locate_one(&mut self, device: &str, code: &str, at: Timestamp, value: f64) {
        let tag = self.tags.entry(device.to_owned()).or_default();
        tag.take(code, at, value);
        if let Some(position) = tag.news() {
            self.stray(device, position);
        }
    }

    /// Gives rules the distance of a patient or a thing from its ward. Where one of the staff is no rule asks.
    fn stray(&mut self, tag: &str, position: Position) {
        let device = self.places.devices.get(tag);
        let Some(carrier) = device.and_then(|device| device.carrier.clone()) else {
            return;
        };
        let place = match carrier.split_once('/') {
            Some(("Patient", id)) => PatientId::new(id)
                .ok()
                .and_then(|id| self.places.bed_of(&id).cloned()),
            _ if carrier.starts_with(THING) => self.places.about(&carrier),
            _ => None,
        };
        let Some(place) = place else { return };
        let outline = self.places.floor.get(&place.ward);
        let Some(away_m) = outline.and_then(|outline| outside_m(outline, position.floor_m)) else {
            return;
        };
        let sure_m = (away_m - position.uncertainty_m.unwrap_or(0.0)).max(0.0);
        let sample = |signal: &str| Sample {
            signal: signal.to_owned(),
            at: position.at,
            value: (sure_m * 10.0).round() / 10.0,
        };
        let source = Source {
            device: tag.to_owned(),
            stream: POSITION.to_owned(),
        };
        if place.id == carrier {
            if let Some(thing) = self.things.get_mut(&carrier) {
                thing.sources.insert(THING_OUTSIDE.to_owned(), source);
                // That it came late is counted there; it still counts from now on.
                let _ = thing.watch.sample(sample(THING_OUTSIDE));
            }
        } else {
            self.sample(&place.id, sample(PATIENT_OUTSIDE), &source);
        }
    }

    /// Watches the things that carry a tag and belong to a ward, and no others any more.
    pub(super) fn settle_things(&mut self, now: Timestamp) {
        let carriers = self.places.devices.values();
        let carriers = carriers.filter_map(|device| device.carrier.clone());
        let things = carriers.filter(|carrier| carrier.starts_with(THING));
        let watched: Vec<String> = things
            .filter(|thing| self.places.about(thing).is_some())
            .collect();
        self.watch_no_more(THING, now, |thing| watched.iter().any(|one| one == thing));
        for thing in watched {
            let rules = &self.rules;
            let begin = || Thing::begin(rules, now);
            self.things.entry(thing).or_insert_with(begin);
        }
    }

    /// Watches those of a kind no more that are not to be watched.
    pub(super) fn watch_no_more(
        &mut self,
        kind: &str,
        now: Timestamp,
        is_watched: impl Fn(&str) -> bool,
    ) {
        let known = self.things.keys();
        let gone = known.filter(|id| id.starts_with(kind) && !is_watched(id));
        for id in gone.cloned().collect::<Vec<_>>() {
            self.things.remove(&id);
            self.unkept.extend(self.board.leave(&id, now));
        }
    }

    /// Whether who or what carries a tag is outside of a ward whose outline is known.
    pub fn is_outside(&self, ward: &str, position: Option<Position>) -> bool {
        let outline = self.places.floor.get(ward);
        let away_m = outline.and_then(|outline| outside_m(outline, position?.floor_m));
        away_m.is_some_and(|away_m| away_m > 0.0)
    }

    /// Where who or what carries a tag is: `Practitioner/…`, `Patient/…` or `Device/…`.
    pub fn position_of(&self, carrier: &str, now: Timestamp) -> Option<Position> {
        let tags = self.places.devices.values();
        let carried = tags.filter(|device| device.carrier.as_deref() == Some(carrier));
        let positions = carried.filter_map(|device| self.tags.get(&device.id)?.position(now));
        positions.max_by_key(|position| position.at)
    }
}

impl Places {
    /// The room around a point of the floor.
    pub fn room_around(&self, point_m: [f64; 2]) -> Option<&String> {
        let around = |room: &&String| {
            self.floor
                .get(*room)
                .is_some_and(|outline| is_inside(outline, point_m))
        };
        self.rooms.keys().find(around)
    }
}

/// Whether a point is inside an outline: a ray from it crosses the outline an odd number of times.
fn is_inside(outline: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    let next = outline.iter().cycle().skip(1);
    let crossed = outline.iter().zip(next).filter(|([ax, ay], [bx, by])| {
        (*ay > y) != (*by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax
    });
    crossed.count() % 2 == 1
}

/// How far a point is outside of an outline, in metres: 0 within it; none where there is no outline.
fn outside_m(outline: &[[f64; 2]], [x, y]: [f64; 2]) -> Option<f64> {
    if outline.len() < 3 {
        return None;
    }
    if is_inside(outline, [x, y]) {
        return Some(0.0);
    }
    let next = outline.iter().cycle().skip(1);
    let walls = outline.iter().zip(next);
    let away = walls.map(|([ax, ay], [bx, by])| {
        let (dx, dy) = (bx - ax, by - ay);
        let length = dx * dx + dy * dy;
        // The point of the wall that is nearest; a wall without length is a point.
        let along = if length > 0.0 {
            (((x - ax) * dx + (y - ay) * dy) / length).clamp(0.0, 1.0)
        } else {
            0.0
        };
        (x - ax - along * dx).hypot(y - ay - along * dy)
    });
    away.min_by(f64::total_cmp)
}

/// Reads an outline such as `0,0 6,0 6,5 0,5`, in metres; one point is a place without extent.
pub fn outline(text: &str) -> Option<Vec<[f64; 2]>> {
    let point = |pair: &str| {
        let (x, y) = pair.split_once(',')?;
        let point: [f64; 2] = [x.trim().parse().ok()?, y.trim().parse().ok()?];
        point.iter().all(|one| one.is_finite()).then_some(point)
    };
    let points: Option<Vec<_>> = text.split_whitespace().map(point).collect();
    points.filter(|points| !points.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_in_the_room_around_it() {
        let room = outline("0,0 6,0 6,5 3,5 3,2 0,2").unwrap();
        for (point, expected) in [
            ([1.0, 1.0], true),
            ([5.0, 4.0], true),
            ([1.0, 4.0], false),
            ([7.0, 1.0], false),
        ] {
            assert_eq!(is_inside(&room, point), expected, "{point:?}");
        }
        assert_eq!(outline("1.5,2"), Some(vec![[1.5, 2.0]]));
        for bad in ["", "1", "1,2 x,3", "NaN,1"] {
            assert_eq!(outline(bad), None, "{bad}");
        }
    }

    #[test]
    fn outside_is_the_distance_to_the_nearest_wall() {
        let ward = outline("0,0 6,0 6,5 0,5").unwrap();
        for (point, expected) in [
            ([1.0, 1.0], 0.0),
            ([8.0, 2.0], 2.0),
            ([3.0, -1.5], 1.5),
            ([9.0, 9.0], 5.0),
        ] {
            assert_eq!(outside_m(&ward, point), Some(expected), "{point:?}");
        }
        assert_eq!(outside_m(&[[1.0, 1.0]], [2.0, 2.0]), None);
    }

    #[test]
    fn rules_hear_of_a_place_once_both_axes_are_new() {
        let at =
            |news: Option<Position>| news.map(|news| news.floor_m.map(|metres| metres.to_string()));
        let mut tag = Tag::default();
        tag.take("tag-x", Timestamp(1000), 2.0);
        assert_eq!(tag.news(), None);
        tag.take("tag-y", Timestamp(1000), 3.0);
        assert_eq!(at(tag.news()).unwrap(), ["2", "3"]);
        // Half of the next place is none.
        tag.take("tag-x", Timestamp(2000), 20.0);
        assert_eq!(tag.news(), None);
        tag.take("tag-y", Timestamp(2000), 30.0);
        assert_eq!(at(tag.news()).unwrap(), ["20", "30"]);
    }

    #[test]
    fn a_tag_is_where_both_axes_say_it_is_and_only_for_a_while() {
        let mut tag = Tag::default();
        tag.take("tag-x", Timestamp(1000), 2.0);
        assert_eq!(tag.position(Timestamp(1000)), None);
        tag.take("tag-y", Timestamp(1500), 3.0);
        // What comes late changes nothing.
        tag.take("tag-x", Timestamp(500), 9.0);
        let found = tag.position(Timestamp(2000)).unwrap();
        assert_eq!((found.floor_m, found.at), ([2.0, 3.0], Timestamp(1500)));
        assert_eq!(tag.position(Timestamp(1500 + FRESH_MS + 1)), None);
        tag.take("tag-x", Timestamp(9000), 5.0);
        assert_eq!(tag.position(Timestamp(9000)), None);
    }
}
