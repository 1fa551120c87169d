//! A hospital's own rules, plans and escalation over those that come with the program.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use alarms::{
    Fault, Origin, OwnFile, OwnFiles, SHIPPED_ESCALATION, SHIPPED_PLANS, Settings, ward_rules,
};

fn file(name: &str, text: &str) -> OwnFile {
    OwnFile {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

fn rules(text: &str) -> OwnFiles {
    OwnFiles {
        rules: vec![file("rules/own.toml", text)],
        ..OwnFiles::default()
    }
}

fn faults(files: &OwnFiles) -> Vec<Fault> {
    Settings::with(files).map(|_| ()).unwrap_err()
}

const WARM: &str = r#"# Our rooms.

[[rule]]
id = "room-too-warm"
title = { zh = "室温过高", en = "Room too warm" }
priority = "low"
kind = "environmental"
when = { at-least = { signal = "room-temperature", value = 30 } }
delay-s = 600
needs-confirmation = false
confirmed-by = "Hygiene committee, 2026-10-01"
"#;

#[test]
fn a_rule_with_a_new_id_is_added_and_says_whose_it_is() {
    let settings = Settings::with(&rules(WARM)).unwrap();
    let own = settings.rules.rule("room-too-warm").unwrap();
    let whose = Origin::Hospital {
        file: "rules/own.toml".to_owned(),
        replaces: false,
    };
    assert_eq!(own.origin, whose);
    let shipped = ward_rules();
    assert_eq!(settings.rules.rules.len(), shipped.rules.len() + 1);
    assert_eq!(
        settings.rules.rule("spo2-low").unwrap().origin,
        Origin::Shipped
    );
    // An alarm keeps the version of its rules: it tells these from the shipped ones, and from others.
    let of = |text: &str| Settings::with(&rules(text)).unwrap().rules.version.clone();
    assert_ne!(of(WARM), shipped.version);
    assert_ne!(of(WARM), of(&WARM.replace("30", "31")));
    assert_eq!(of(WARM), of(WARM));
}

#[test]
fn a_rule_with_a_known_id_stands_in_its_place() {
    let text = WARM.replace("room-too-warm", "temperature-high");
    let settings = Settings::with(&rules(&text)).unwrap();
    let place = |rules: &alarms::RuleSet| {
        let mut all = rules.rules.iter();
        all.position(|rule| rule.id == "temperature-high")
    };
    assert_eq!(place(&settings.rules), place(&ward_rules()));
    let own = settings.rules.rule("temperature-high").unwrap();
    assert!(matches!(
        own.origin,
        Origin::Hospital { replaces: true, .. }
    ));
    assert_eq!(own.title.en, "Room too warm");
}

#[test]
fn a_rule_that_is_switched_off_is_gone_and_remembered_with_its_reason() {
    let text =
        "[[off]]\nrule = \"temperature-high\"\nwhy = { zh = \"不用\", en = \"Not used here\" }\n";
    let settings = Settings::with(&rules(text)).unwrap();
    assert!(settings.rules.rule("temperature-high").is_none());
    let off = &settings.rules.off[0];
    assert_eq!(
        (off.rule.as_str(), off.why.en.as_str()),
        ("temperature-high", "Not used here")
    );
    assert_eq!(off.file, "rules/own.toml");
}

#[test]
fn a_plan_of_the_hospital_can_be_named_by_its_rules() {
    let plan = SHIPPED_PLANS[0].replace("emergency-response", "air-the-room");
    let files = OwnFiles {
        rules: vec![file(
            "rules/own.toml",
            &format!("{WARM}plan = \"air-the-room\"\n"),
        )],
        plans: vec![file("plans/air.toml", &plan)],
        escalation: None,
    };
    let settings = Settings::with(&files).unwrap();
    assert!(settings.plans.iter().any(|plan| plan.id == "air-the-room"
        && matches!(
            plan.origin,
            Origin::Hospital {
                replaces: false,
                ..
            }
        )));
}

#[test]
fn an_escalation_of_the_hospital_stands_in_the_place_of_the_shipped_one() {
    let slower = SHIPPED_ESCALATION.replacen("after-s = 30", "after-s = 45", 1);
    let with = |text: &str| OwnFiles {
        escalation: Some(file("escalation.toml", text)),
        ..OwnFiles::default()
    };
    let settings = Settings::with(&with(&slower)).unwrap();
    assert_eq!(settings.escalation.high.levels[1].after_s, 45);
    assert!(matches!(
        settings.escalation.origin,
        Origin::Hospital { .. }
    ));
    let never = SHIPPED_ESCALATION.replacen("after-s = 0", "after-s = 5", 1);
    let [fault] = faults(&with(&never)).try_into().unwrap();
    let line = 1 + SHIPPED_ESCALATION
        .lines()
        .position(|line| line == "[high]")
        .unwrap();
    assert_eq!(
        (fault.file.as_str(), fault.line),
        ("escalation.toml", Some(line))
    );
}

#[test]
fn each_fault_has_its_file_its_line_and_what_to_do() {
    for (text, line, wanted) in [
        (
            WARM.replace("room-temperature", "room-heat"),
            3,
            "there is no signal `room-heat`: ",
        ),
        (
            WARM.replace("value = 30", "value = 300"),
            3,
            "its limit 300 lies outside what `room-temperature` can be",
        ),
        (
            WARM.replace("confirmed-by", "evidence"),
            3,
            "is not known: leave `evidence` out",
        ),
        (
            WARM.replace("confirmed-by = \"Hygiene committee, 2026-10-01\"\n", ""),
            3,
            "give `confirmed-by`",
        ),
        (
            format!("{WARM}plan = \"nothing\"\n"),
            3,
            "there is no plan `nothing`: name one of ",
        ),
        (WARM.replace("delay-s", "delay"), 9, "unknown field `delay`"),
        (
            WARM.replace("priority = \"low\"", "priority = \"highest\""),
            6,
            "unknown variant `highest`",
        ),
        (WARM.replace("id = \"room-too-warm\"", "id = room"), 4, ""),
        (
            format!(
                "{WARM}\n[[off]]\nrule = \"room-too-warm\"\nwhy = {{ zh = \"x\", en = \"x\" }}\n"
            ),
            13,
            "do one of both",
        ),
        (
            format!("{WARM}\n[[off]]\nrule = \"nothing\"\nwhy = {{ zh = \"x\", en = \"x\" }}\n"),
            13,
            "there is no rule `nothing`",
        ),
        (
            format!("{WARM}\n[[off]]\nrule = \"spo2-low\"\nwhy = {{ zh = \"\", en = \"\" }}\n"),
            13,
            "say why `spo2-low`",
        ),
        (
            format!("{WARM}\n{}", &WARM[WARM.find("[[rule]]").unwrap()..]),
            13,
            "`room-too-warm` is there twice",
        ),
        (
            format!(
                "{WARM}\n[[signal]]\nid = \"x\"\nlabel = {{ zh = \"x\", en = \"x\" }}\nunit = \"1\"\ncodes = [\"8867-4\"]\nfresh-s = 1\nplausible = [0, 1]\n"
            ),
            13,
            "its code `8867-4` belongs to the signal `heart-rate`",
        ),
    ] {
        let found = faults(&rules(&text));
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!(found[0].line, Some(line), "{}", found[0]);
        assert!(found[0].what.contains(wanted), "{}", found[0]);
        assert!(
            found[0].to_string().starts_with("rules/own.toml:"),
            "{}",
            found[0]
        );
    }
}

#[test]
fn all_faults_are_named_at_once_and_nothing_is_taken() {
    let files = OwnFiles {
        rules: vec![
            file("rules/a.toml", "what = 1\n"),
            file("rules/b.toml", &WARM.replace("30", "300")),
        ],
        plans: vec![file("plans/c.toml", "id = \"c\"\n")],
        escalation: Some(file("escalation.toml", "version = 1\n")),
    };
    let mut named: Vec<String> = faults(&files).into_iter().map(|fault| fault.file).collect();
    named.sort();
    assert_eq!(
        named,
        [
            "escalation.toml",
            "plans/c.toml",
            "rules/a.toml",
            "rules/b.toml"
        ]
    );
    // A file cannot say of itself that it came with the program.
    let disguised = format!("{WARM}origin = {{ from = \"shipped\" }}\n");
    assert!(
        faults(&rules(&disguised))[0]
            .what
            .contains("unknown field `origin`")
    );
}

/// Each rule that the example leaves out for want of a number can be used once it has one.
#[test]
fn the_examples_of_rooms_need_nothing_but_their_numbers() {
    let example = include_str!("../../../docs/guides/own-settings/rules/environment.toml");
    let taken_in: String = example
        .lines()
        .map(|line| {
            line.strip_prefix("#= ")
                .unwrap_or(line)
                .replace("NUMBER", "50")
                + "\n"
        })
        .collect();
    let plan = include_str!("../../../docs/guides/own-settings/plans/change-bedding.toml");
    let files = OwnFiles {
        plans: vec![file("plans/change-bedding.toml", plan)],
        ..rules(&taken_in)
    };
    let settings = Settings::with(&files).unwrap_or_else(|faults| panic!("{faults:?}"));
    for signal in [
        "room-temperature",
        "room-humidity",
        "room-light",
        "room-noise",
        "room-co2",
    ] {
        let looks = |rule: &&alarms::Rule| {
            matches!(rule.origin, Origin::Hospital { .. }) && rule.when.signals().contains(&signal)
        };
        assert!(
            settings.rules.rules.iter().any(|rule| looks(&rule)),
            "{signal}"
        );
    }
}
