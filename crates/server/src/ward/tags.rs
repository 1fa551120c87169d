//! Location tags: where who or what carries one is now, and how far outside of its ward.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use alarms::{RuleSet, Sample, Watch};
use record::{Arrived, Readings, StreamKey};
use serde::Serialize;
use vocabulary::{Coding, DeviceId, PatientId, Timestamp};

use super::{Places, State, Thing, kept::Source, places::Standing};

/// The codes of the axes of a tag's position.
const AXES: [&str; 2] = ["tag-x", "tag-y"];
const UNCERTAINTY: &str = "tag-uncertainty";
/// Both axes are of one moment if they are not further apart, in milliseconds.
const TOGETHER_MS: i64 = 2_000;
/// How the code of a reading begins that says a place by its name: the id of a location follows. Its value is 1.
const PLACE: &str = "tag-place:";
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
    /// The location that it says it is in, and when it said so.
    place: Option<(Timestamp, String)>,
    /// Until when its places were looked at by rules.
    judged: Option<Timestamp>,
}

/// Where a tag is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Position {
    /// On the floor of the building, in metres; of a place said by its name the middle, where that is drawn.
    pub floor_m: Option<[f64; 2]>,
    /// The location, where the tag says it by its name.
    pub place: Option<String>,
    pub at: Timestamp,
    pub uncertainty_m: Option<f64>,
}

/// Whether a code is of a tag's position, which tells where somebody is.
pub fn is_position(code: &str) -> bool {
    code.starts_with("tag-")
}

/// The location that the code of a reading says its device is in.
pub fn place_said(code: &str) -> Option<&str> {
    code.strip_prefix(PLACE)
}

/// What a device says of its place by a location's name, as a reading: so it is kept, sealed, hidden, passed on and
/// forgotten as the metres of other tags are.
pub fn saying_place(
    device: DeviceId,
    subject: Option<PatientId>,
    location: &str,
    at: Timestamp,
) -> Arrived {
    Arrived {
        stream: StreamKey {
            device,
            stream: "place".to_owned(),
        },
        subject,
        coding: Coding::new("urn:yuanyi:code", format!("{PLACE}{location}")),
        unit: "1".to_owned(),
        readings: Readings::One { at, value: 1.0 },
        received: at,
        quality: Vec::new(),
        message: None,
    }
}

impl Tag {
    fn take(&mut self, code: &str, at: Timestamp, value: f64) {
        if let Some(place) = place_said(code)
            && self.place.as_ref().is_none_or(|(before, _)| *before <= at)
        {
            self.place = Some((at, place.to_owned()));
        }
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

    /// Its place, once that is newer than what rules looked at last; in metres, once both axes are.
    fn news(&mut self) -> Option<Position> {
        let is_new = |at: Timestamp| self.judged.is_none_or(|judged| at > judged);
        let mut axes = self.axes.iter().flatten();
        let is_whole = axes.all(|(at, _)| is_new(*at));
        let measured = self.measured().filter(|_| is_whole);
        let said = self.said().filter(|said| is_new(said.at));
        let found = newest(measured, said)?;
        self.judged = Some(found.at);
        Some(found)
    }

    /// The newest of what it measures and what it says by name.
    fn position(&self, now: Timestamp) -> Option<Position> {
        let newest = newest(self.measured(), self.said());
        newest.filter(|position| now.0 - position.at.0 <= FRESH_MS)
    }

    fn said(&self) -> Option<Position> {
        let (at, place) = self.place.as_ref()?;
        Some(Position {
            floor_m: None,
            place: Some(place.clone()),
            at: *at,
            uncertainty_m: None,
        })
    }

    fn measured(&self) -> Option<Position> {
        let [Some((x_at, x)), Some((y_at, y))] = self.axes else {
            return None;
        };
        let is_one = (x_at.0 - y_at.0).abs() <= TOGETHER_MS;
        is_one.then(|| Position {
            floor_m: Some([x, y]),
            place: None,
            at: x_at.max(y_at),
            uncertainty_m: self.uncertainty_m,
        })
    }
}

/// The later of two; of one moment the named one.
fn newest(measured: Option<Position>, said: Option<Position>) -> Option<Position> {
    let both = measured.into_iter().chain(said);
    both.max_by_key(|position| position.at)
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
            let position = self.places.drawn(position);
            self.stray(device, &position);
        }
    }

    /// Gives rules the distance of a patient or a thing from its ward. Where one of the staff is no rule asks.
    fn stray(&mut self, tag: &str, position: &Position) {
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
        let Some(away_m) = self.places.away_m(&place.ward, position) else {
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

    /// Whether who or what carries a tag is outside of a ward, as far as that can be known.
    pub fn is_outside(&self, ward: &str, position: Option<&Position>) -> bool {
        let is_elsewhere = |place: &str| !self.places.is_within(place, &[ward.to_owned()]);
        position.is_some_and(|position| match &position.place {
            Some(place) => is_elsewhere(place),
            None => (self.places.away_m(ward, position)).is_some_and(|away_m| away_m > 0.0),
        })
    }

    /// Where who or what carries a tag is: `Practitioner/…`, `Patient/…` or `Device/…`. A thing may say so itself.
    pub fn position_of(&self, carrier: &str, now: Timestamp) -> Option<Position> {
        let tags = self.places.devices.values();
        let carried = tags.filter(|device| device.is_borne_by(carrier));
        let positions = carried.filter_map(|device| self.tags.get(&device.id)?.position(now));
        let newest = positions.max_by_key(|position| position.at)?;
        Some(self.places.drawn(newest))
    }

    /// How many people and things say now where they are.
    pub fn placed(&self, now: Timestamp) -> usize {
        let saying = self.tags.iter().filter_map(|(id, tag)| {
            tag.position(now)?;
            let device = self.places.devices.get(id)?;
            Some(
                device
                    .carrier
                    .clone()
                    .unwrap_or_else(|| format!("{THING}{id}")),
            )
        });
        saying.collect::<BTreeSet<_>>().len()
    }
}

impl Standing {
    /// Whether it tells where somebody or something is: it is carried there, or is that thing itself.
    pub fn is_borne_by(&self, carrier: &str) -> bool {
        match &self.carrier {
            Some(own) => own == carrier,
            None => carrier.strip_prefix(THING) == Some(&self.id),
        }
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

    /// The room that a position is in: of a bed its room, else the location itself.
    pub fn room_at(&self, position: &Position) -> Option<String> {
        let Some(place) = &position.place else {
            return self.room_around(position.floor_m?).cloned();
        };
        let room = self.beds.get(place).and_then(|bed| bed.room.clone());
        Some(room.unwrap_or_else(|| place.clone()))
    }

    /// The middle of what is drawn of a location on the floor.
    pub fn middle(&self, id: &str) -> Option<[f64; 2]> {
        let outline = self.floor.get(id)?;
        let count = outline.len() as f64;
        let sum = outline
            .iter()
            .fold([0.0, 0.0], |[x, y], [px, py]| [x + px, y + py]);
        Some(sum.map(|sum| sum / count))
    }

    /// A position with its point on the floor, where it was said by name and is drawn.
    fn drawn(&self, position: Position) -> Position {
        let middle = position.place.as_ref().and_then(|id| self.middle(id));
        Position {
            floor_m: position.floor_m.or(middle),
            ..position
        }
    }

    /// How far outside of a ward a position is, in metres; none where nobody can know. What is a part of the ward by
    /// its name is within it.
    fn away_m(&self, ward: &str, position: &Position) -> Option<f64> {
        let is_part = |place: &String| self.is_within(place, &[ward.to_owned()]);
        if position.place.as_ref().is_some_and(is_part) {
            return Some(0.0);
        }
        outside_m(self.floor.get(ward)?, position.floor_m?)
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
        let at = |news: Option<Position>| Some(news?.floor_m?.map(|metres| metres.to_string()));
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
        assert_eq!(
            (found.floor_m, found.at),
            (Some([2.0, 3.0]), Timestamp(1500))
        );
        assert_eq!(tag.position(Timestamp(1500 + FRESH_MS + 1)), None);
        tag.take("tag-x", Timestamp(9000), 5.0);
        assert_eq!(tag.position(Timestamp(9000)), None);
    }

    #[test]
    fn a_place_said_by_name_counts_beside_one_in_metres_and_the_newest_holds() {
        let mut tag = Tag::default();
        tag.take("tag-place:r2", Timestamp(1000), 1.0);
        let said = tag.news().unwrap();
        assert_eq!(
            (said.place.as_deref(), said.at),
            (Some("r2"), Timestamp(1000))
        );
        // Said again it is new to the rules; what comes late is not.
        tag.take("tag-place:r2", Timestamp(1500), 1.0);
        assert!(tag.news().is_some());
        tag.take("tag-place:r3", Timestamp(1200), 1.0);
        assert_eq!(tag.news(), None);
        for code in AXES {
            tag.take(code, Timestamp(2000), 4.0);
        }
        assert_eq!(tag.news().unwrap().floor_m, Some([4.0, 4.0]));
        tag.take("tag-place:r3", Timestamp(3000), 1.0);
        let now = tag.position(Timestamp(3000)).unwrap();
        assert_eq!((now.floor_m, now.place.as_deref()), (None, Some("r3")));
        assert_eq!(tag.position(Timestamp(3000 + FRESH_MS + 1)), None);
    }

    #[test]
    fn what_is_part_of_the_ward_by_its_name_is_within_it() {
        let drawn = |id: &str, text: &str| (id.to_owned(), outline(text).unwrap());
        let places = Places {
            within: BTreeMap::from([("r".to_owned(), "w".to_owned())]),
            floor: BTreeMap::from([
                drawn("w", "0,0 6,0 6,5 0,5"),
                drawn("x-ray", "10,0 14,0 14,4 10,4"),
            ]),
            ..Places::default()
        };
        let at = |place: &str| {
            let said = Position {
                floor_m: None,
                place: Some(place.to_owned()),
                at: Timestamp(0),
                uncertainty_m: None,
            };
            places.away_m("w", &places.drawn(said))
        };
        assert_eq!(at("r"), Some(0.0));
        // From the middle of what is drawn; what is not drawn is outside, nobody knows how far.
        assert_eq!(at("x-ray"), Some(6.0));
        assert_eq!(at("lobby"), None);
    }
}
