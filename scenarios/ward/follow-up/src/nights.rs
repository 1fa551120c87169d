//! Nights: use of a therapy device as the patient says it or its card holds it, oximetry of a night at home by a file or
//! as a device sent it, and whether the therapy is used enough.

mod broken;
pub mod events;
mod joined;
pub mod sent;

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::civil::{Date, DateTime};
use knowledge::AnswerValue;
use policy::{Action, Object, Permit};
use record::{NewFact, Precondition, ResourceVersion};
use scenario::{Context, Problem, Request, Topic};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use signals::{Found, cpap};
use vocabulary::Text;

use self::{
    broken::{Broken, Fault, Short},
    events::Events,
    joined::{Recorded, Saturation, Span},
};
use crate::{
    course::{FollowUp, is_only_patient},
    facts::{self, own, read_own},
    plans::plans,
    schedule::days_after,
};

/// Nights that are looked back on: the period of the rule of adherence.
const NIGHTS: i64 = 30;
/// The most nights of one card that are kept at once.
const MOST_NIGHTS: usize = 400;
/// A night begins at noon.
const NOON: i8 = 12;
const HOUR_S: f64 = 3600.0;
/// A finger that is looked at for no longer than this is no night.
const SPOT_S: u64 = 600;
/// How a ZIP archive begins.
const ARCHIVE: &[u8] = b"PK\x03\x04";

/// How it is known for how long the therapy was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoursFrom {
    /// The machine counted it.
    Machine,
    /// The signals last so long.
    Signals,
    /// The patient said so.
    Asked,
}

/// A night, named after the day on which it began. What is not known of it is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Night {
    pub date: Date,
    pub hours: Option<f64>,
    pub hours_from: Option<HoursFrom>,
    /// Apnoeas and hypopnoeas an hour of use, as the machine scores them.
    pub ahi: Option<f64>,
    /// 95th percentile of the leak, in litres a minute.
    pub leak_p95_l_min: Option<f64>,
    /// The device at home that sent the leak, by its name; none where it is of files.
    #[serde(default)]
    pub leak_sent_by: Option<String>,
    /// Falls of the saturation by 3 points or more, an hour of valid recording.
    pub odi3: Option<f64>,
    /// Falls by 4 points or more.
    pub odi4: Option<f64>,
    /// Valid time below 90 %, in per cent of the valid time.
    pub t90_percent: Option<f64>,
    pub lowest_spo2_percent: Option<f64>,
    #[serde(default)]
    pub mean_spo2_percent: Option<f64>,
    /// Falls by 3 points or more that were counted.
    #[serde(default)]
    pub falls: Option<usize>,
    /// Valid time of the oximetry, in hours.
    pub oximetry_h: Option<f64>,
    /// The device at home that sent the saturation, by its name; none where it is of files.
    #[serde(default)]
    pub oximetry_sent_by: Option<String>,
    /// Seconds that the night's files lack, since they break off; 0 where they are whole, none where there are none.
    #[serde(default)]
    pub incomplete_s: Option<f64>,
    /// Whether what happened in it is kept one by one.
    #[serde(default)]
    pub has_events: bool,
    /// Valid hours of another recording of the night, which cannot be added to the one that counts.
    #[serde(default)]
    pub uncounted_h: Option<f64>,
    /// The recordings of files that do not count; not shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<Recorded>,
    /// When files show that the therapy was used; not shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sessions: Vec<Span>,
    /// What adds up of each recording of files that counts, the earliest first; not shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    recordings: Vec<Saturation>,
}

/// What files tell of a night.
struct Told {
    night: Night,
    events: Option<Events>,
}

impl Night {
    fn of_nothing(date: Date) -> Self {
        Self {
            date,
            hours: None,
            hours_from: None,
            ahi: None,
            leak_p95_l_min: None,
            leak_sent_by: None,
            odi3: None,
            odi4: None,
            t90_percent: None,
            lowest_spo2_percent: None,
            mean_spo2_percent: None,
            falls: None,
            oximetry_h: None,
            oximetry_sent_by: None,
            incomplete_s: None,
            has_events: false,
            uncounted_h: None,
            left_out: Vec::new(),
            sessions: Vec::new(),
            recordings: Vec::new(),
        }
    }

    fn of_card(night: &cpap::Night, broken: &[Broken]) -> Self {
        let machine = night.machine.as_ref();
        let counted = machine.and_then(|day| day.usage_h);
        let hours = night.usage_h();
        let source = if counted.is_some() {
            HoursFrom::Machine
        } else {
            HoursFrom::Signals
        };
        let leak = night.leak_l_min.map(|leak| leak.p95);
        let oximetry = night.oximetry.as_ref();
        let oximetry = oximetry.filter(|found| found.valid_s > SPOT_S);
        let has_files = !night.sessions.is_empty() || oximetry.is_some();
        let mut made = Self {
            hours,
            hours_from: hours.map(|_| source),
            ahi: machine.and_then(|day| day.ahi).or(night.ahi),
            leak_p95_l_min: machine.and_then(|day| day.leak_p95_l_min).or(leak),
            incomplete_s: has_files.then(|| lacking(broken, Some(night.date))),
            sessions: joined::merged(events::sessions(night)),
            ..Self::of_nothing(night.date)
        };
        if let Some(found) = oximetry {
            made.take_files(Saturation::of(found, night.oximetry_spans()));
        }
        made
    }

    /// Takes over the saturation of files.
    fn take_files(&mut self, saturation: Saturation) {
        self.reckon(&saturation);
        self.recordings = vec![saturation];
    }

    /// As it is shown.
    fn shown(&self) -> Self {
        Self {
            left_out: Vec::new(),
            sessions: Vec::new(),
            recordings: Vec::new(),
            ..self.clone()
        }
    }

    /// What who sent its files is told, where they hold too little of a saturation.
    fn short(&self) -> Option<Short> {
        let (date, hours) = (self.date, self.oximetry_h?);
        let is_short = self.odi3.is_none();
        is_short.then_some(Short { date, hours })
    }

    /// Whether devices at home sent something of it.
    fn is_sent(&self) -> bool {
        self.leak_sent_by.is_some() || self.oximetry_sent_by.is_some()
    }

    fn says_something(&self) -> bool {
        *self != Self::of_nothing(self.date)
    }
}

/// The most seconds that a file of a night lacks.
fn lacking(broken: &[Broken], date: Option<Date>) -> f64 {
    let of_night = broken.iter().filter(|one| one.date == date);
    of_night.map(Broken::seconds).fold(0.0, f64::max)
}

/// Reads a night again.
pub fn of_row(row: &ResourceVersion) -> Option<Night> {
    read_own(row.body.as_ref()?)
}

/// A file as it is sent: its path below the card's folder, and its bytes in base64.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    path: String,
    base64: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Files {
    files: Vec<Sent>,
    /// Files that break off and did not come as they are.
    #[serde(default)]
    cut: Vec<broken::Said>,
}

/// `POST courses/{id}/nights`: files of a therapy device's card, or one recording with a saturation. What was found
/// in them is kept, not the files; who they say they are about is not looked at. The answer names the files of which
/// not all could be taken.
pub async fn post(
    context: &dyn Context,
    permit: &Permit,
    course: &FollowUp,
    request: &Request,
) -> Result<Value, Problem> {
    let sent: Files = request.body_as()?;
    let object = Object::Patient(course.patient.clone());
    let action = if is_only_patient(&request.actor) {
        Action::ReportOwn
    } else {
        Action::WriteRecord
    };
    context.permit(&request.actor, action, &object).await?;
    course.must_be_active()?;
    if !course.plan.nights {
        return Err(Problem::out_of_order(
            "该随访计划不记录夜间数据",
            "this plan counts no nights",
        ));
    }
    let files: Result<Vec<cpap::File>, Problem> = sent
        .files
        .into_iter()
        .map(|file| {
            let bytes = STANDARD
                .decode(file.base64)
                .map_err(|_| Problem::invalid("文件不是 base64", "a file is not in base64"))?;
            Ok((file.path, bytes))
        })
        .collect();
    let files = files?;
    let bytes = |path: &str| {
        let file = files.iter().find(|(known, _)| known == path);
        file.map_or(0, |(_, bytes)| bytes.len())
    };
    let found = match found_in(&files, sent.cut) {
        Ok(found) => found,
        Err(Unread { problem, broken }) => {
            broken::note(context, course, &broken, (false, None), bytes);
            return Err(problem);
        }
    };
    let of = (found.is_card, found.serial.as_deref());
    let (new, short) = news(context, permit, course, found.nights).await?;
    if !new.is_empty() {
        facts::commit(context, &request.actor.id, new).await?;
        course.tell(context, Topic::Case);
    }
    // Not before it is kept: what raced is taken once more.
    broken::note(context, course, &found.broken, of, bytes);
    let told: Vec<Value> = found.broken.iter().map(Broken::told).collect();
    let mut answer = json!({"broken": told});
    let short = found.short.iter().chain(&short).map(Short::told);
    let short: Vec<Value> = short.take(MOST_NIGHTS).collect();
    if let Some(answer) = answer.as_object_mut().filter(|_| !short.is_empty()) {
        answer.insert("short".to_owned(), short.into());
    }
    Ok(answer)
}

/// What of it is not known yet, and the nights of which these files and those before hold too little.
async fn news(
    context: &dyn Context,
    permit: &Permit,
    course: &FollowUp,
    found: Vec<Told>,
) -> Result<(Vec<(NewFact, Precondition)>, Vec<Short>), Problem> {
    let mut new = Vec::new();
    let mut short = Vec::new();
    for Told { night, events } in found.into_iter().rev().take(MOST_NIGHTS) {
        let date = night.date;
        let before = course.nights.iter().find(|one| one.of.date == date);
        let nothing = Night::of_nothing(date);
        let counts = night.counts(before.map_or(&nothing, |before| &before.of));
        if let Some(events) = events {
            let events = (date, events, counts);
            new.extend(events::fact(context, permit, course, events).await?);
        }
        let is_short = night.short();
        let (night, condition) = match before {
            Some(before) => (night.with(&before.of), before.unchanged()),
            None => (night, Precondition::Version(0)),
        };
        // With a recording of before it may be long enough.
        short.extend(is_short.filter(|_| night.odi3.is_none()));
        if before.is_some_and(|before| before.of == night) {
            continue;
        }
        let key = facts::night_key(&course.id, date);
        let fact = facts::put(key, &course.patient, observation(course, &night, context));
        new.push((fact, condition));
    }
    Ok((new, short))
}

/// What files tell of.
struct FoundIn {
    /// The oldest first.
    nights: Vec<Told>,
    /// Days of which a saturation is so short that it is no night.
    short: Vec<Short>,
    broken: Vec<Broken>,
    is_card: bool,
    serial: Option<String>,
}

/// Why files tell of nothing.
struct Unread {
    problem: Problem,
    broken: Vec<Broken>,
}

impl From<Problem> for Unread {
    fn from(problem: Problem) -> Self {
        let broken = Vec::new();
        Self { problem, broken }
    }
}

/// An archive is unpacked where it is chosen, so that no more than what is needed of it goes over the line.
fn refuse_archives(files: &[cpap::File]) -> Result<(), Problem> {
    let mut all = files.iter();
    let Some(at) = all.position(|(_, bytes)| bytes.starts_with(ARCHIVE)) else {
        return Ok(());
    };
    let number = at + 1;
    Err(Problem::invalid(
        format!("第 {number} 个文件是压缩包：请发送其中的文件"),
        format!("file {number} is an archive: send the files that lie in it"),
    ))
}

fn found_in(files: &[cpap::File], said: Vec<broken::Said>) -> Result<FoundIn, Unread> {
    refuse_archives(files)?;
    // One file of a card is a recording to itself, unless it is the statistics.
    let found = if cpap::Card::is_card(files) {
        Found::CpapCard(cpap::Card::read(files))
    } else {
        signals::measure(files)
            .ok_or_else(|| {
                Problem::invalid(
                    "不是呼吸机存储卡，也不是 EDF 记录",
                    "these files are neither a card of a therapy device nor an EDF recording",
                )
            })?
            .map_err(|why| {
                let problem =
                    Problem::invalid(format!("无法读取：{why}"), format!("could not {why}"));
                let broken = files.first().map(|(path, _)| Broken {
                    path: path.clone(),
                    date: None,
                    fault: Fault::Unreadable(why),
                });
                let broken = broken.into_iter().collect();
                Unread { problem, broken }
            })?
    };
    let mut found = match found {
        Found::CpapCard(card) => {
            let broken = broken::with_said(broken::of_card(&card), said);
            let nights = card.nights.iter().map(|night| {
                let made = Night::of_card(night, &broken);
                let events = Events::of_card(night, made.oximetry_h.is_some());
                let has_events = made.odi3.is_some() || night.events.is_some();
                Told {
                    night: Night { has_events, ..made },
                    events,
                }
            });
            FoundIn {
                nights: nights.collect(),
                short: card.nights.iter().filter_map(Short::of_card).collect(),
                broken,
                is_card: true,
                serial: card.serial,
            }
        }
        Found::Recording(recording) => of_recording(files, &recording, said)?,
    };
    found.nights.retain(|told| told.night.says_something());
    if found.nights.is_empty() {
        let why = found.short.first().map(Short::text);
        let why = why.or(found.broken.first().map(Broken::text));
        let why = why.unwrap_or_else(|| Text::new("", ""));
        return Err(Unread {
            problem: Problem::invalid(
                format!("文件中没有可用的夜间数据。{}", why.zh),
                format!("these files tell of no night. {}", why.en),
            ),
            broken: found.broken,
        });
    }
    Ok(found)
}

fn of_recording(
    files: &[cpap::File],
    recording: &signals::Recording,
    said: Vec<broken::Said>,
) -> Result<FoundIn, Problem> {
    let night = recording.start.zip(recording.oximetry.as_ref());
    let (start, oximetry) = night.ok_or_else(|| {
        Problem::invalid(
            "记录中没有可用的血氧，或没有开始时间",
            "the recording holds no saturation that can be used, or no time",
        )
    })?;
    let date = night_of(start);
    let path = files.first().map(|(path, _)| path.clone());
    let cut = recording.cut.zip(path).map(|(cut, path)| Broken {
        path,
        date: None,
        fault: Fault::Cut(cut),
    });
    let broken = broken::with_said(cut.into_iter().collect(), said);
    if let Some(short) = Short::of(date, oximetry) {
        return Ok(FoundIn {
            nights: Vec::new(),
            short: vec![short],
            broken,
            is_card: false,
            serial: None,
        });
    }
    let seconds = oximetry.valid_s + oximetry.artefact_s;
    let events = Events::of_oximetry(start, seconds, &oximetry.falls);
    let mut night = Night {
        incomplete_s: Some(lacking(&broken, None)),
        ..Night::of_nothing(date)
    };
    let spans = events
        .as_ref()
        .map_or_else(Vec::new, |events| events.recorded().to_vec());
    night.take_files(Saturation::of(oximetry, spans));
    night.has_events = events.is_some() && night.odi3.is_some();
    Ok(FoundIn {
        nights: vec![Told { night, events }],
        short: Vec::new(),
        broken,
        is_card: false,
        serial: None,
    })
}

/// The night that a time belongs to.
fn night_of(time: DateTime) -> Date {
    if time.hour() < NOON {
        days_after(time.date(), -1)
    } else {
        time.date()
    }
}

fn observation(course: &FollowUp, night: &Night, context: &dyn Context) -> Value {
    let part = |name: &str, value: Option<f64>, unit: &str| {
        value.map(|value| {
            json!({
                "code": {"text": name},
                "valueQuantity": {
                    "value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit,
                },
            })
        })
    };
    let parts = [
        part("Use of the therapy device", night.hours, "h"),
        part("AHI as the device scores it", night.ahi, "/h"),
        part("Leak, 95th percentile", night.leak_p95_l_min, "L/min"),
        part("ODI3", night.odi3, "/h"),
        part("ODI4", night.odi4, "/h"),
        part("T90", night.t90_percent, "%"),
        part("Lowest saturation", night.lowest_spo2_percent, "%"),
        part("Mean saturation", night.mean_spo2_percent, "%"),
        part("Valid oximetry", night.oximetry_h, "h"),
    ];
    let mut body = json!({
        "extension": own(night),
        "basedOn": facts::based_on(&course.id),
        "status": "final",
        "code": {"text": "Night at home"},
        "subject": facts::patient(&course.patient),
        "effectiveDateTime": night.date,
        "issued": context.now(),
        "component": parts.into_iter().flatten().collect::<Vec<_>>(),
    });
    let sent = [
        ("Saturation", &night.oximetry_sent_by),
        ("Leak", &night.leak_sent_by),
    ];
    let notes: Vec<Value> = sent
        .into_iter()
        .filter_map(|(what, by)| Some(json!({"text": format!("{what} sent by {}", by.as_ref()?)})))
        .collect();
    if let Some(fields) = body.as_object_mut() {
        if !notes.is_empty() {
            fields.insert("note".to_owned(), notes.into());
        }
        if night.odi3.is_some() {
            let found_by = json!([{"coding": [{"system": facts::OXIMETRY, "code": course.id}]}]);
            fields.insert("category".to_owned(), found_by);
        }
    }
    body
}

/// The first of the latest nights.
pub fn first_of_latest(today: Date) -> Date {
    days_after(today, -NIGHTS)
}

/// The latest nights until yesterday's, the oldest first; one of which nothing is known has no value. What a device
/// says stands above what the patient said.
pub fn latest(course: &FollowUp, today: Date) -> Vec<Night> {
    let devices: BTreeMap<Date, &Night> = course
        .nights
        .iter()
        .map(|night| (night.of.date, &night.of))
        .collect();
    let said: BTreeMap<Date, (f64, HoursFrom)> = course
        .reports
        .iter()
        .rev()
        .filter(|report| report.device.is_none())
        .chain(
            course
                .reports
                .iter()
                .rev()
                .filter(|report| report.device.is_some()),
        )
        .filter_map(|report| {
            let AnswerValue::Number(hours) = report.answers.get("cpap_hours")?.value else {
                return None;
            };
            // What is asked in the morning is about the night that began the day before.
            let from = match report.device {
                Some(_) => HoursFrom::Machine,
                None => HoursFrom::Asked,
            };
            Some((days_after(report.day, -1), (hours, from)))
        })
        .collect();
    (1..=NIGHTS)
        .rev()
        .map(|ago| {
            let date = days_after(today, -ago);
            let mut night = devices
                .get(&date)
                .map_or_else(|| Night::of_nothing(date), |night| (*night).clone());
            if night.hours.is_none()
                && let Some((hours, from)) = said.get(&date)
            {
                night.hours = Some(*hours);
                night.hours_from = Some(*from);
            }
            night
        })
        .collect()
}

/// The newest night with oximetry, however long ago; what a clock that is wrong puts into the future decides nothing.
pub fn oximetry(course: &FollowUp, today: Date) -> Option<&Night> {
    let nights = course.nights.iter().map(|night| &night.of);
    nights
        .filter(|night| night.odi3.is_some() && night.date <= today)
        .max_by_key(|night| night.date)
}

/// Whether the latest nights are adherent, where that can be said.
pub fn adherent(course: &FollowUp, today: Date) -> Option<String> {
    let hours: Vec<Option<f64>> = latest(course, today)
        .iter()
        .map(|night| night.hours)
        .collect();
    knowledge::adherence(&hours).value().cloned()
}

/// The latest nights and whether they are adherent.
pub fn view(course: &FollowUp, today: Date) -> Value {
    let nights = latest(course, today);
    let hours: Vec<Option<f64>> = nights.iter().map(|night| night.hours).collect();
    let nights: Vec<Night> = nights.iter().map(Night::shown).collect();
    let rule = knowledge::class_list("cpap-adherence");
    json!({
        "nights": nights,
        "adherence": knowledge::adherence(&hours),
        "known": hours.iter().flatten().count(),
        "therapy": course.plan.asks_for_use(),
        "oximetry": oximetry(course, today).map(Night::shown),
        "least_valid_h": plans().nights.least_valid_h,
        "counted_h": knowledge::COUNTED_H,
        "counted": hours.iter().flatten().filter(|hours| **hours >= knowledge::COUNTED_H).count(),
        "rule": rule.map(|rule| json!({"title": rule.title, "classes": rule.classes.iter().map(|class| json!({"id": class.id, "label": class.label})).collect::<Vec<_>>()})),
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use scenario::{Method, testing::TestHospital};

    use super::*;
    use crate::{FollowUpAtHome, assess};

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_began() {
        for (hour, day) in [
            (0, date(2026, 3, 1)),
            (11, date(2026, 3, 1)),
            (12, date(2026, 3, 2)),
            (23, date(2026, 3, 2)),
        ] {
            assert_eq!(night_of(date(2026, 3, 2).at(hour, 30, 0, 0)), day, "{hour}");
        }
    }

    #[test]
    fn the_machine_s_count_is_not_replaced_by_what_its_signals_show() {
        let day = date(2026, 3, 1);
        let of = |hours, from| Night {
            hours: Some(hours),
            hours_from: Some(from),
            ..Night::of_nothing(day)
        };
        let counted = of(6.5, HoursFrom::Machine);
        let shown = Night {
            odi3: Some(12.0),
            oximetry_h: Some(6.0),
            ..of(6.4, HoursFrom::Signals)
        };
        let both = shown.clone().with(&counted);
        assert_eq!(
            (both.hours, both.hours_from, both.odi3),
            (Some(6.5), Some(HoursFrom::Machine), Some(12.0))
        );
        assert_eq!(counted.with(&shown), both);
    }

    #[tokio::test]
    async fn a_line_of_the_work_list_reads_the_latest_nights_and_the_newest_oximetry_and_no_more() {
        let hospital = TestHospital::open().await;
        let wish = json!({"patient": "p1", "plan": "osa"});
        let path = "courses";
        let made = hospital.ask(&FollowUpAtHome, "li.terminal", Method::Post, path, wish);
        let body = made.await.unwrap().body;
        let id = body["id"].as_str().unwrap();
        let permit = hospital.own_permit();
        let plan = FollowUp::find_plan(&hospital, permit, id).await;
        let mut line = plan.unwrap().unwrap();
        let today = line.day_of(hospital.now());
        // Of one night the clock of the device was a year ahead.
        let kept = (1..=1000).chain([-365]).map(|ago| {
            let night = Night {
                hours: Some(7.0),
                hours_from: Some(HoursFrom::Machine),
                odi3: [-365, 200, 300].contains(&ago).then_some(12.0),
                ..Night::of_nothing(days_after(today, -ago))
            };
            let body = observation(&line, &night, &hospital);
            let fact = facts::put(facts::night_key(id, night.date), &line.patient, body);
            (fact, Precondition::Version(0))
        });
        let kept = kept.collect();
        let written = facts::commit(&hospital, &facts::hospital(), kept).await;
        written.unwrap();
        line.read_found(&hospital, permit).await.unwrap();
        assert!(line.nights.len() < 100, "{}", line.nights.len());
        let whole = FollowUp::find(&hospital, permit, id).await.unwrap();
        let whole = whole.unwrap();
        assert_eq!(whole.nights.len(), 1001);
        for course in [&line, &whole] {
            assert_eq!(adherent(course, today).as_deref(), Some("adherent"));
            let newest = oximetry(course, today).unwrap();
            assert_eq!(newest.date, days_after(today, -200));
            let yesterday = course.start_of(days_after(today, -1));
            assert_eq!(assess::found_at(course, hospital.now()), yesterday);
        }
    }

    #[test]
    fn what_a_file_tells_stands_above_what_a_device_sent_whichever_came_first() {
        let day = date(2026, 3, 1);
        let file = Night {
            odi3: Some(12.0),
            oximetry_h: Some(7.0),
            incomplete_s: Some(0.0),
            ..Night::of_nothing(day)
        };
        let sent = Night {
            odi3: Some(9.0),
            mean_spo2_percent: Some(94.0),
            oximetry_h: Some(5.0),
            oximetry_sent_by: Some("Oximeter".to_owned()),
            leak_p95_l_min: Some(24.0),
            leak_sent_by: Some("Machine".to_owned()),
            ..Night::of_nothing(day)
        };
        let both = file.clone().with(&sent);
        assert_eq!(both, file.with_sent(&sent));
        // Figures of the two are not mixed; the leak is known of the device alone.
        assert_eq!((both.odi3, both.mean_spo2_percent), (Some(12.0), None));
        assert_eq!(
            (both.oximetry_sent_by.clone(), both.leak_p95_l_min),
            (None, Some(24.0))
        );
        // More of the night came, or nothing that can be read any more.
        let more = Night {
            odi3: Some(10.0),
            ..sent.clone()
        };
        assert_eq!(sent.with_sent(&more).odi3, Some(10.0));
        assert_eq!(sent.with_sent(&Night::of_nothing(day)), sent);
        assert_eq!(both.with_sent(&more), both);
    }

    #[test]
    fn files_that_are_no_recording_are_refused() {
        for (path, bytes) in [("notes.txt", b"x".as_slice()), ("a.edf", b"0".as_slice())] {
            assert!(
                found_in(&[(path.to_owned(), bytes.to_vec())], Vec::new()).is_err(),
                "{path}"
            );
        }
        assert!(found_in(&[], Vec::new()).is_err());
    }
}
