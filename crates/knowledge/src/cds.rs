//! Recommendations as the cards of CDS Hooks 2.0, for the hospital's own record system.

use serde_json::{Value, json};
use vocabulary::{Language, Text};

use crate::{
    Recommendation, Verdict, find_guideline,
    guideline::{Agreement, Arrangement, Because},
    inputs,
};

/// The most characters of a card's summary (CDS Hooks 2.0, card attributes).
const LONGEST_SUMMARY: usize = 139;
/// The code system of reasons why a card was not followed.
pub const OVERRIDE_URI: &str = "urn:yuanyi:override-reason";

/// Why a clinician may not follow a recommendation.
fn override_reasons(language: Language) -> Value {
    let reasons = [
        ("patient-declines", "患者不同意", "The patient declines"),
        (
            "done-elsewhere",
            "已在他处完成或安排",
            "Done or arranged elsewhere",
        ),
        (
            "other-finding",
            "有其他检查结果改变了判断",
            "Another finding changes the picture",
        ),
        (
            "other-guideline",
            "遵循另一指南",
            "Another guideline is followed",
        ),
        (
            "risk-outweighs",
            "对该患者风险大于获益",
            "For this patient the risk outweighs the benefit",
        ),
    ];
    let reason = |(code, zh, en): &(&str, &str, &str)| {
        let display = Text::new(*zh, *en);
        json!({"system": OVERRIDE_URI, "code": code, "display": display.in_language(language)})
    };
    reasons.iter().map(reason).collect()
}

/// The card of one recommendation; `uuid` names it in feedback, `patient` is the FHIR id.
pub fn card(said: &Recommendation, uuid: &str, patient: &str, language: Language) -> Value {
    let in_words = |text: &Text| text.in_language(language).to_owned();
    let mut source = json!({"label": in_words(&said.title)});
    if let (Some(fields), Some(doi)) = (source.as_object_mut(), &said.doi) {
        fields.insert("url".to_owned(), json!(format!("https://doi.org/{doi}")));
    }
    let mut card = json!({
        "uuid": uuid,
        "summary": shortened(&in_words(&said.summary())),
        "detail": detail(said, language),
        "indicator": indicator(said),
        "source": source,
        "overrideReasons": override_reasons(language),
    });
    let steps = match &said.result {
        Verdict::Recommended { arrange, .. } => arrange.as_slice(),
        Verdict::NotApplicable { .. } | Verdict::NotAssessable { .. } => &[],
    };
    if let (Some(fields), false) = (card.as_object_mut(), steps.is_empty()) {
        let suggestions = steps
            .iter()
            .enumerate()
            .map(|(at, step)| suggestion(said, step, &format!("{uuid}-{at}"), patient, language));
        fields.insert("suggestions".to_owned(), suggestions.collect());
        fields.insert("selectionBehavior".to_owned(), json!("any"));
    }
    card
}

/// The card that says where guidelines contradict one another; none where they do not. It asks for no feedback:
/// what is followed is said by the guidelines' own cards.
pub fn conflict_card(agreement: &Agreement, language: Language) -> Option<Value> {
    let lines = agreement.conflicts.iter().map(|conflict| {
        let text = conflict.text.in_language(language);
        format!("- {text}")
    });
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        return None;
    }
    let summary = Text::new("指南之间有矛盾", "The guidelines contradict one another");
    Some(json!({
        "summary": summary.in_language(language),
        "detail": lines.join("\n"),
        "indicator": "warning",
        "source": {"label": "Yuanyi"},
    }))
}

fn indicator(said: &Recommendation) -> &'static str {
    match &said.result {
        Verdict::Recommended { arrange, .. }
            if arrange
                .iter()
                .any(|step| !step.optional || step.months.is_none()) =>
        {
            "warning"
        }
        _ => "info",
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST_SUMMARY {
        return text.to_owned();
    }
    let kept: String = text.chars().take(LONGEST_SUMMARY - 1).collect();
    format!("{kept}…")
}

/// Why, from what, and how sure, in Markdown.
fn detail(said: &Recommendation, language: Language) -> String {
    let t = |zh: &'static str, en: &'static str| Text::new(zh, en).in_language(language).to_owned();
    let mut lines = vec![said.summary().in_language(language).to_owned()];
    for decided in &said.trace {
        lines.push(String::new());
        let label = decided.label.in_language(language);
        lines.push(format!(
            "**{label}**: {} ({})",
            decided.gave.in_language(language),
            decided.rule
        ));
        lines.extend(
            decided
                .because
                .iter()
                .map(|because| reason(because, language)),
        );
    }
    if let Verdict::NotAssessable { missing } = &said.result {
        lines.push(String::new());
        lines.extend(missing.iter().map(|one| {
            let label = inputs()
                .get(&one.input)
                .map(|input| input.label.in_language(language));
            format!(
                "- {}: {}",
                label.unwrap_or(&one.input),
                one.why.in_language(language)
            )
        }));
    }
    lines.push(String::new());
    lines.push(format!("{}: {}", t("来源", "Source"), said.citation));
    if said.needs_confirmation {
        lines.push(t(
            "规则需由持有原文者确认。",
            "Its rules need confirmation by a person who has the source.",
        ));
    }
    lines.push(said.notice.in_language(language).to_owned());
    lines.join("\n")
}

fn reason(because: &Because, language: Language) -> String {
    let limits = because.limits.as_ref().map(|limits| format!(" ({limits})"));
    format!(
        "- {}: {}{}",
        because.label.in_language(language),
        because.shown.in_language(language),
        limits.unwrap_or_default()
    )
}

/// An order to be signed by the clinician, not by us.
fn suggestion(
    said: &Recommendation,
    step: &Arrangement,
    uuid: &str,
    patient: &str,
    language: Language,
) -> Value {
    let words = step.words();
    let canonical = find_guideline(&said.guideline).map(|one| one.activity_canonical(step));
    json!({
        "uuid": uuid,
        "label": words.in_language(language),
        "isRecommended": !step.optional,
        "actions": [{
            "type": "create",
            "description": words.in_language(language),
            "resource": {
                "resourceType": "ServiceRequest",
                "status": "draft",
                "intent": "proposal",
                "instantiatesCanonical": [canonical],
                "subject": {"reference": format!("Patient/{patient}")},
                "code": {"text": words.en},
            },
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answer, Answers, guideline::agreement};

    fn solid(diameter_mm: f64) -> Answers {
        Answers::from([
            ("age_years".to_owned(), Answer::from(61.0)),
            ("known_cancer".to_owned(), Answer::from(false)),
            ("immunosuppressed".to_owned(), Answer::from(false)),
            ("nodule_type".to_owned(), Answer::from("solid")),
            ("nodule_count".to_owned(), Answer::from(1.0)),
            ("mean_diameter_mm".to_owned(), Answer::from(diameter_mm)),
            ("malignancy_probability".to_owned(), Answer::from(12.0)),
        ])
    }

    #[test]
    fn a_card_says_what_why_and_offers_the_order() {
        let guideline = find_guideline("fleischner-2017").unwrap();
        let said = guideline.recommend(&solid(9.0));
        let card = card(&said, "u", "p", Language::En);
        assert_eq!(card["indicator"], "warning", "{card}");
        assert!(card["summary"].as_str().unwrap().chars().count() < 140);
        assert!(card["detail"].as_str().unwrap().contains("(> 8)"), "{card}");
        let resource = &card["suggestions"][0]["actions"][0]["resource"];
        assert_eq!(resource["subject"]["reference"], "Patient/p");
        assert_eq!(
            resource["instantiatesCanonical"][0].as_str().unwrap(),
            "urn:yuanyi:activity:fleischner-2017-ct-3-3|1"
        );
    }

    #[test]
    fn without_answers_a_card_names_what_is_missing_and_orders_nothing() {
        for guideline in crate::guidelines() {
            let said = guideline.recommend(&Answers::new());
            let card = card(&said, "u", "p", Language::Zh);
            assert_eq!(card["indicator"], "info");
            assert!(card["suggestions"].is_null());
            assert!(
                card["summary"].as_str().unwrap().starts_with("无法判断"),
                "{card}"
            );
        }
        let none: Vec<_> = crate::guidelines()
            .iter()
            .map(|guideline| guideline.recommend(&Answers::new()))
            .collect();
        assert_eq!(conflict_card(&agreement(&none), Language::En), None);
    }

    #[test]
    fn a_long_summary_is_cut_between_characters() {
        assert_eq!(
            shortened(&"结".repeat(200)).chars().count(),
            LONGEST_SUMMARY
        );
        assert_eq!(shortened("short"), "short");
    }
}
