//! The site of a case: the organisation of the doctor whose case it is.

use policy::Permit;
use record::{Match, RecordError, ResourceKey, Term};
use serde_json::Value;
use vocabulary::{ActorId, Text};

use crate::hospital::Hospital;

/// A site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    pub id: String,
    pub title: Text,
}

/// The organisation of a doctor's role in the record; where it has none, a site of those without one.
pub async fn of(
    hospital: &Hospital,
    permit: &Permit,
    doctor: &ActorId,
) -> Result<Site, RecordError> {
    let theirs = Term {
        parameter: "practitioner".to_owned(),
        any_of: vec![Match::Reference(format!("Practitioner/{doctor}"))],
    };
    // One who is on duty may have roles of no organisation.
    let roles = fhir::find(&*hospital.record, permit, "PractitionerRole", vec![theirs]).await?;
    let organization = roles.iter().find_map(|row| {
        let reference = row.body.as_ref()?.pointer("/organization/reference")?;
        reference
            .as_str()?
            .strip_prefix("Organization/")
            .map(str::to_owned)
    });
    let Some(id) = organization else {
        return Ok(Site {
            id: "none".to_owned(),
            title: Text::new("机构未登记", "Organisation not registered"),
        });
    };
    let key = ResourceKey {
        kind: "Organization".to_owned(),
        id: id.clone(),
    };
    let found = hospital.record.resource(permit, &key, None).await?;
    let body = found.and_then(|version| version.body).unwrap_or_default();
    let text = |path: &str| {
        body.pointer(path)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let en = text("/name").unwrap_or_else(|| id.clone());
    let zh = text("/alias/0").unwrap_or_else(|| en.clone());
    Ok(Site {
        id,
        title: Text::new(zh, en),
    })
}
