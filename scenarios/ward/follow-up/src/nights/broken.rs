//! Files of nights of which not all could be taken, or which hold too little: who sends them is told, and the page on
//! devices counts those that are broken.

use jiff::civil::Date;
use scenario::{Context, FileFault};
use serde::Deserialize;
use serde_json::{Value, json};
use signals::{Cut, cpap, oximetry::Oximetry};
use vocabulary::Text;

use super::{HOUR_S, SPOT_S};
use crate::{course::FollowUp, plans::plans};

/// The kind of device that writes cards.
const CARD_OF: &str = "cpap";
/// The most files of a request whose faults are told and counted.
const MOST: usize = 200;

/// What a browser found of a file that it sent in part only, or not at all: that the file breaks off.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    path: String,
    #[serde(default)]
    missing_s: Option<f64>,
    left_out_s: f64,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    pub path: String,
    /// The night that it belongs to, where that is known.
    pub date: Option<Date>,
    pub fault: Fault,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// It breaks off; what is whole of it was taken.
    Cut(Cut),
    /// Nothing of it was taken, and why, in words that complete "could not".
    Unreadable(String),
}

impl Broken {
    /// Seconds that are not there, as far as that is known.
    pub fn seconds(&self) -> f64 {
        match &self.fault {
            Fault::Cut(cut) => cut.missing_s.unwrap_or_default().max(cut.left_out_s),
            Fault::Unreadable(_) => 0.0,
        }
    }

    fn code(&self) -> &'static str {
        match self.fault {
            Fault::Cut(_) => "file-cut",
            Fault::Unreadable(_) => "file-unreadable",
        }
    }

    pub fn text(&self) -> Text {
        match &self.fault {
            Fault::Cut(Cut {
                missing_s,
                left_out_s,
            }) => {
                let mut zh = vec!["文件不完整".to_owned()];
                let mut en = vec!["The file breaks off".to_owned()];
                if let Some(missing) = missing_s {
                    zh.push(format!("比文件头所写少 {missing:.0} 秒"));
                    en.push(format!(
                        "{missing:.0} s that its header promises are missing"
                    ));
                }
                if *left_out_s > 0.0 {
                    zh.push(format!("最后一条记录不完整，{left_out_s:.1} 秒未采用"));
                    en.push(format!(
                        "its last data record is not whole, {left_out_s:.1} s are left out"
                    ));
                }
                zh.push("其余已采用".to_owned());
                en.push("the rest was taken".to_owned());
                Text::new(zh.join("；"), en.join("; "))
            }
            Fault::Unreadable(why) => Text::new("文件无法读取", format!("Could not {why}")),
        }
    }

    /// For who sent it, who knows the file by its name.
    pub fn told(&self) -> Value {
        json!({"path": self.path, "code": self.code(), "why": self.text()})
    }
}

/// A night of which too little of a saturation is valid for an index, or for a night at all.
pub struct Short {
    pub date: Date,
    pub hours: f64,
}

impl Short {
    /// Where it is so short that it is no night.
    pub fn of(date: Date, found: &Oximetry) -> Option<Self> {
        let hours = found.valid_s as f64 / HOUR_S;
        (found.valid_s <= SPOT_S).then_some(Self { date, hours })
    }

    pub fn of_card(night: &cpap::Night) -> Option<Self> {
        Self::of(night.date, night.oximetry.as_ref()?)
    }

    pub fn text(&self) -> Text {
        // Whole minutes: what lacks one second of four hours does not read as four hours.
        let minutes = (self.hours * 60.0 + 0.001).floor();
        let spot = SPOT_S / 60;
        if self.hours * HOUR_S <= SPOT_S as f64 {
            return Text::new(
                format!("有效血氧只有 {minutes:.0} 分钟：超过 {spot} 分钟才算一夜，未采用"),
                format!(
                    "only {minutes:.0} min of valid saturation: a night needs more than {spot} min, and it was not taken"
                ),
            );
        }
        let least = plans().nights.least_valid_h;
        Text::new(
            format!("有效血氧只有 {minutes:.0} 分钟：不足 {least} 小时的不计算指数"),
            format!(
                "only {minutes:.0} min of valid saturation: of less than {least} h no index is reckoned"
            ),
        )
    }

    /// For who sent it.
    pub fn told(&self) -> Value {
        json!({"date": self.date, "hours": self.hours, "why": self.text()})
    }
}

/// What browsers said stands beside what was found in what they sent, but for the same file: of that one it is more.
pub fn with_said(mut found: Vec<Broken>, said: Vec<Said>) -> Vec<Broken> {
    let can_be = |said: &Said| {
        let seconds = [said.left_out_s, said.missing_s.unwrap_or_default()];
        said.path.len() <= 300 && seconds.iter().all(|one| one.is_finite() && *one >= 0.0)
    };
    for one in said.into_iter().filter(can_be).take(MOST) {
        found.retain(|known| known.path != one.path);
        found.push(Broken {
            path: one.path,
            date: None,
            fault: Fault::Cut(Cut {
                missing_s: one.missing_s,
                left_out_s: one.left_out_s,
            }),
        });
    }
    found.truncate(MOST);
    found
}

/// What is broken of a card.
pub fn of_card(card: &cpap::Card) -> Vec<Broken> {
    let cut = card.broken_off.iter().map(|file| Broken {
        path: file.path.clone(),
        date: file.date,
        fault: Fault::Cut(file.cut),
    });
    let unread = card.unused.iter().filter(|file| file.is_unreadable);
    let unread = unread.map(|file| Broken {
        path: file.path.clone(),
        date: None,
        fault: Fault::Unreadable(file.why.clone()),
    });
    cut.chain(unread).collect()
}

/// Which part of a device's recordings a file is. Its name may name a person, and is not told to others.
fn part(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let parts = [
        "STR.edf",
        "Identification.tgt",
        "_BRP.edf",
        "_PLD.edf",
        "_SAD.edf",
        "_SA2.edf",
        "_EVE.edf",
        "_CSL.edf",
    ];
    parts
        .into_iter()
        .find(|part| name.ends_with(part))
        .unwrap_or("recording")
}

/// Counts them on the page on devices.
pub fn note(
    context: &dyn Context,
    course: &FollowUp,
    all: &[Broken],
    (is_card, serial): (bool, Option<&str>),
    bytes: impl Fn(&str) -> usize,
) {
    for one in all {
        context.note_file(FileFault {
            patient: course.patient.clone(),
            profile: is_card.then_some(CARD_OF),
            serial: serial.map(str::to_owned),
            part: part(&one.path),
            bytes: bytes(&one.path),
            code: one.code(),
            why: one.text(),
        });
    }
}
