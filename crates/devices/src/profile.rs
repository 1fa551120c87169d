//! What a kind of device measures, in which codes, units, ranges and rhythm: a data file for each kind.

use std::collections::BTreeSet;

use serde::Deserialize;
use vocabulary::{Coding, Text};

use crate::{
    nomenclature::{ContextFree, LOINC, MDC, OWN, Partition, is_loinc, same_code},
    number::Number,
    unit::Conversion,
};

/// A kind of device.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profile {
    /// Its id, which a registered device names.
    pub id: String,
    /// Which issue of the file this is.
    pub version: u32,
    /// What people call such a device.
    pub title: Text,
    /// The device specialisation of ISO/IEEE 11073, context-free, where there is one.
    #[serde(default)]
    pub specialisation: Option<u32>,
    /// How its clock is treated.
    pub clock: Clock,
    /// Whether it measures when somebody uses it, so that each measurement is seen by itself, and not one of an hour.
    #[serde(default)]
    pub spot: bool,
    /// How many messages a second it may send over time.
    pub messages_per_s: f64,
    /// After how many seconds without a message something is wrong; never, where it measures when asked.
    #[serde(default)]
    pub silent_after_s: Option<u32>,
    /// What it measures.
    #[serde(rename = "stream")]
    pub streams: Vec<Stream>,
    /// What it measures together.
    #[serde(rename = "group", default)]
    pub groups: Vec<Group>,
}

/// How a device's clock is treated. The figures are settings, not clinical numbers.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Clock {
    /// So far it may run ahead of ours, in seconds.
    pub ahead_s: u32,
    /// So old a measurement may be when it comes, in seconds: what waited in the device for a line.
    pub holds_s: u32,
    /// Whether measurements are sent as they are made, so that what always comes late shows a clock that is slow.
    pub live: bool,
}

/// One quantity that a device measures: what comes on one topic.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Stream {
    /// Its name, as the topic has it.
    pub name: String,
    /// What people call it.
    pub title: Text,
    /// Its code.
    pub code: StreamCode,
    /// Further codes that name the same.
    #[serde(default)]
    pub also: Vec<StreamCode>,
    /// The unit (UCUM) that its readings have.
    pub unit: String,
    /// The lowest and highest value that can be true, in `unit`; no alarm limits.
    #[serde(default)]
    pub range: Option<[f64; 2]>,
    /// Where the range comes from.
    #[serde(default)]
    pub range_source: Option<String>,
    /// Nothing below this value, in `unit`, can be true, where nobody has said what the highest is: an amount is not
    /// below 0. It stands in the place of a range.
    #[serde(default)]
    pub not_below: Option<f64>,
    /// By this value, in `unit`, the device says that it has none to tell. It is no measurement.
    #[serde(default)]
    pub none_is: Option<f64>,
    /// What one mole weighs, where it may also come as an amount of substance.
    #[serde(default)]
    pub molar: Option<Molar>,
    /// In which rhythm it comes.
    pub sampling: Sampling,
    /// Whether a person should see it as a fact of the patient: one reading of each hour, of a spot device all.
    #[serde(default)]
    pub observation: bool,
    /// What a person must know before relying on the codes: one of them was not confirmed with the standard.
    #[serde(default)]
    pub needs_confirmation: bool,
}

/// How an amount of substance becomes a mass.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Molar {
    /// One of this …
    pub amount: String,
    /// … weighs so many …
    pub equals: f64,
    /// … of this.
    pub mass: String,
}

/// A code in one of the three systems.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum StreamCode {
    /// ISO/IEEE 11073-10101: the context-free number and, where known, its term.
    Mdc(u32, String),
    /// LOINC.
    Loinc(String),
    /// Ours.
    Own(String),
}

impl StreamCode {
    /// The code with its system.
    pub fn coding(&self) -> Coding {
        match self {
            Self::Mdc(number, term) => Coding::new(MDC, number.to_string()).shown_as(term),
            Self::Loinc(code) => Coding::new(LOINC, code),
            Self::Own(code) => Coding::new(OWN, code),
        }
    }

    /// Whether a code that was sent is this one.
    fn is(&self, sent: &str) -> bool {
        match self {
            Self::Mdc(number, term) => same_code(sent, &number.to_string(), Some(term)),
            Self::Loinc(code) | Self::Own(code) => same_code(sent, code, None),
        }
    }

    fn contradiction(&self) -> Option<String> {
        let wrong = match self {
            Self::Mdc(number, term) => {
                let partition = ContextFree::try_from(*number).map(ContextFree::partition);
                partition != Ok(Partition::SCADA) || !term.starts_with("MDC_")
            }
            Self::Loinc(code) => !is_loinc(code),
            Self::Own(code) => !is_name(code),
        };
        wrong.then(|| format!("{self:?} is no code of its system"))
    }
}

/// In which rhythm a stream comes.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Sampling {
    /// Single values, at most so many a second; several may come as an array.
    UpToHz(f64),
    /// Samples in a row, at a rate between these two.
    WaveformHz([f64; 2]),
}

/// Quantities that are measured at once and come in one message, on a topic of their own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Group {
    /// Its name, as the topic has it.
    pub name: String,
    /// Its streams.
    pub streams: Vec<String>,
    /// Streams of which each must be below the next: else the whole measurement is refused.
    #[serde(default)]
    pub rising: Vec<String>,
    /// Streams of which none may be above the next, such as a mean between two: else the whole measurement is refused.
    #[serde(default)]
    pub not_falling: Vec<String>,
}

impl Group {
    /// Whether values of this stream must stand in an order with others of the group.
    pub fn orders(&self, stream: &str) -> bool {
        let mut ordered = self.rising.iter().chain(&self.not_falling);
        ordered.any(|name| name == stream)
    }
}

impl Stream {
    /// Whether a code that was sent names this stream.
    pub fn is_named(&self, sent: &str) -> bool {
        self.code.is(sent) || self.also.iter().any(|code| code.is(sent))
    }

    /// Whether values in this unit (UCUM) can be taken.
    pub fn takes(&self, unit: &str) -> bool {
        Conversion::to(self, unit).is_ok()
    }

    /// Whether a value, in the stream's unit, can be true.
    pub fn is_plausible(&self, value: f64) -> bool {
        let within = |[low, high]: [f64; 2]| (low..=high).contains(&value);
        let is_below = self.not_below.is_some_and(|lowest| value < lowest);
        value.is_finite() && !is_below && self.range.is_none_or(within)
    }

    /// Whether a value, in the stream's unit, says that there is none.
    pub fn is_none(&self, value: f64) -> bool {
        #[expect(clippy::float_cmp, reason = "the same number is meant")]
        self.none_is.is_some_and(|none| none == value)
    }

    /// A number of ISO/IEEE 11073, where it is one that can be true.
    pub fn plausible(&self, number: Number) -> Option<f64> {
        let measured = number.value().filter(|value| !self.is_none(*value));
        measured.filter(|value| self.is_plausible(*value))
    }

    fn contradiction(&self) -> Option<String> {
        if !is_name(&self.name) {
            return Some("its name is no level of a topic".to_owned());
        }
        let codes = std::iter::once(&self.code).chain(&self.also);
        if let Some(why) = codes.into_iter().find_map(StreamCode::contradiction) {
            return Some(why);
        }
        if octofhir_ucum::validate(&self.unit).is_err() {
            return Some(format!("its unit `{}` is none of UCUM", self.unit));
        }
        if self
            .range
            .is_some_and(|[low, high]| low.partial_cmp(&high) != Some(std::cmp::Ordering::Less))
        {
            return Some("its range ends before it begins".to_owned());
        }
        if self.range.is_some() != self.range_source.is_some() {
            return Some("a range needs its source, and a source its range".to_owned());
        }
        if self
            .not_below
            .is_some_and(|lowest| !lowest.is_finite() || self.range.is_some())
        {
            return Some("its not-below is no number, or stands beside a range".to_owned());
        }
        if self.none_is.is_some_and(|none| !none.is_finite()) {
            return Some("its none-is is no number".to_owned());
        }
        let usable = match self.sampling {
            Sampling::UpToHz(hz) => hz > 0.0 && hz <= 500.0,
            Sampling::WaveformHz([low, high]) => low > 0.0 && low <= high && high <= 1000.0,
        };
        if !usable {
            return Some("its sampling is none".to_owned());
        }
        let molar = self.molar.as_ref()?;
        let fits = octofhir_ucum::is_comparable(&molar.mass, &self.unit).is_ok_and(|fits| fits)
            && octofhir_ucum::validate(&molar.amount).is_ok()
            && molar.equals > 0.0;
        (!fits).then(|| "its molar mass has another unit".to_owned())
    }
}

impl Profile {
    /// The stream of a name.
    pub fn stream(&self, name: &str) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.name == name)
    }

    /// The group of a name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// The first stream of an earlier profile that this one lacks, or measures otherwise. Rules and curves rely on
    /// its name.
    pub fn lost_stream<'p>(&self, before: &'p Self) -> Option<&'p Stream> {
        before.streams.iter().find(|stream| {
            let same = self.stream(&stream.name);
            same.is_none_or(|same| same.code != stream.code || same.unit != stream.unit)
        })
    }

    /// Why it cannot stand in the place of another, and what to do.
    pub(crate) fn no_successor_of(&self, before: &Self) -> Option<String> {
        if self.version <= before.version {
            return Some(format!(
                "its version must be greater than {}: others of this version are known",
                before.version
            ));
        }
        let lost = self.lost_stream(before)?;
        Some(format!(
            "its stream `{}` is not there, or has another code or unit than before: keep it, or give the profile \
             another id",
            lost.name
        ))
    }

    /// What contradicts itself in the file.
    pub(crate) fn contradiction(&self) -> Option<String> {
        if !is_name(&self.id) {
            return Some("its id has other characters than a to z, 0 to 9 and -".to_owned());
        }
        if self.streams.is_empty() {
            return Some("it has no stream".to_owned());
        }
        let partition = |code| ContextFree::try_from(code).map(ContextFree::partition);
        if self
            .specialisation
            .is_some_and(|code| partition(code) != Ok(Partition::DEVICES))
        {
            return Some("its specialisation is no kind of device of ISO/IEEE 11073".to_owned());
        }
        if !(self.messages_per_s > 0.0 && self.messages_per_s <= 1000.0) {
            return Some("its messages-per-s is no rate".to_owned());
        }
        let mut names = BTreeSet::from(["state", "command"]);
        let all = self.streams.iter().map(|stream| &stream.name);
        for name in all.chain(self.groups.iter().map(|group| &group.name)) {
            if !names.insert(name) {
                return Some(format!("its topic `{name}` is taken"));
            }
        }
        for stream in &self.streams {
            if let Some(why) = stream.contradiction() {
                return Some(format!("in stream `{}`, {why}", stream.name));
            }
        }
        self.groups.iter().find_map(|group| {
            let known = |name: &String| self.stream(name).is_some();
            let inside = |name: &String| group.streams.contains(name);
            let mut ordered = group.rising.iter().chain(&group.not_falling);
            let fits = group.streams.iter().all(known) && ordered.all(inside);
            (!fits || !is_name(&group.name)).then(|| {
                format!(
                    "its group `{}` names streams that are not there",
                    group.name
                )
            })
        })
    }
}

/// Whether a text can be a level of a topic and a file's name.
fn is_name(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
