//! How much is enough, and the checks that say so.

use std::ops::RangeInclusive;

use crate::{Board, CropBox, Hologram, Layer, Page, Plane, Refusal, Transform, Window};

/// The longest text of an annotation, in characters.
pub const TEXT_CHARACTERS: usize = 500;
/// The smallest and the largest scale.
pub const SCALE: RangeInclusive<f64> = 0.05..=20.0;
/// How far from the room's middle a thing may stand, in metres.
pub const POSITION_M: f64 = 20.0;
/// The most entities in a room.
pub const ENTITIES: usize = 500;
/// The most participants in a room, those who may come back included.
pub const PARTICIPANTS: usize = 64;
/// The most seats of one account in a room where a hospital sets nothing else, those included that are kept for coming
/// back: some screens, and a headset.
pub const SEATS_EACH: usize = 8;

/// Places beyond those, for people who come in because the patient needs it.
pub const URGENT_PLACES: usize = 8;
/// Acts a second of one account in a room, by all its seats; as many may come at once.
pub const ACTS_PER_SECOND: u32 = 40;
/// Frames of any kind a second of one account in a room, by all its seats; as many may come at once.
pub const FRAMES_PER_SECOND: u32 = 200;
/// Things a second that the acts of one account place, change or take away.
pub const CHANGES_PER_SECOND: u32 = 80;
/// As many of them may come at once: all that stands in a room, brought back by one step.
pub const CHANGES_AT_ONCE: u32 = 500;
/// The most holograms in a room, those on the shelf included.
pub const HOLOGRAMS: usize = 32;
/// The most of them that show the same series.
pub const HOLOGRAMS_OF_SERIES: usize = 4;
/// What every hologram can show or hide beside its series' own surfaces: the volume, and what was found in it.
pub const LAYERS_OF_ALL: [&str; 3] = ["volume", "lesions", "skin"];
/// Offers of media a second of one participant, and as many of lines for poses.
pub const OFFERS_PER_SECOND: u32 = 1;
/// Offers of media of one participant that may come at once, and as many of lines for poses.
pub const OFFERS_AT_ONCE: u32 = 5;
/// The most surfaces that a hologram names.
pub const LAYERS: usize = 32;
/// The longest name of a surface, in bytes.
pub const LAYER_NAME_BYTES: usize = 64;
/// Window centres that can be shown, in HU.
pub const WINDOW_CENTRE_HU: RangeInclusive<f64> = -32768.0..=32767.0;
/// Window widths that can be shown, in HU.
pub const WINDOW_WIDTH_HU: RangeInclusive<f64> = 1.0..=65536.0;
/// How far from the patient frame's origin a cutting plane may lie, in millimetres.
pub const CLIP_OFFSET_MM: f64 = 10_000.0;
/// The longest frame that a client may send.
pub const CLIENT_FRAME_BYTES: usize = 16 * 1024;
/// How long a seat is kept for somebody whose connection broke.
pub const RESUME_MS: i64 = 60_000;
/// How long something stays in the hold of somebody who does not move it.
pub const HOLD_MS: i64 = 3_000;
/// Events kept for those who come back.
pub const MISSED_EVENTS: usize = 512;
/// The most events in one packet; the others follow with the next tick.
pub const EVENTS_PER_TICK: usize = 256;
/// Acts that may wait for the record; while as many do, others on what stands in the room are taken back at once.
pub const UNKEPT: usize = 1024;
/// Outcomes kept per participant, so that an act sent again is answered and not done again.
pub const OUTCOMES: usize = 1024;
/// Steps that one person can take back.
pub const UNDO_STEPS: usize = 64;
/// Changes of the same fields, closer together than this, are one step to take back.
pub const ONE_STEP_MS: i64 = 1_000;
/// The most people who wait at the door of a room.
pub const WAITING: usize = 32;
/// How long the line of a host may be broken before somebody else takes over.
pub const HOST_AWAY_MS: i64 = 15_000;
/// How long somebody who was let in comes and goes before they have to be let in anew.
pub const ADMITTED_MS: i64 = 12 * 3_600_000;
/// How long somebody who does not treat the patient stays where a hospital sets nothing else, unless the patient needs
/// them for longer. A rule of the house: nobody is worn out by a virtual room.
pub const STAY_MS: i64 = 2 * 3_600_000;
/// How long they rest before they come in again, where a hospital sets nothing else.
pub const REST_MS: i64 = 15 * 60_000;
/// How far from their head somebody's hands can be, in metres.
pub const REACH_M: f64 = 2.0;
/// How long somebody is kept out of a room: the first time, the second, and every one after that.
pub const BLOCK_MS: [i64; 3] = [3_600_000, 24 * 3_600_000, 7 * 24 * 3_600_000];
/// The longest reason of an act by which order is kept, in characters.
pub const REASON_CHARACTERS: usize = 300;
/// The most bytes of a part of a recording, before it is compressed: some seconds of a full room in which all
/// speak.
pub const CHUNK_BYTES: usize = 16 << 20;
/// The longest recording.
pub const RECORDING_MS: i64 = 4 * 3_600_000;
/// The longest name of a landmark, in characters.
pub const NAME_CHARACTERS: usize = 60;
/// The most points of a drawn line.
pub const STROKE_POINTS: usize = 256;
/// The longest title of a board, in characters.
pub const TITLE_CHARACTERS: usize = 60;
/// The address of a page, with its query and part, has no more bytes than this.
pub const PATH_BYTES: usize = 200;
/// How paths begin that lead to no page of the client, or to a room.
pub const NO_PAGES: [&str; 5] = ["api", "fhir", "dicom-web", "cds-services", "rooms"];
/// How many figures there are to look like.
pub const FIGURES: u8 = 5;
/// The shortest side of a crop box, in millimetres.
pub const CROP_SIDE_MM: f64 = 5.0;
/// Time between two ticks.
pub const TICK_MS: i64 = 50;
/// A packet is sent at least this often, so that a client can tell a broken line from a quiet room.
pub const QUIET_TICKS: u32 = 20;

/// Poses of people no farther away than this come with every tick, in metres: so near to each other are the six who stand
/// around the table first (`client/core/room-seats.ts`).
pub const POSE_NEAR_M: f64 = 3.0;
/// Poses of people farther away than this come with every fourth tick, those between with every second. A place of the
/// hospital is 9.6 m wide, and people stand up to 7.4 m from each other in a full room.
pub const POSE_FAR_M: f64 = 6.0;
/// A tick that comes later than this is late.
pub const LATE_MS: i64 = 25;
/// How far an overloaded server goes down with poses: to every so many-th, as a power of two.
pub const SHED_MOST: u32 = 3;

const UNIT_TOLERANCE: f64 = 1e-3;

fn within(range: &RangeInclusive<f64>, value: f64, refusal: Refusal) -> Result<(), Refusal> {
    if range.contains(&value) {
        Ok(())
    } else {
        Err(refusal)
    }
}

fn unit_length(components: &[f64]) -> Result<(), Refusal> {
    let length = components.iter().map(|c| c * c).sum::<f64>().sqrt();
    within(
        &(1.0 - UNIT_TOLERANCE..=1.0 + UNIT_TOLERANCE),
        length,
        Refusal::NotUnitLength,
    )
}

/// Checks that a point is in the room.
pub fn position(position_m: &[f64; 3]) -> Result<(), Refusal> {
    let distance_m = position_m.iter().map(|c| c * c).sum::<f64>().sqrt();
    within(&(0.0..=POSITION_M), distance_m, Refusal::TooFarAway)
}

/// Checks that points make a drawn line.
pub fn line<P>(points: &[P]) -> Result<(), Refusal> {
    if (2..=STROKE_POINTS).contains(&points.len()) {
        Ok(())
    } else {
        Err(Refusal::WrongNumberOfPoints)
    }
}

/// Checks where a thing is to stand.
pub fn transform(transform: &Transform) -> Result<(), Refusal> {
    position(&transform.position_m)?;
    unit_length(&transform.rotation)?;
    within(&SCALE, transform.scale, Refusal::ScaleOutOfRange)
}

/// Checks a window.
pub fn window(window: Window) -> Result<(), Refusal> {
    within(
        &WINDOW_CENTRE_HU,
        window.centre_hu,
        Refusal::ValueOutOfRange,
    )?;
    within(&WINDOW_WIDTH_HU, window.width_hu, Refusal::ValueOutOfRange)
}

/// Checks a cutting plane.
pub fn clip(plane: &Plane) -> Result<(), Refusal> {
    unit_length(&plane.normal_lps)?;
    within(
        &(-CLIP_OFFSET_MM..=CLIP_OFFSET_MM),
        plane.offset_mm,
        Refusal::ValueOutOfRange,
    )
}

/// Checks how surfaces are to be shown.
pub fn layers<'a>(
    layers: impl ExactSizeIterator<Item = (&'a String, &'a Layer)>,
) -> Result<(), Refusal> {
    if layers.len() > LAYERS {
        return Err(Refusal::TooManyLayers);
    }
    for (name, layer) in layers {
        if name.is_empty() || name.len() > LAYER_NAME_BYTES {
            return Err(Refusal::TooManyLayers);
        }
        within(&(0.0..=1.0), layer.opacity, Refusal::ValueOutOfRange)?;
    }
    Ok(())
}

/// Checks all of a hologram but what depends on its series.
pub fn hologram(hologram: &Hologram) -> Result<(), Refusal> {
    transform(&hologram.transform)?;
    window(hologram.window)?;
    layers(hologram.layers.iter())?;
    within(&(0.0..=1.0), hologram.apart, Refusal::ValueOutOfRange)?;
    hologram.clip.as_ref().map_or(Ok(()), clip)
}

/// Checks that a crop box is one.
pub fn crop(crop: &CropBox) -> Result<(), Refusal> {
    let sides = crop.min_lps_mm.into_iter().zip(crop.max_lps_mm);
    for (min, max) in sides {
        within(
            &(CROP_SIDE_MM..=f64::MAX),
            max - min,
            Refusal::ValueOutOfRange,
        )?;
    }
    Ok(())
}

/// Checks a board.
pub fn board(board: &Board) -> Result<(), Refusal> {
    transform(&board.transform)?;
    if board.title.chars().count() > TITLE_CHARACTERS {
        return Err(Refusal::TextTooLong);
    }
    Ok(())
}

/// Checks a page: its address is a path within this hospital, with a query and a part where it has them, and nothing
/// else that a browser would follow.
pub fn page(page: &Page) -> Result<(), Refusal> {
    transform(&page.transform)?;
    if page.title.chars().count() > TITLE_CHARACTERS {
        return Err(Refusal::TextTooLong);
    }
    let (rest, part) = cut(&page.path, '#');
    let (path, query) = cut(rest, '?');
    let is_page = page.path.len() <= PATH_BYTES
        && is_escaped_well(&page.path)
        && is_path(path)
        && query.is_none_or(is_query)
        && part.is_none_or(is_part);
    if is_page {
        Ok(())
    } else {
        Err(Refusal::NoPage)
    }
}

/// What stands before the first sign of a kind, and what behind it.
fn cut(address: &str, at: char) -> (&str, Option<&str>) {
    address
        .split_once(at)
        .map_or((address, None), |(before, behind)| (before, Some(behind)))
}

/// Whether each escape is whole and stands for what could not stand there itself: a letter, digit, dot or slash in
/// disguise leads elsewhere than it seems to, and of what nobody sees nobody knows where it leads.
fn is_escaped_well(address: &str) -> bool {
    let is_needed = |byte: u8| {
        !byte.is_ascii_alphanumeric() && !byte.is_ascii_control() && !b"./\\".contains(&byte)
    };
    address.split('%').skip(1).all(|behind| {
        behind
            .get(..2)
            .filter(|code| code.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|code| u8::from_str_radix(code, 16).ok())
            .is_some_and(is_needed)
    })
}

fn is_path(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%:@+,=".contains(&byte);
    let mut parts = path.split('/').skip(1);
    let first = parts.clone().next().unwrap_or_default();
    path.starts_with('/')
        && path.bytes().all(is_plain)
        // Two slashes begin another host's address, and dots climb out of where a page seems to be.
        && (path == "/" || parts.all(|part| !matches!(part, "" | "." | "..")))
        // A room within a room would take the other one's seat and microphone.
        && !NO_PAGES.contains(&first)
}

/// Whether a query is names and values, without the signs of which another address is made.
fn is_query(query: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%+,=&*".contains(&byte);
    query.bytes().all(is_plain)
        && query
            .split('&')
            .all(|pair| !pair.is_empty() && !pair.starts_with('='))
        // A colon follows a scheme.
        && !query.to_ascii_lowercase().contains("%3a")
}

/// Whether this is the name of a part of a page.
fn is_part(part: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !part.is_empty() && part.bytes().all(is_plain)
}

/// Checks that a place is on a board.
pub fn on_board(at: [f64; 2]) -> Result<(), Refusal> {
    at.into_iter()
        .try_for_each(|part| within(&(0.0..=1.0), part, Refusal::ValueOutOfRange))
}

/// Checks the text of an annotation.
pub fn text(text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::EmptyText);
    }
    if text.chars().count() > TEXT_CHARACTERS {
        return Err(Refusal::TextTooLong);
    }
    Ok(())
}

/// Checks the name of a landmark.
pub fn name(name: &str) -> Result<(), Refusal> {
    if name.trim().is_empty() {
        return Err(Refusal::EmptyText);
    }
    if name.chars().count() > NAME_CHARACTERS {
        return Err(Refusal::TextTooLong);
    }
    Ok(())
}

/// Checks the reason of an act by which order is kept.
pub fn reason(reason: &str) -> Result<(), Refusal> {
    if reason.trim().is_empty() {
        return Err(Refusal::ReasonNeeded);
    }
    if reason.chars().count() > REASON_CHARACTERS {
        return Err(Refusal::TextTooLong);
    }
    Ok(())
}
