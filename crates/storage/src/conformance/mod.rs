//! What every backend of the record must do, as one suite.
//!
//! A backend's test calls [`record_conformance`] with a way to make an empty record. The suite panics, as
//! tests do, with the sentence that does not hold.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod commits;
mod images;
mod ledger_proofs;
mod searches;
mod words;

use std::sync::Arc;

use record::{IndexTerm, Indexer, Record, TermValue};
use serde_json::Value;

/// Checks all that the [`Record`] trait promises. `make` gives an empty record whose indexer is
/// [`TestIndexer`].
pub async fn record_conformance(make: impl Fn() -> Arc<dyn Record>) {
    commits::versions_and_history(&*make()).await;
    commits::what_was_said_about_a_patient(&*make()).await;
    commits::as_it_was_at_a_moment(&*make()).await;
    commits::what_was_written_since(&*make()).await;
    commits::batches_are_whole(&*make()).await;
    commits::preconditions(&*make()).await;
    commits::one_of_many_wins(make()).await;
    commits::room_acts_are_numbered(&*make()).await;
    commits::acts_of_rooms_have_their_entries(&*make()).await;
    commits::the_feed_names_every_entry(&*make()).await;
    commits::permits_limit_direct_reads(&*make()).await;
    searches::terms_match(&*make()).await;
    searches::pages_and_order(&*make()).await;
    searches::permits_limit_searches(&*make()).await;
    images::objects_come_back(&*make()).await;
    images::rows_gather_their_level(&*make()).await;
    images::attributes_match(&*make()).await;
    images::names_match_by_their_words(&*make()).await;
    images::a_search_may_ask_for_a_thousand_things(&*make()).await;
    images::dates_and_times_match_as_one(&*make()).await;
    images::empty_values_are_found(&*make()).await;
    images::documents_are_found_by_what_they_say(&*make()).await;
    images::rows_carry_what_is_asked_for(&*make()).await;
    images::stored_objects_are_read_in_parts(&*make()).await;
    images::deleted_images_are_found_no_more(&*make()).await;
    images::permits_limit_images(&*make()).await;
    ledger_proofs::every_entry_is_proven(&*make()).await;
}

/// An indexer for the suite: each field of a resource's `terms` object becomes terms, by its form.
#[derive(Clone, Copy, Debug, Default)]
pub struct TestIndexer;

impl Indexer for TestIndexer {
    fn terms(&self, _kind: &str, body: &Value) -> Vec<IndexTerm> {
        let Some(terms) = body.get("terms").and_then(Value::as_object) else {
            return Vec::new();
        };
        let each = terms.iter().flat_map(|(parameter, values)| {
            let values = values.as_array().cloned().unwrap_or_default();
            values.into_iter().filter_map(move |value| {
                Some(IndexTerm {
                    parameter: parameter.clone(),
                    value: term_value(&value)?,
                })
            })
        });
        each.collect()
    }
}

/// A text is a string, `[system, code]` a token, `{low, high}` a time, `{to}` a reference, a number itself.
fn term_value(value: &Value) -> Option<TermValue> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match value {
        Value::String(text) => Some(TermValue::String(text.clone())),
        Value::Number(number) => Some(TermValue::Number {
            value: number.as_f64()?,
            unit: String::new(),
        }),
        Value::Array(pair) => Some(TermValue::Token {
            system: text(pair.first()?)?,
            code: text(pair.get(1)?)?,
        }),
        Value::Object(fields) => match (fields.get("low"), fields.get("high"), fields.get("to")) {
            (Some(low), Some(high), _) => Some(TermValue::Date {
                low: low.as_i64()?,
                high: high.as_i64()?,
            }),
            (_, _, Some(to)) => Some(TermValue::Reference(text(to)?)),
            _ => None,
        },
        _ => None,
    }
}
