//! Facts as events: what each is called, when it was, and what it says.

use knowledge::Kind;
use serde::Serialize;
use serde_json::Value;
use ts_rs::TS;
use vocabulary::Text;

use super::{
    Due, History, Lane, Origin, View, due, found, lesion, names, text,
    version::{self, Version},
};

/// The most answers of a questionnaire that an event carries; the rest is in its source.
const MOST_PARTS: usize = 60;

/// One value, or one of several that belong together.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/timeline.ts")]
pub struct Part {
    /// What it is of; absent where the event's own title says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "{ zh: string, en: string }")]
    pub label: Option<Text>,
    /// The number, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub number: Option<f64>,
    /// UCUM unit of the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub unit: Option<String>,
    /// The value in words, where it is no number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "{ zh: string, en: string }")]
    pub words: Option<Text>,
}

impl Part {
    pub(super) fn number(label: Option<Text>, number: f64, unit: Option<String>) -> Self {
        Self {
            label,
            number: Some(number),
            unit,
            words: None,
        }
    }

    pub(super) fn words(label: Option<Text>, words: Text) -> Self {
        Self {
            label,
            number: None,
            unit: None,
            words: Some(words),
        }
    }
}

/// Something that happened, or that is to happen.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/timeline.ts")]
pub struct Event {
    /// The lane that it lies on.
    pub lane: Lane,
    /// The type of the resource, or `Study`.
    pub kind: String,
    /// What it is called.
    #[ts(type = "{ zh: string, en: string }")]
    pub title: Text,
    /// The code by which values of the same thing belong together, such as `http://loinc.org|8302-2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub series: Option<String>,
    /// When it was so, as its source writes it.
    pub at: String,
    /// Until when, where it lasted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub until: Option<String>,
    /// What it says.
    pub parts: Vec<Part>,
    /// How it was found, where that is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "{ zh: string, en: string }")]
    pub method: Option<Text>,
    /// FHIR status at the time of the view.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub status: Option<String>,
    /// For orders and appointments: when they are due, and how that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub due: Option<Due>,
    /// Where it comes from.
    pub origin: Origin,
}

/// All that a view knows, dated or not.
pub(super) struct Known {
    /// What says a day, the oldest first.
    pub dated: Vec<Event>,
    /// How many facts say none.
    pub undated: u32,
}

/// All events that the record knew, whenever they were.
pub(super) fn known(history: &History<'_>, view: &View) -> Known {
    let (mut dated, mut undated) = (Vec::new(), 0);
    for version in version::in_view(history.versions, view) {
        let Some(body) = &version.body else { continue };
        let Some(lane) = Lane::of(&version.kind, body) else {
            continue;
        };
        match of_resource(version, body, lane, view) {
            Some(event) if view.start_ms(&event.at).is_some() => dated.push(event),
            _ => undated += 1,
        }
    }
    dated.extend(found::studies(history, view));
    dated.extend(lesion::loose(history, view));
    dated.sort_by_cached_key(|event| {
        (
            view.start_ms(&event.at),
            event.lane,
            event.origin.reference.clone(),
        )
    });
    Known { dated, undated }
}

fn of_resource(version: &Version, body: &Value, lane: Lane, view: &View) -> Option<Event> {
    let ends = [
        "/effectivePeriod/end",
        "/performedPeriod/end",
        "/abatementDateTime",
    ];
    let until = ends.iter().find_map(|path| text(body, path));
    let is_past = |until: &String| view.start_ms(until).is_some_and(|end| end <= view.at.0);
    Some(Event {
        lane,
        title: title(&version.kind, body),
        series: body.get("code").and_then(series),
        at: when(body)?,
        until: until.filter(is_past),
        parts: parts(&version.kind, body),
        method: body.get("method").and_then(names::concept),
        status: text(body, "/status").or(text(body, "/clinicalStatus/coding/0/code")),
        due: due::of(&version.kind, body, view.at, &view.zone),
        kind: version.kind.clone(),
        origin: origin(version, body),
    })
}

/// When a resource says that it was so.
pub(super) fn when(body: &Value) -> Option<String> {
    WHEN.iter().find_map(|path| text(body, path))
}

/// Where resources say when they were so; the first that is there counts.
const WHEN: &[&str] = &[
    "/effectiveDateTime",
    "/effectivePeriod/start",
    "/effectiveInstant",
    "/performedDateTime",
    "/performedPeriod/start",
    "/onsetDateTime",
    "/onsetPeriod/start",
    "/recordedDate",
    "/occurrenceDateTime",
    "/authoredOn",
    "/authored",
    "/sent",
    "/created",
    "/issued",
    "/recorded",
    "/date",
    "/period/start",
];

fn series(code: &Value) -> Option<String> {
    let coding = code.pointer("/coding/0")?;
    let part = |name: &str| coding.get(name).and_then(Value::as_str);
    Some(format!(
        "{}|{}",
        part("system").unwrap_or_default(),
        part("code")?
    ))
}

fn title(kind: &str, body: &Value) -> Text {
    let named = [
        "code",
        "vaccineCode",
        "medicationCodeableConcept",
        "type",
        "topic",
    ]
    .iter()
    .find_map(|element| names::concept(body.get(*element)?));
    let said = || {
        ["/title", "/description", "/method/text", "/category/0/text"]
            .iter()
            .find_map(|path| text(body, path))
            .map(|words| names::both(&words))
    };
    let own = assessed(body).and_then(|own| {
        let title = own.get("title")?;
        Some(Text::new(text(title, "/zh")?, text(title, "/en")?))
    });
    let kinds = || match kind {
        "QuestionnaireResponse" => Some(Text::new("问卷", "Questionnaire")),
        "Provenance" => Some(Text::new("签名", "Signature")),
        "FamilyMemberHistory" => Some(Text::new("家族史", "Family history")),
        _ => None,
    };
    let named = named.or(own).or_else(kinds).or_else(said);
    named.unwrap_or_else(|| names::same(kind))
}

/// What a model or guideline said, as scenarios keep it.
fn assessed(body: &Value) -> Option<Value> {
    if !matches!(
        body.get("resourceType").and_then(Value::as_str)?,
        "RiskAssessment" | "GuidanceResponse"
    ) {
        return None;
    }
    let extensions = body.get("extension")?.as_array()?;
    let written = extensions
        .iter()
        .find_map(|one| one.get("valueString")?.as_str())?;
    serde_json::from_str(written).ok()
}

fn parts(kind: &str, body: &Value) -> Vec<Part> {
    match kind {
        "Observation" => of_observation(body),
        "QuestionnaireResponse" => of_answers(body),
        "RiskAssessment" => of_risk(body),
        "GuidanceResponse" => of_guidance(body),
        "DiagnosticReport" => said(body, "/conclusion"),
        "CarePlan" => said(body, "/description"),
        "Communication" => said(body, "/payload/0/contentString"),
        "FamilyMemberHistory" => {
            let all = body.get("condition").and_then(Value::as_array);
            let all = all.into_iter().flatten();
            all.filter_map(|one| names::concept(one.get("code")?))
                .map(|words| Part::words(body.get("relationship").and_then(names::concept), words))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn said(body: &Value, path: &str) -> Vec<Part> {
    let words = text(body, path).filter(|words| !words.trim().is_empty());
    words
        .map(|words| Part::words(None, names::both(&words)))
        .into_iter()
        .collect()
}

fn of_observation(body: &Value) -> Vec<Part> {
    let mut parts: Vec<Part> = value(None, body).into_iter().collect();
    let components = body.get("component").and_then(Value::as_array);
    for component in components.into_iter().flatten() {
        let label = component.get("code").and_then(names::concept);
        parts.extend(value(label, component));
    }
    parts
}

/// The `value[x]` of a resource, a component or an answer.
fn value(label: Option<Text>, of: &Value) -> Option<Part> {
    let fields = of.as_object()?;
    let (name, value) = fields.iter().find(|(name, _)| name.starts_with("value"))?;
    match name.as_str() {
        "valueQuantity" => {
            let number = value.get("value")?.as_f64()?;
            let unit = text(value, "/code").or(text(value, "/unit"));
            Some(Part::number(label, number, unit))
        }
        "valueDecimal" | "valueInteger" => Some(Part::number(label, value.as_f64()?, None)),
        "valueBoolean" => {
            let words = if value.as_bool()? {
                Text::new("是", "Yes")
            } else {
                Text::new("否", "No")
            };
            Some(Part::words(label, words))
        }
        "valueCodeableConcept" => Some(Part::words(label, names::concept(value)?)),
        "valueCoding" => {
            let words = text(value, "/display").or(text(value, "/code"))?;
            Some(Part::words(label, names::same(&words)))
        }
        _ => Some(Part::words(label, names::same(value.as_str()?))),
    }
}

fn of_answers(body: &Value) -> Vec<Part> {
    let items = body.get("item").and_then(Value::as_array);
    let items = items.into_iter().flatten();
    let answered = items.filter_map(|item| {
        let name = text(item, "/linkId")?;
        let input = knowledge::inputs().get(&name);
        let label = input.map(|input| input.label.clone());
        let label = label.or_else(|| text(item, "/text").map(|words| names::same(&words)));
        let mut part = value(label, item.pointer("/answer/0")?)?;
        match input.map(|input| &input.kind) {
            Some(Kind::Number { unit, .. }) => part.unit = Some(unit.clone()),
            Some(Kind::Choice(choices)) => {
                let said = part.words.as_ref().map(|words| words.en.as_str());
                let chosen = choices
                    .iter()
                    .find(|choice| Some(choice.id.as_str()) == said);
                part.words = chosen.map(|choice| choice.label.clone()).or(part.words);
            }
            _ => {}
        }
        Some(part)
    });
    answered.take(MOST_PARTS).collect()
}

fn of_risk(body: &Value) -> Vec<Part> {
    let predicted = body.pointer("/prediction/0/probabilityDecimal");
    if let Some(number) = predicted.and_then(Value::as_f64) {
        let label = Text::new("恶性概率", "Probability of malignancy");
        return vec![Part::number(Some(label), number, Some("%".to_owned()))];
    }
    vec![Part::words(None, Text::new("无法评估", "Not assessable"))]
}

fn of_guidance(body: &Value) -> Vec<Part> {
    let advice = assessed(body).and_then(|own| {
        let advice = own.pointer("/result/advice")?;
        Some(Text::new(text(advice, "/zh")?, text(advice, "/en")?))
    });
    match advice {
        Some(advice) => vec![Part::words(None, advice)],
        None => said(body, "/note/0/text"),
    }
}

/// Who a fact names as the one who said or did it.
const WHO: &[&str] = &[
    "/performer/0",
    "/performer/0/actor",
    "/recorder",
    "/author",
    "/author/0",
    "/requester",
    "/assessor",
    "/sender",
    "/agent/0/who",
    "/resultsInterpreter/0",
];

fn origin(version: &Version, body: &Value) -> Origin {
    let mut named = WHO.iter().filter_map(|path| body.pointer(path));
    let by = named.find_map(|who| text(who, "/display").or(text(who, "/reference")));
    Origin {
        reference: version.reference(),
        version: Some(version.version),
        object: None,
        by,
        entered_by: Some(version.entered_by.clone()),
        recorded: version.recorded,
        sequence: Some(version.sequence),
    }
}
