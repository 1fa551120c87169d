//! What a guideline said, as a FHIR R4 `GuidanceResponse`.

use serde_json::{Value, json};

use crate::{Recommendation, Verdict};

/// The extension that holds the whole recommendation, with its trace.
pub const RECOMMENDATION_URI: &str = "urn:yuanyi:assessment";

impl Recommendation {
    /// What it comes to in one line: the advice, why the guideline does not apply, or what is missing.
    pub fn summary(&self) -> vocabulary::Text {
        let joined = |zh: Vec<&str>, en: Vec<&str>| (zh.join("；"), en.join("; "));
        match &self.result {
            Verdict::Recommended { advice, .. } => advice.clone(),
            Verdict::NotApplicable { why } => {
                let (zh, en) = joined(
                    why.iter().map(|why| why.zh.as_str()).collect(),
                    why.iter().map(|why| why.en.as_str()).collect(),
                );
                vocabulary::Text::new(format!("不适用：{zh}"), format!("Not applicable: {en}"))
            }
            Verdict::NotAssessable { missing } => {
                let label = |name: &str| crate::inputs().get(name).map(|input| &input.label);
                let zh = missing.iter().map(|one| {
                    label(&one.input).map_or(one.input.as_str(), |label| label.zh.as_str())
                });
                let en = missing.iter().map(|one| {
                    label(&one.input).map_or(one.input.as_str(), |label| label.en.as_str())
                });
                let (zh, en) = joined(zh.collect(), en.collect());
                vocabulary::Text::new(
                    format!("无法判断，缺少：{zh}"),
                    format!("Not assessable, missing: {en}"),
                )
            }
        }
    }

    /// The rule that led to the advice, by its name.
    pub fn rule(&self) -> Option<&str> {
        self.trace.last().map(|decided| decided.rule.as_str())
    }

    /// The `GuidanceResponse` without type, id, subject and time: module, status, and what was said.
    pub fn guidance_response(&self) -> Value {
        let written = serde_json::to_string(self).unwrap_or_default();
        let status = match self.result {
            Verdict::NotAssessable { .. } => "data-required",
            Verdict::Recommended { .. } | Verdict::NotApplicable { .. } => "success",
        };
        let mut text = self.summary().en;
        if let Some(rule) = self.rule() {
            text = format!("{text} (rule: {rule})");
        }
        let module = crate::find_guideline(&self.guideline).map(crate::Guideline::canonical);
        json!({
            "extension": [{"url": RECOMMENDATION_URI, "valueString": written}],
            "moduleCanonical": module,
            "status": status,
            "note": [{"text": text}, {"text": self.citation}],
        })
    }
}
