use std::fmt::Write as _;

use cedar_policy::{Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use miette::Diagnostic;

/// The policies that come with the hospital, as file name and text.
pub const DEFAULT_POLICIES: &[(&str, &str)] = &[
    ("care.cedar", include_str!("../../../policies/care.cedar")),
    (
        "consent.cedar",
        include_str!("../../../policies/consent.cedar"),
    ),
    (
        "imaging.cedar",
        include_str!("../../../policies/imaging.cedar"),
    ),
    (
        "hospital.cedar",
        include_str!("../../../policies/hospital.cedar"),
    ),
    (
        "research.cedar",
        include_str!("../../../policies/research.cedar"),
    ),
    (
        "teaching.cedar",
        include_str!("../../../policies/teaching.cedar"),
    ),
    (
        "follow-up.cedar",
        include_str!("../../../policies/follow-up.cedar"),
    ),
];

/// What policies may speak of, in Cedar's schema language.
pub const SCHEMA: &str = include_str!("../../../policies/schema.cedarschema");

/// A policy file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("load the policy file {file}, line {line}: {why}")]
pub struct PolicyError {
    /// The file's name, as it was given.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, in Cedar's words.
    pub why: String,
}

/// Reads and checks policy files; each policy gets the id of its `@id` annotation.
pub(crate) fn load(files: &[(&str, &str)]) -> Result<PolicySet, PolicyError> {
    let schema = schema()?;
    let mut all = PolicySet::new();
    for (file, text) in files {
        for policy in parse(file, text)? {
            let id = policy.id().to_string();
            check(file, text, &policy, &schema)?;
            all.add(policy).map_err(|_| PolicyError {
                file: (*file).to_owned(),
                line: line_of(
                    text,
                    text.find(&format!("@id(\"{id}\")")).unwrap_or_default(),
                ),
                why: format!("another policy has the id {id:?} already"),
            })?;
        }
    }
    Ok(all)
}

fn schema() -> Result<Schema, PolicyError> {
    let refused = |error: &dyn Diagnostic| error_at("schema.cedarschema", SCHEMA, error);
    Schema::from_cedarschema_str(SCHEMA)
        .map(|(schema, _)| schema)
        .map_err(|error| refused(&error))
}

/// The policies of one file. Cedar numbers them itself; a person names them with `@id`.
fn parse(file: &str, text: &str) -> Result<Vec<Policy>, PolicyError> {
    let set: PolicySet = text.parse().map_err(|errors: cedar_policy::ParseErrors| {
        let first: Option<&cedar_policy::ParseError> = errors.iter().next();
        match first {
            Some(error) => error_at(file, text, error),
            None => error_at(file, text, &errors),
        }
    })?;
    let named = |policy: &Policy| -> Result<Policy, PolicyError> {
        match policy.annotation("id") {
            Some(id) if !id.is_empty() => Ok(policy.new_id(PolicyId::new(id))),
            _ => Err(PolicyError {
                file: file.to_owned(),
                line: policy
                    .to_cedar()
                    .and_then(|source| text.find(source.trim()))
                    .map_or(1, |offset| line_of(text, offset)),
                why: "the policy has no @id(\"…\") annotation, by which the ledger names it"
                    .to_owned(),
            }),
        }
    };
    set.policies().map(named).collect()
}

fn check(file: &str, text: &str, policy: &Policy, schema: &Schema) -> Result<(), PolicyError> {
    // A set of one, so that each error is known to belong to this file.
    let alone =
        PolicySet::from_policies([policy.clone()]).map_err(|error| error_at(file, text, &error))?;
    let result = Validator::new(schema.clone()).validate(&alone, ValidationMode::Strict);
    match result.validation_errors().next() {
        Some(error) => Err(error_at(file, text, error)),
        None => Ok(()),
    }
}

fn error_at(file: &str, text: &str, error: &(impl Diagnostic + ?Sized)) -> PolicyError {
    let offset = error
        .labels()
        .and_then(|mut labels| labels.next())
        .map_or(0, |label| label.offset());
    let mut why = error.to_string();
    if let Some(help) = error.help() {
        let _ = write!(why, " ({help})");
    }
    PolicyError {
        file: file.to_owned(),
        line: line_of(text, offset),
        why,
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text
        .get(..offset)
        .map_or(0, |before| before.matches('\n').count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_policies_load() {
        let set = load(DEFAULT_POLICIES).unwrap();
        assert!(set.policies().count() >= 14);
    }

    #[test]
    fn a_broken_file_is_named_with_its_line() {
        let cases = [
            (
                "\n\n@id(\"a\")\npermit (principal, action, resource) when { nonsense };",
                4,
                "nonsense",
            ),
            (
                "// x\n@id(\"a\")\npermit (principal action, resource);",
                3,
                "unexpected",
            ),
            (
                "@id(\"a\")\npermit (principal, action, resource is Patient)\nwhen { principal.hat };",
                3,
                "hat",
            ),
            ("// x\npermit (principal, action, resource);", 2, "@id"),
            (
                "@id(\"a\")\npermit (principal, action == Action::\"fly\", resource);",
                2,
                "fly",
            ),
        ];
        for (text, line, word) in cases {
            let error = load(&[("mine.cedar", text)]).unwrap_err();
            assert_eq!(
                (error.file.as_str(), error.line),
                ("mine.cedar", line),
                "{error}"
            );
            assert!(error.why.contains(word), "{error}");
        }
    }

    #[test]
    fn two_policies_cannot_share_an_id() {
        let text = "@id(\"a\")\npermit (principal, action, resource is Hospital);";
        let error = load(&[("one.cedar", text), ("two.cedar", text)]).unwrap_err();
        assert_eq!(error.file, "two.cedar");
    }
}
