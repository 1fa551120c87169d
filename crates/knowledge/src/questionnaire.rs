//! Answers as FHIR R4: the `Questionnaire` of a guideline, and answers in a `QuestionnaireResponse`.

use serde_json::{Value, json};
use vocabulary::Text;

use crate::{Answer, AnswerValue, Answers, Guideline, Kind, Source, inputs};

/// The extension that says who or what an answer comes from.
pub const SOURCE_URI: &str = "urn:yuanyi:answer-source";

/// The code system of a question's choices.
fn choices_uri(question: &str) -> String {
    format!("urn:yuanyi:answer:{question}")
}

/// The canonical URL of a guideline's questionnaire.
pub fn url(guideline: &Guideline) -> String {
    format!("urn:yuanyi:questionnaire:{}", guideline.id)
}

/// What a guideline asks, as a FHIR `Questionnaire`.
pub fn questionnaire(guideline: &Guideline) -> Value {
    let items = guideline.input_names().into_iter().filter_map(question);
    json!({
        "resourceType": "Questionnaire",
        "id": guideline.id,
        "url": url(guideline),
        "version": guideline.version,
        "title": guideline.title.en,
        "_title": translated(&guideline.title),
        "status": "active",
        "experimental": true,
        "subjectType": ["Patient"],
        "item": items.collect::<Vec<_>>(),
    })
}

/// The extension that holds the Chinese beside the English.
pub(crate) fn translated(text: &Text) -> Value {
    json!({"extension": [{
        "url": "http://hl7.org/fhir/StructureDefinition/translation",
        "extension": [
            {"url": "lang", "valueCode": "zh"},
            {"url": "content", "valueString": text.zh},
        ],
    }]})
}

fn question(name: &str) -> Option<Value> {
    let input = inputs().get(name)?;
    let kind = match &input.kind {
        Kind::Number { .. } => "decimal",
        Kind::YesNo => "boolean",
        Kind::Choice(_) => "choice",
    };
    let mut item = json!({
        "linkId": name,
        "text": input.label.en,
        "_text": translated(&input.label),
        "type": kind,
    });
    let fields = item.as_object_mut()?;
    if let Some(coding) = &input.coding {
        fields.insert("code".to_owned(), json!([coding]));
    }
    match &input.kind {
        Kind::Number { unit, .. } => {
            let unit = json!([{
                "url": "http://hl7.org/fhir/StructureDefinition/questionnaire-unit",
                "valueCoding": {"system": "http://unitsofmeasure.org", "code": unit},
            }]);
            fields.insert("extension".to_owned(), unit);
        }
        Kind::Choice(options) => {
            let options: Vec<Value> = options
                .iter()
                .map(|option| json!({"valueCoding": coding(name, &option.id)}))
                .collect();
            fields.insert("answerOption".to_owned(), json!(options));
        }
        Kind::YesNo => {}
    }
    Some(item)
}

/// A choice, with what people call it.
fn coding(question: &str, choice: &str) -> Value {
    let kind = inputs().get(question).map(|input| &input.kind);
    let label = match kind {
        Some(Kind::Choice(options)) => options.iter().find(|option| option.id == choice),
        _ => None,
    };
    let mut coding = json!({"system": choices_uri(question), "code": choice});
    if let (Some(option), Some(fields)) = (label, coding.as_object_mut()) {
        fields.insert("display".to_owned(), json!(option.label.en));
    }
    coding
}

/// The items of a `QuestionnaireResponse`, with who or what each answer comes from.
pub fn items(answers: &Answers) -> Vec<Value> {
    answers
        .iter()
        .map(|(name, answer)| item(name, answer))
        .collect()
}

fn item(name: &str, answer: &Answer) -> Value {
    let value = match &answer.value {
        AnswerValue::YesNo(yes) => json!({"valueBoolean": yes}),
        AnswerValue::Number(number) => json!({"valueDecimal": number}),
        AnswerValue::Choice(choice) => json!({"valueCoding": coding(name, choice)}),
    };
    let mut item = json!({"linkId": name, "answer": [value]});
    let Some(fields) = item.as_object_mut() else {
        return item;
    };
    if let Some(input) = inputs().get(name) {
        fields.insert("text".to_owned(), json!(input.label.en));
    }
    if let Some(source) = &answer.source {
        let written = serde_json::to_string(source).unwrap_or_default();
        let extension = json!([{"url": SOURCE_URI, "valueString": written}]);
        fields.insert("extension".to_owned(), extension);
    }
    item
}

/// Reads answers from a `QuestionnaireResponse`. Items that are no answer to a question are passed over.
pub fn answers_of(response: &Value) -> Answers {
    let items = response.get("item").and_then(Value::as_array);
    let read = |item: &Value| {
        let value = answer_value(item.pointer("/answer/0")?)?;
        let source: Option<Source> = item
            .pointer("/extension/0/valueString")
            .and_then(Value::as_str)
            .and_then(|written| serde_json::from_str(written).ok());
        let answer = Answer {
            value,
            unit: None,
            source,
        };
        Some((item.get("linkId")?.as_str()?.to_owned(), answer))
    };
    items.into_iter().flatten().filter_map(read).collect()
}

fn answer_value(answer: &Value) -> Option<AnswerValue> {
    let text = |value: &Value| Some(AnswerValue::Choice(value.as_str()?.to_owned()));
    let number = |value: &Value| Some(AnswerValue::Number(value.as_f64()?));
    let (kind, value) = answer
        .as_object()?
        .iter()
        .find(|(name, _)| name.starts_with("value"))?;
    match kind.as_str() {
        "valueBoolean" => Some(AnswerValue::YesNo(value.as_bool()?)),
        "valueDecimal" | "valueInteger" => number(value),
        "valueQuantity" => number(value.get("value")?),
        "valueCoding" => text(value.get("code")?),
        "valueString" => text(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::find_guideline;

    #[test]
    fn answers_come_back_as_they_were_written() {
        let source = Source {
            reference: "Patient/p".to_owned(),
            how: None,
            at: None,
        };
        let answers = Answers::from([
            (
                "age_years".to_owned(),
                Answer::from(61.0).from_source(source),
            ),
            ("known_cancer".to_owned(), Answer::from(false)),
            ("nodule_type".to_owned(), Answer::from("part-solid")),
        ]);
        let response = json!({"item": items(&answers)});
        assert_eq!(answers_of(&response), answers);
        assert_eq!(
            answers_of(&json!({"item": [{"linkId": "x"}]})),
            Answers::new()
        );
    }

    #[test]
    fn each_question_of_a_guideline_is_an_item_that_can_be_answered() {
        for guideline in crate::guidelines() {
            let made = questionnaire(guideline);
            let items = made["item"].as_array().unwrap();
            assert_eq!(
                items.len(),
                guideline.input_names().len(),
                "{}",
                guideline.id
            );
        }
        let made = questionnaire(find_guideline("fleischner-2017").unwrap());
        let kind = made["item"]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["linkId"] == "nodule_type");
        assert_eq!(
            kind.unwrap()["answerOption"][0]["valueCoding"]["code"],
            "solid"
        );
    }
}
