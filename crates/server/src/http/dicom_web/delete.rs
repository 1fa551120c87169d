//! Deletes images, where nothing asks to keep them any longer. They are found and given out no more; the
//! entries that stored them stay in the journal, and so does the deletion.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    extract::{Path, RawQuery, State},
    http::StatusCode,
};
use fhir::decode_query;
use policy::{Action, Object};
use record::{Batch, Images, NewFact, Precondition, RecordError};
use vocabulary::{PatientId, Timestamp, Uid};

use super::{retrieve::refused, uid};
use crate::{
    clock,
    hospital::Hospital,
    http::{Caller, Problem},
};

const DAY_MS: i64 = 24 * 3600 * 1000;
/// The longest reason that is kept, in characters.
const LONGEST_REASON: usize = 500;

type Answer = Result<StatusCode, Problem>;

/// A whole study.
pub async fn study(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(study): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    delete(&hospital, &caller, [Some(&study), None, None], query).await
}

/// One series of a study.
pub async fn series(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((study, series)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    delete(
        &hospital,
        &caller,
        [Some(&study), Some(&series), None],
        query,
    )
    .await
}

/// One instance of a series.
pub async fn instance(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((study, series, sop)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    let path = [Some(&study), Some(&series), Some(&sop)];
    delete(&hospital, &caller, path, query).await
}

async fn delete(
    hospital: &Hospital,
    caller: &Caller,
    path: [Option<&String>; 3],
    query: Option<String>,
) -> Answer {
    let [study, series, instance] = path.map(|one| one.map(|text| uid(text)).transpose());
    let (study, series, instance) = (study?.ok_or_else(refused)?, series?, instance?);
    let reason = reason(query)?;
    hospital
        .permit(caller, Action::DeleteImaging, &Object::Hospital)
        .await?;
    let found = hospital
        .find_images(&study, series.as_ref(), instance.as_ref())
        .await?;
    let patients: BTreeSet<PatientId> = found.iter().map(|o| o.subject.clone()).collect();
    let of_series: BTreeSet<Uid> = found.into_iter().map(|object| object.series).collect();
    if patients.is_empty() {
        return Err(refused());
    }
    let days = i64::from(hospital.config.image_retention_days);
    let stored_before = Timestamp(clock::now().0.saturating_sub(days * DAY_MS));
    let facts = patients.into_iter().map(|subject| {
        let images = Images {
            subject,
            study: study.clone(),
            series: series.clone(),
            instance: instance.clone(),
        };
        let fact = NewFact::DeleteImages {
            images,
            reason: reason.clone(),
            stored_before,
        };
        (fact, Precondition::None)
    });
    let batch = Batch {
        actor: caller.actor.id.clone(),
        facts: facts.collect(),
    };
    match hospital.record.commit(batch).await {
        Ok(_) => {
            for series in &of_series {
                hospital.volumes.forget(series).await;
            }
            Ok(StatusCode::NO_CONTENT)
        }
        Err(RecordError::Conflict { why, .. }) => Err(Problem::new(
            StatusCode::CONFLICT,
            "The images cannot be deleted",
            format!("{why}; images are kept for {days} days after they were stored"),
        )),
        Err(error) => Err(error.into()),
    }
}

/// Why, from the query parameter `reason`: a deletion without a reason is refused.
fn reason(query: Option<String>) -> Result<String, Problem> {
    let parameters = decode_query(&query.unwrap_or_default());
    let given = parameters.into_iter().find(|(name, _)| name == "reason");
    let reason = given.map(|(_, reason)| reason.trim().to_owned());
    reason
        .filter(|reason| (1..=LONGEST_REASON).contains(&reason.chars().count()))
        .ok_or_else(|| Problem::bad_input("say why, in the query parameter reason"))
}
