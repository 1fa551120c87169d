//! The referral letter: what the other level needs to know, in both languages.

use knowledge::{AnswerValue, Answers, Kind};
use record::NewFact;
use serde::Serialize;
use serde_json::{Value, json};
use vocabulary::{Text, Timestamp};

use crate::{
    facts::{self, text},
    levels, orders,
    programme::{Person, Programme},
};

/// A part of the letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    pub title: Text,
    pub lines: Vec<Text>,
}

/// The letter's parts; none where nobody is referred.
pub fn sections(programme: &Programme, in_force: &Answers) -> Option<Vec<Section>> {
    let referral = programme.referral.as_ref()?;
    let level = |id: &str| levels::label(id).cloned().unwrap_or(Text::new("—", "—"));
    let (from, to) = (level(&referral.from_level), level(&referral.to_level));
    let mut why = vec![Text::new(
        format!("{} → {}", from.zh, to.zh),
        format!("{} → {}", from.en, to.en),
    )];
    if let Some(criterion) = levels::all().criterion(&referral.criterion) {
        why.push(if criterion.confidence.needs_confirmation() {
            Text::new(
                format!("标准：{}（待确认）", criterion.label.zh),
                format!("Criterion: {} (needs confirmation)", criterion.label.en),
            )
        } else {
            criterion.label.clone()
        });
    }
    if !referral.note.is_empty() {
        why.push(Text::new(&*referral.note, &*referral.note));
    }
    let all = [
        (Text::new("转诊", "Referral"), why),
        (Text::new("所知", "What is known"), known(in_force)),
        (Text::new("风险模型", "Risk models"), models(programme)),
        (Text::new("指南", "Guidelines"), guidelines(programme)),
        (Text::new("安排", "Arranged"), arranged(programme)),
        (Text::new("偏离及原因", "Deviations"), deviations(programme)),
    ];
    let sections = all
        .into_iter()
        .filter(|(_, lines)| !lines.is_empty())
        .map(|(title, lines)| Section { title, lines });
    Some(sections.collect())
}

fn known(in_force: &Answers) -> Vec<Text> {
    let line = |(name, answer): (&String, &knowledge::Answer)| {
        let input = knowledge::inputs().get(name)?;
        let shown = match (&answer.value, &input.kind) {
            (AnswerValue::YesNo(true), _) => Text::new("是", "yes"),
            (AnswerValue::YesNo(false), _) => Text::new("否", "no"),
            (AnswerValue::Number(number), Kind::Number { unit, .. }) => {
                let shown = input.unit_shown.clone();
                let plain = if unit == "1" { "" } else { unit.as_str() };
                let unit = shown.unwrap_or(Text::new(plain, plain));
                let number = (number * 10.0).round() / 10.0;
                Text::new(
                    format!("{number} {}", unit.zh).trim_end(),
                    format!("{number} {}", unit.en).trim_end(),
                )
            }
            (AnswerValue::Choice(id), Kind::Choice(options)) => options
                .iter()
                .find(|option| option.id == *id)
                .map(|option| option.label.clone())?,
            _ => return None,
        };
        Some(Text::new(
            format!("{}：{}", input.label.zh, shown.zh),
            format!("{}: {}", input.label.en, shown.en),
        ))
    };
    in_force.iter().filter_map(line).collect()
}

fn title_of(said: &Value) -> Text {
    said.get("title")
        .and_then(|title| serde_json::from_value(title.clone()).ok())
        .unwrap_or(Text::new("—", "—"))
}

fn models(programme: &Programme) -> Vec<Text> {
    let line = |said: &Value| {
        let title = title_of(said);
        let (zh, en) = match text(said, "/percent") {
            Some(percent) => (format!("{percent}%"), format!("{percent} %")),
            None => ("无法评估".to_owned(), "not assessable".to_owned()),
        };
        Text::new(format!("{}：{zh}", title.zh), format!("{}: {en}", title.en))
    };
    programme.assessments.iter().map(line).collect()
}

fn guidelines(programme: &Programme) -> Vec<Text> {
    let line = |said: &Value| {
        let title = title_of(said);
        let advice = said.pointer("/result/advice");
        let advice: Option<Text> = advice.and_then(|a| serde_json::from_value(a.clone()).ok());
        let advice = advice.unwrap_or(Text::new("无建议", "no advice"));
        let (zh, en) = if said.get("needs_confirmation") == Some(&json!(true)) {
            ("（待确认）", " (needs confirmation)")
        } else {
            ("", "")
        };
        Text::new(
            format!("{}：{}{zh}", title.zh, advice.zh),
            format!("{}: {}{en}", title.en, advice.en),
        )
    };
    programme.recommendations.iter().map(line).collect()
}

fn arranged(programme: &Programme) -> Vec<Text> {
    let decisions = programme.course.arranged.iter().flat_map(|a| &a.decisions);
    let line = |decision: &crate::arrange::Decision| {
        let label = orders::label(decision.step);
        let window = decision.window;
        let days = match window.until {
            Some(until) if until != window.from => format!("{} – {until}", window.from),
            _ => window.from.to_string(),
        };
        Text::new(
            format!("{}：{days}", label.zh),
            format!("{}: {days}", label.en),
        )
    };
    decisions.filter(|one| one.ordered).map(line).collect()
}

fn deviations(programme: &Programme) -> Vec<Text> {
    let line = |one: &crate::deviation::Deviation| {
        let place = crate::deviation::label(programme, &one.place);
        Text::new(
            format!("{}：{}", place.zh, one.reason),
            format!("{}: {}", place.en, one.reason),
        )
    };
    programme.deviations.values().map(line).collect()
}

/// The letter as a document of the record.
pub fn fact(programme: &Programme, in_force: &Answers, signer: &Person, at: Timestamp) -> NewFact {
    let section = |section: &Section| {
        let mut lines = String::new();
        for line in section.lines.iter().flat_map(|line| [&line.zh, &line.en]) {
            lines.push_str("<p>");
            lines.push_str(&escaped(line));
            lines.push_str("</p>");
        }
        json!({
            "title": format!("{} · {}", section.title.zh, section.title.en),
            "text": {
                "status": "generated",
                "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{lines}</div>"),
            },
        })
    };
    let parts = sections(programme, in_force).unwrap_or_default();
    let body = json!({
        "status": "final",
        "type": {"text": "Referral letter"},
        "subject": facts::patient(programme),
        "date": at,
        "author": [facts::practitioner(signer)],
        "title": "转诊信 · Referral letter",
        "section": parts.iter().map(section).collect::<Vec<_>>(),
    });
    let key = facts::letter_key(&programme.id);
    facts::put(key, &programme.patient, body)
}

/// Text as XHTML takes it.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_people_type_is_text_in_the_letter() {
        assert_eq!(
            escaped("<script>\"a\" & b</script>"),
            "&lt;script&gt;&quot;a&quot; &amp; b&lt;/script&gt;"
        );
    }
}
