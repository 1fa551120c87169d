//! A hospital's own plans of follow-up: one in each file, in the form of those in `guidelines/plans.toml`.
//!
//! A plan with a new id is added, one with a known id stands in the place of that one. It asks what the program knows
//! how to ask, and raises alerts by lists of `knowledge` and by limits of single answers, which are the hospital's to set.

use std::collections::BTreeMap;

use knowledge::{Answers, class_list};
use scenario::{OwnFault, OwnFile};
use vocabulary::Text;

use crate::{
    assess,
    plans::{LEVELS, Plan, Plans, input, limits, question},
};

/// The longest time from one report to the next that a plan may ask for, in days.
const LONGEST_DAYS: i64 = 366;
/// The longest time for which an alert may wait, in minutes.
const LONGEST_MIN: i64 = LONGEST_DAYS * 24 * 60;
/// The longest time for which a phase of a plan may last, in days.
const LONGEST_PHASE_DAYS: i64 = 3660;
/// Asked by every plan: the one question by which any patient is heard.
const FEELS_WORSE: &str = "feels_worse";

/// The plans with a hospital's own over them, and what each file adds or replaces; or everything that is wrong.
pub fn with(files: &[OwnFile]) -> Result<(Plans, Vec<String>), Vec<OwnFault>> {
    let mut plans = Plans::shipped();
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    let mut own: BTreeMap<String, String> = BTreeMap::new();
    for file in files {
        let fault = |place: Option<usize>, what: String| OwnFault {
            file: file.name.clone(),
            place,
            what,
        };
        let mut plan: Plan = match toml::from_str(&file.text) {
            Ok(plan) => plan,
            Err(error) => {
                let place = error.span().map(|span| span.start);
                faults.push(fault(place, error.message().to_owned()));
                continue;
            }
        };
        if let Some(other) = own.insert(plan.id.clone(), file.name.clone()) {
            let what = format!(
                "the plan `{}` is in {other} too: keep one of them, or give this one another id",
                plan.id
            );
            faults.push(fault(Some(0), what));
            continue;
        }
        for (field, why) in contradictions(&plan) {
            let what = format!("in the plan `{}`, {why}", plan.id);
            faults.push(fault(file.text.find(field).or(Some(0)), what));
        }
        plan.own = Some(file.name.clone());
        let known = plans.list.iter_mut().find(|one| one.id == plan.id);
        let how = if known.is_some() { "replaces" } else { "adds" };
        lines.push(format!(
            "{how} the plan of follow-up {} ({})",
            plan.id, file.name
        ));
        match known {
            Some(before) => *before = plan,
            None => plans.list.push(plan),
        }
    }
    if faults.is_empty() {
        Ok((plans, lines))
    } else {
        Err(faults)
    }
}

/// Whether words are missing in a language.
fn lacks(text: &Text) -> bool {
    text.zh.trim().is_empty() || text.en.trim().is_empty()
}

/// What cannot be used in a plan: the field in which it stands, and what to do.
fn contradictions(plan: &Plan) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    if plan.id.trim().is_empty() {
        all.push(("id", "its id is empty: give it one".to_owned()));
    }
    if lacks(&plan.title) {
        let what = "its title lacks a language: give zh and en";
        all.push(("title", what.to_owned()));
    }
    if plan.learn.is_empty() || plan.learn.iter().any(lacks) {
        let what = "what the patient should know is missing, or lacks a language: give at least one `learn` in zh and en";
        all.push(("learn", what.to_owned()));
    }
    for (level, text) in LEVELS.iter().zip(plan.action.levels()) {
        if lacks(text) {
            let what = format!("`action.{level}` lacks a language: give zh and en");
            all.push(("action", what));
        }
    }
    of_rhythms(plan, &mut all);
    if !(1..=LONGEST_DAYS).contains(&plan.silent_days()) {
        let what = format!(
            "`silent-days` is {}: write a number from 1 to {LONGEST_DAYS}",
            plan.silent_days()
        );
        all.push(("silent-days", what));
    }
    of_times(plan, &mut all);
    if !plan.asks.iter().any(|name| name == FEELS_WORSE) {
        let what = format!("it does not ask `{FEELS_WORSE}`: without it a patient is not heard");
        all.push(("asks", what));
    }
    let unknown = |name: &&String| input(name).is_none() || question(name).is_none();
    let named = plan.asks.iter().chain(&plan.usual);
    for name in named.chain(&plan.asks_once).filter(unknown) {
        let what =
            format!("there is no question `{name}`: plans ask those of `guidelines/plans.toml`");
        all.push(("asks", what));
    }
    for key in &plan.sources {
        if knowledge::evidence(key).is_none() {
            let what = format!("its source `{key}` is not known: leave it out");
            all.push(("sources", what));
        }
    }
    for id in &plan.assess {
        if knowledge::ask(id, &Answers::new()).is_none() {
            let what = format!("there is no list `{id}`: `yuanyi assess --list` names all");
            all.push(("assess", what));
        }
    }
    let of_lists = assess::questions(plan);
    let is_of_list = |name: &&String| of_lists.iter().any(|one| one.name == **name);
    for name in plan.asks_once.iter().filter(|name| !is_of_list(name)) {
        let what = format!("no list under `assess` asks `{name}`: leave it out of `asks-once`");
        all.push(("asks-once", what));
    }
    of_dangers(plan, &mut all);
    for watch in &plan.watch {
        let Some(list) = class_list(&watch.classes) else {
            let what = format!("there is no list of classes `{}` to watch", watch.classes);
            all.push(("watch", what));
            continue;
        };
        let is_none = |id: &&String| list.classes.iter().all(|class| class.id != **id);
        for id in watch.raise.iter().filter(is_none) {
            let what = format!("`{}` has no class `{id}`", watch.classes);
            all.push(("watch", what));
        }
    }
    all
}

/// What cannot be used of how long an alert waits.
fn of_times(plan: &Plan, all: &mut Vec<(&'static str, String)>) {
    for (field, minutes) in [
        ("escalate-after-min", plan.escalate_after_min()),
        ("lapse-after-min", plan.lapse_after_min()),
    ] {
        if !(1..=LONGEST_MIN).contains(&minutes) {
            let what = format!("`{field}` is {minutes}: write a number from 1 to {LONGEST_MIN}");
            all.push((field, what));
        }
    }
}

/// What cannot be used of how often reports are due, and for how long.
fn of_rhythms(plan: &Plan, all: &mut Vec<(&'static str, String)>) {
    let last = plan.phases.len();
    for (n, rhythm) in plan.rhythms().enumerate() {
        if !(1..=LONGEST_DAYS).contains(&rhythm.every_days) {
            let what = format!(
                "`every-days` is {}: write a number from 1 to {LONGEST_DAYS}",
                rhythm.every_days
            );
            all.push(("every-days", what));
        }
        match rhythm.lasts_days {
            Some(days) if !(1..=LONGEST_PHASE_DAYS).contains(&days) => {
                let what = format!(
                    "`lasts-days` is {days}: write a number from 1 to {LONGEST_PHASE_DAYS}"
                );
                all.push(("lasts-days", what));
            }
            None if n < last => {
                let what = "a phase comes after one without an end: say by `lasts-days` for how long that one lasts";
                all.push(("phases", what.to_owned()));
            }
            _ => {}
        }
    }
}

/// What cannot be used of the limits at which somebody is told at once.
fn of_dangers(plan: &Plan, all: &mut Vec<(&'static str, String)>) {
    for danger in &plan.danger {
        let what = |why: &str| format!("its danger of `{}` {why}", danger.ask);
        let [low, high] = limits(&danger.ask);
        let ((Some(limit), None) | (None, Some(limit))) = (danger.at_most, danger.at_least) else {
            all.push((
                "danger",
                what("says neither or both of `at-most` and `at-least`: give one"),
            ));
            continue;
        };
        if !plan.asks.contains(&danger.ask) || [low, high] == [None, None] {
            all.push((
                "danger",
                what("is of no number that the plan asks: name one of `asks`"),
            ));
        } else if low.is_some_and(|low| limit < low) || high.is_some_and(|high| limit > high) {
            all.push(("danger", what("lies beyond what can be answered")));
        }
        if lacks(&danger.say) {
            all.push(("danger", what("lacks a language: give `say` in zh and en")));
        }
        if danger
            .source
            .as_ref()
            .is_some_and(|key| knowledge::evidence(key).is_none())
        {
            all.push((
                "danger",
                what("has a source that is not known: leave it out"),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = "id = \"cough\"\ntitle = { zh = \"慢性咳嗽\", en = \"Chronic cough\" }\nsources = []\n\
        asks = [\"feels_worse\", \"temperature_c\"]\nevery-days = 7\n\
        learn = [{ zh = \"多喝水\", en = \"Drink enough\" }]\n\
        action.usual = { zh = \"照常\", en = \"As usual\" }\n\
        action.worse = { zh = \"告诉我们\", en = \"Tell us\" }\n\
        action.emergency = { zh = \"拨打 120\", en = \"Call 120\" }\n";

    fn file(name: &str, text: &str) -> OwnFile {
        OwnFile {
            name: name.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_new_plan_is_added_and_a_known_one_replaced() {
        let shipped = Plans::shipped().list.len();
        let (plans, lines) = with(&[file("follow-up/cough.toml", PLAN)]).unwrap();
        assert_eq!(plans.list.len(), shipped + 1);
        assert_eq!(
            lines,
            ["adds the plan of follow-up cough (follow-up/cough.toml)"]
        );
        let own = plans.list.last().unwrap();
        assert_eq!(own.own.as_deref(), Some("follow-up/cough.toml"));
        let copd = PLAN.replace("\"cough\"", "\"copd\"");
        let (plans, lines) = with(&[file("follow-up/a.toml", &copd)]).unwrap();
        assert_eq!(plans.list.len(), shipped);
        assert!(lines[0].starts_with("replaces"), "{lines:?}");
        let copd = plans.list.iter().find(|plan| plan.id == "copd").unwrap();
        assert_eq!((copd.every_days, copd.own.is_some()), (7, true));
        assert_eq!(copd.silent_days(), 7, "as often as a report is due");
        let patient = PLAN.replace("every-days = 7", "every-days = 7\nsilent-days = 3");
        let (plans, _) = with(&[file("follow-up/cough.toml", &patient)]).unwrap();
        assert_eq!(plans.list.last().unwrap().silent_days(), 3);
    }

    #[test]
    fn a_hospital_lets_a_plan_go_on_by_another_rhythm() {
        let phases = "every-days = 7\nlasts-days = 28\nphases = [{ every-days = 30 }]";
        let text = PLAN.replace("every-days = 7", phases);
        let (plans, _) = with(&[file("follow-up/cough.toml", &text)]).unwrap();
        let plan = plans.list.last().unwrap();
        let opened = jiff::civil::date(2026, 3, 1);
        let schedule = plan.schedule(opened);
        let phases: Vec<_> = schedule.phases().copied().collect();
        assert_eq!(phases.len(), 2);
        assert_eq!(phases[0].until, Some(phases[1].from));
        assert_eq!((phases[1].every_days, schedule.until()), (30, None));
        let silent = phases.iter().map(|phase| plan.silent_days_of(phase));
        assert_eq!(silent.collect::<Vec<_>>(), [7, 30]);
    }

    #[test]
    fn a_hospital_sets_limits_of_its_own() {
        let danger = |limit: &str| {
            let say = "say = { zh = \"发热\", en = \"Fever\" }";
            let text = format!("{PLAN}[[danger]]\nask = \"temperature_c\"\n{limit}\n{say}\n");
            with(&[file("follow-up/cough.toml", &text)])
        };
        let (plans, _) = danger("at-least = 38.5").unwrap();
        let plan = plans.list.last().unwrap();
        let feverish = |value: f64| {
            let answers = Answers::from([("temperature_c".to_owned(), value.into())]);
            plan.worse(&answers, &BTreeMap::new()) != crate::plans::Worse::No
        };
        assert!(feverish(38.5) && !feverish(38.4));
        for limit in ["", "at-least = 38\nat-most = 35", "at-least = 380"] {
            assert_eq!(danger(limit).unwrap_err().len(), 1, "{limit}");
        }
    }

    #[test]
    fn each_fault_is_named() {
        for (from, to, said) in [
            ("every-days = 7", "every-days = 0", "`every-days` is 0"),
            (
                "every-days = 7",
                "every-days = 7\nsilent-days = 0",
                "`silent-days` is 0",
            ),
            (
                "every-days = 7",
                "every-days = 7\nescalate-after-min = 0",
                "`escalate-after-min` is 0",
            ),
            (
                "every-days = 7",
                "every-days = 7\nlapse-after-min = -5",
                "`lapse-after-min` is -5",
            ),
            ("\"feels_worse\", ", "", "does not ask `feels_worse`"),
            ("temperature_c", "mood", "no question `mood`"),
            (
                "sources = []",
                "sources = [\"a-book\"]",
                "source `a-book` is not known",
            ),
            (
                "en = \"Chronic cough\"",
                "en = \"\"",
                "title lacks a language",
            ),
            (
                "en = \"Drink enough\"",
                "en = \" \"",
                "give at least one `learn`",
            ),
            (
                "en = \"Tell us\"",
                "en = \"\"",
                "`action.worse` lacks a language",
            ),
            (
                "every-days = 7",
                "every-days = 7\nassess = [\"fortune\"]",
                "no list `fortune`",
            ),
            (
                "every-days = 7",
                "every-days = 7\nasks-once = [\"mmrc\"]",
                "no list under `assess` asks `mmrc`",
            ),
            ("every-days = 7", "every-week = 7", "unknown field"),
            (
                "every-days = 7",
                "every-days = 7\nlasts-days = 0",
                "`lasts-days` is 0",
            ),
            (
                "every-days = 7",
                "every-days = 7\nphases = [{ every-days = 30 }]",
                "say by `lasts-days`",
            ),
            (
                "every-days = 7",
                "every-days = 7\nlasts-days = 28\nphases = [{ every-days = 0 }]",
                "`every-days` is 0",
            ),
        ] {
            let text = PLAN.replace(from, to);
            assert_ne!(text, PLAN, "{from}");
            let faults = with(&[file("follow-up/x.toml", &text)])
                .map(|_| ())
                .unwrap_err();
            assert!(faults[0].what.contains(said), "{said}: {faults:?}");
        }
        let both = [
            file("follow-up/a.toml", PLAN),
            file("follow-up/b.toml", PLAN),
        ];
        let faults = with(&both).map(|_| ()).unwrap_err();
        assert!(faults[0].what.contains("is in follow-up/a.toml too"));
    }
}
