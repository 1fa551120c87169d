//! Location tags: where who or what carries one is now.

use record::Arrived;
use serde::Serialize;
use vocabulary::Timestamp;

use super::{Places, State};

/// The codes of the axes of a tag's position.
const AXES: [&str; 2] = ["tag-x", "tag-y"];
const UNCERTAINTY: &str = "tag-uncertainty";
/// Both axes are of one moment if they are not further apart, in milliseconds.
const TOGETHER_MS: i64 = 2_000;
/// A tag that was silent for longer says nothing about now, in milliseconds: as the tag's profile has it.
const FRESH_MS: i64 = 600_000;

/// The newest of each axis of one tag.
#[derive(Clone, Debug, Default)]
pub struct Tag {
    axes: [Option<(Timestamp, f64)>; 2],
    uncertainty_m: Option<f64>,
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
