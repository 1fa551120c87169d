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

/// A patient's first days of exacerbations, and what the device would have said each day.
fn patient(seed: u64, signs: usize) -> (Vec<usize>, Vec<Answers>) {
    let mut chance = Chance(seed);
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
    let usual: Vec<f64> = SIGNS
        .iter()
        .map(|sign| chance.normal(sign.usual[0], sign.usual[1]))
        .collect();
    let worst: Vec<f64> = SIGNS
        .iter()
        .map(|sign| chance.normal(sign.worst[0], sign.worst[1]))
        .collect();
    let day = |day: usize, chance: &mut Chance| {
        let since = starts
            .iter()
            .map(|start| day.wrapping_sub(*start))
            .find(|since| *since < LASTS);
        let has_cold = colds.iter().any(|cold| day.wrapping_sub(*cold) < 3);
        let mut answers = Answers::from([("spo2_fall_percent".to_owned(), Answer::from(0.0))]);
        for (place, sign) in SIGNS.iter().enumerate() {
            let more = since.map_or(0.0, |since| worst[place] * share(since))
                + if has_cold { sign.cold } else { 0.0 };
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
    (starts, days)
}

struct Found {
    exacerbations: usize,
    in_time: usize,
    delays: Vec<usize>,
    for_nothing: usize,
}

fn cohort(signs: usize, reported: f64, running: usize) -> Found {
    let classes = class_list("rome-signs-2021").unwrap();
    let mut found = Found {
        exacerbations: 0,
        in_time: 0,
        delays: Vec::new(),
        for_nothing: 0,
    };
    for seed in 0..PATIENTS {
        let (starts, days) = patient(seed, signs);
        let mut chance = Chance(seed ^ 0x00c0_ffee);
        let sent: Vec<Option<Answers>> = days
            .into_iter()
            .map(|answers| (chance.next() < reported).then_some(answers))
            .collect();
        let told = warning_days(&sent, classes, "exacerbation", running);
        for start in &starts {
            found.exacerbations += 1;
            let first = told
                .iter()
                .find(|day| (*start..start + LASTS).contains(day));
            if let Some(day) = first {
                found.delays.push(day - start);
                found.in_time += usize::from(day - start < IN_TIME);
            }
        }
        let within = |day: &&usize| {
            starts
                .iter()
                .any(|start| (*start..start + LASTS).contains(day))
        };
        found.for_nothing += told.iter().filter(|day| !within(day)).count();
    }
    found
}

#[test]
fn the_table_is_what_is_found() {
    let mut rows = String::new();
    for signs in [4, 3] {
        for reported in [1.0, 0.7, 0.4] {
            for running in [1, 2] {
                let mut found = cohort(signs, reported, running);
                found.delays.sort_unstable();
                let median = found
                    .delays
                    .get(found.delays.len() / 2)
                    .copied()
                    .unwrap_or_default();
                let months = PATIENTS as f64 * DAYS as f64 / 30.4375;
                writeln!(
                    rows,
                    "| {} | {:.0} % | {running} | {} of {} ({:.0} %) | {median} | {:.3} |",
                    if signs == 4 {
                        "breathlessness, pulse, saturation, breathing rate"
                    } else {
                        "breathlessness, pulse, saturation"
                    },
                    reported * 100.0,
                    found.in_time,
                    found.exacerbations,
                    100.0 * found.in_time as f64 / found.exacerbations as f64,
                    found.for_nothing as f64 / months,
                )
                .unwrap();
            }
        }
    }
    let page = include_str!("../../../docs/conformance/exacerbation-warning.md");
    assert!(
        page.contains(&rows),
        "the page must hold these rows:\n{rows}"
    );
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
