//! How many exacerbations the signs at home find, and how often they tell somebody for nothing, on simulated
//! cohorts. Writes nothing: it compares with `docs/conformance/exacerbation-warning.md`, and prints the rows.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

use std::fmt::Write as _;

use knowledge::{Answer, Answers, class_list, warning_days};

const PATIENTS: u64 = 400;
const DAYS: usize = 180;
/// From its first day on an exacerbation lasts so long, and a warning within it is none for nothing.
const LASTS: usize = 15;
/// Found in time: within so many days from its first.
const IN_TIME: usize = 7;

/// `SplitMix64` and Box–Muller: the same numbers in every version of every library, since the table is kept.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self, mean: f64, spread: f64) -> f64 {
        let (one, two) = (self.next().max(1e-12), self.next());
        mean + spread * (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * two).cos()
    }
}

/// What one sign does: its usual value and how that differs between people and days, what an exacerbation adds at
/// its worst and how that differs, what a cold adds.
struct Sign {
    name: &'static str,
    usual: [f64; 3],
    worst: [f64; 2],
    cold: f64,
    whole: bool,
}

/// Made up for the simulation: none of these numbers is clinical.
const SIGNS: [Sign; 4] = [
    Sign {
        name: "dyspnoea_vas",
        usual: [2.5, 1.0, 0.8],
        worst: [3.5, 1.0],
        cold: 1.0,
        whole: false,
    },
    Sign {
        name: "pulse_per_min",
        usual: [80.0, 8.0, 5.0],
        worst: [18.0, 6.0],
        cold: 6.0,
        whole: true,
    },
    Sign {
        name: "spo2_percent",
        usual: [94.5, 1.2, 0.8],
        worst: [-5.0, 2.0],
        cold: -0.5,
        whole: true,
    },
    Sign {
        name: "respiratory_rate_per_min",
        usual: [18.0, 2.0, 1.5],
        worst: [7.0, 2.0],
        cold: 1.0,
        whole: true,
    },
];

/// How much of the worst there is so many days after the first: up within four days, down within the last seven.
fn share(since: usize) -> f64 {
    match since {
        0..4 => (since + 1) as f64 / 4.0,
        4..8 => 1.0,
        _ => (LASTS - since.min(LASTS)) as f64 / 7.0,
    }
}

/// When a patient gets worse.
struct Course {
    /// The first days of exacerbations and of colds.
    starts: Vec<usize>,
    colds: Vec<usize>,
}

impl Course {
    fn of(chance: &mut Chance) -> Self {
        let (mut starts, mut colds): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
        for day in 10..DAYS - LASTS {
            let free = starts.last().is_none_or(|last| day > last + LASTS + 14);
            if free && chance.next() < 1.5 / 365.0 {
                starts.push(day);
            }
            if chance.next() < 2.0 / 365.0 {
                colds.push(day);
            }
        }
        Self { starts, colds }
    }

    /// How much of the worst there is on a day, and whether there is a cold.
    fn on(&self, day: usize) -> (f64, bool) {
        let mut since = self.starts.iter().map(|start| day.wrapping_sub(*start));
        let worse = since.find(|since| *since < LASTS).map_or(0.0, share);
        let has_cold = self.colds.iter().any(|cold| day.wrapping_sub(*cold) < 3);
        (worse, has_cold)
    }
}

/// A patient's first days of exacerbations, and what the device would have said each day.
fn patient(seed: u64, signs: usize) -> (Vec<usize>, Vec<Answers>) {
    let mut chance = Chance(seed);
    let course = Course::of(&mut chance);
    let usual: Vec<f64> = SIGNS
        .iter()
        .map(|sign| chance.normal(sign.usual[0], sign.usual[1]))
        .collect();
    let worst: Vec<f64> = SIGNS
        .iter()
        .map(|sign| chance.normal(sign.worst[0], sign.worst[1]))
        .collect();
    let day = |day: usize, chance: &mut Chance| {
        let (worse, has_cold) = course.on(day);
        let mut answers = Answers::from([("spo2_fall_percent".to_owned(), Answer::from(0.0))]);
        for (place, sign) in SIGNS.iter().enumerate() {
            let more = worst[place] * worse + if has_cold { sign.cold } else { 0.0 };
            let value = chance.normal(usual[place] + more, sign.usual[2]);
            let value = if sign.whole {
                value.round()
            } else {
                value.clamp(0.0, 10.0)
            };
            let value = if sign.name == "spo2_percent" {
                value.min(100.0)
            } else {
                value
            };
            if place < signs {
                answers.insert(sign.name.to_owned(), Answer::from(value));
            }
        }
        answers
    };
    let days = (0..DAYS).map(|number| day(number, &mut chance)).collect();
    (course.starts, days)
}

/// How often one of the troubles is there that asthma control asks about: on usual days, how much more at the worst of
/// an exacerbation and in a cold. In four weeks it counts from so many days on.
struct Trouble {
    name: &'static str,
    usual: f64,
    worst: f64,
    cold: f64,
    days: usize,
}

/// Made up as well, but for the days: more than twice a week, and any, in the past four weeks (GINA).
const TROUBLES: [Trouble; 4] = [
    Trouble {
        name: "gina_day_symptoms",
        usual: 0.06,
        worst: 0.85,
        cold: 0.3,
        days: 9,
    },
    Trouble {
        name: "gina_night_waking",
        usual: 0.01,
        worst: 0.5,
        cold: 0.1,
        days: 1,
    },
    Trouble {
        name: "gina_reliever",
        usual: 0.06,
        worst: 0.85,
        cold: 0.2,
        days: 9,
    },
    Trouble {
        name: "gina_activity_limit",
        usual: 0.01,
        worst: 0.6,
        cold: 0.1,
        days: 1,
    },
];
const FOUR_WEEKS: usize = 28;

/// A patient with asthma: the first days of exacerbations, and the answers of each day that is asked.
fn asthma_patient(seed: u64, every: usize) -> (Vec<usize>, Vec<Option<Answers>>) {
    let mut chance = Chance(seed);
    let course = Course::of(&mut chance);
    let troubled: Vec<[bool; 4]> = (0..DAYS)
        .map(|day| {
            let (worse, has_cold) = course.on(day);
            TROUBLES.each_ref().map(|trouble| {
                let cold = if has_cold { trouble.cold } else { 0.0 };
                chance.next() < trouble.usual + trouble.worst * worse + cold
            })
        })
        .collect();
    let first = seed as usize % every;
    let asked = (0..DAYS).map(|day| {
        let is_asked = day >= first && (day - first).is_multiple_of(every);
        let past = &troubled[(day + 1).saturating_sub(FOUR_WEEKS)..=day];
        is_asked.then(|| {
            let answer = |(place, trouble): (usize, &Trouble)| {
                let days = past.iter().filter(|of_day| of_day[place]).count();
                (trouble.name.to_owned(), Answer::from(days >= trouble.days))
            };
            TROUBLES.iter().enumerate().map(answer).collect()
        })
    });
    (course.starts, asked.collect())
}

#[derive(Default)]
struct Found {
    exacerbations: usize,
    in_time: usize,
    delays: Vec<usize>,
    for_nothing: usize,
}

impl Found {
    /// Counts what one patient's warnings found.
    fn count(&mut self, starts: &[usize], told: &[usize]) {
        for start in starts {
            self.exacerbations += 1;
            let within = *start..start + LASTS;
            if let Some(day) = told.iter().find(|day| within.contains(day)) {
                self.delays.push(day - start);
                self.in_time += usize::from(day - start < IN_TIME);
            }
        }
        let is_within = |day: &usize| {
            let mut each = starts.iter();
            each.any(|start| (*start..start + LASTS).contains(day))
        };
        self.for_nothing += told.iter().filter(|day| !is_within(day)).count();
    }

    /// The columns of the table from those found in time on.
    fn columns(mut self) -> String {
        self.delays.sort_unstable();
        let median = self.delays.get(self.delays.len() / 2);
        let months = PATIENTS as f64 * DAYS as f64 / 30.4375;
        format!(
            "{} of {} ({:.0} %) | {} | {:.3} |",
            self.in_time,
            self.exacerbations,
            100.0 * self.in_time as f64 / self.exacerbations as f64,
            median.copied().unwrap_or_default(),
            self.for_nothing as f64 / months,
        )
    }
}

/// Of what could be reported, what is: a share of it.
fn reported(seed: u64, days: Vec<Option<Answers>>, share: f64) -> Vec<Option<Answers>> {
    let mut chance = Chance(seed ^ 0x00c0_ffee);
    let each = days.into_iter();
    each.map(|answers| answers.filter(|_| chance.next() < share))
        .collect()
}

fn cohort(signs: usize, share: f64, running: usize) -> Found {
    let classes = class_list("rome-signs-2021").unwrap();
    let mut found = Found::default();
    for seed in 0..PATIENTS {
        let (starts, days) = patient(seed, signs);
        let sent = reported(seed, days.into_iter().map(Some).collect(), share);
        found.count(
            &starts,
            &warning_days(&sent, classes, "exacerbation", running),
        );
    }
    found
}

fn asthma_cohort(every: usize, share: f64) -> Found {
    let classes = class_list("gina-control").unwrap();
    let mut found = Found::default();
    for seed in 0..PATIENTS {
        let (starts, days) = asthma_patient(seed, every);
        let sent = reported(seed, days, share);
        found.count(&starts, &warning_days(&sent, classes, "uncontrolled", 1));
    }
    found
}

/// That the page holds these rows.
fn is_on_the_page(rows: &str) {
    let page = include_str!("../../../docs/conformance/exacerbation-warning.md");
    assert!(
        page.contains(rows),
        "the page must hold these rows:\n{rows}"
    );
}

#[test]
fn the_table_is_what_is_found() {
    let mut rows = String::new();
    for signs in [4, 3] {
        let names = if signs == 4 {
            "breathlessness, pulse, saturation, breathing rate"
        } else {
            "breathlessness, pulse, saturation"
        };
        for share in [1.0, 0.7, 0.4] {
            for running in [1, 2] {
                let found = cohort(signs, share, running).columns();
                let percent = share * 100.0;
                writeln!(rows, "| {names} | {percent:.0} % | {running} | {found}").unwrap();
            }
        }
    }
    is_on_the_page(&rows);
}

#[test]
fn the_table_of_asthma_is_what_is_found() {
    let mut rows = String::new();
    for every in [7, 1] {
        for share in [1.0, 0.7, 0.4] {
            let found = asthma_cohort(every, share).columns();
            let percent = share * 100.0;
            writeln!(rows, "| {every} | {percent:.0} % | {found}").unwrap();
        }
    }
    is_on_the_page(&rows);
}

#[test]
fn asking_less_or_waiting_longer_finds_less() {
    let share = |found: &Found| found.in_time as f64 / found.exacerbations as f64;
    let (all, fewer) = (cohort(4, 1.0, 1), cohort(3, 1.0, 1));
    let (seldom, later) = (cohort(4, 0.4, 1), cohort(4, 1.0, 2));
    assert!(
        share(&all) > share(&fewer) && share(&all) > share(&seldom) && share(&all) >= share(&later)
    );
    assert!(all.for_nothing > later.for_nothing);
}
