//! What a C-MOVE, C-GET or storage commitment asks of the record.

use std::collections::{BTreeSet, HashMap};

use bytes::Bytes;
use dicom::{
    commitment::{CommitmentReport, CommitmentRequest},
    scp::{Caller, Refused, Selected},
};
use policy::{Action, Object};
use record::{ImagingLevel, ImagingQuery, ImagingRow, matching::first_text};
use vocabulary::Uid;

use super::{Door, refused, unread};

/// Objects that one retrieval may ask for.
const MOST: usize = 50_000;
/// Rows that are asked of the record at once.
const PAGE: usize = 1_000;
/// Instances that are looked for at once.
const LOOKED_FOR: usize = 200;

/// The objects that a query finds. Each patient among them is asked about at the gate by themselves, so that
/// the ledger says whose images went out.
pub(super) async fn select(
    door: &Door,
    caller: &Caller,
    query: &ImagingQuery,
) -> Result<Vec<Selected>, Refused> {
    let permit = door.permit(caller, Action::ReadImaging).await?;
    let mut query = ImagingQuery {
        limit: PAGE,
        ..query.clone()
    };
    let mut patients = BTreeSet::new();
    let mut selected = Vec::new();
    loop {
        let page = door.hospital.record.imaging(&permit, &query).await;
        let page = page.map_err(|error| unread(&error))?;
        if page.total > MOST {
            return Err(Refused::OutOfResources);
        }
        let count = page.rows.len();
        for row in page.rows {
            selected.extend(of_row(&row));
            patients.insert(row.subject);
        }
        query.offset += count;
        if count < PAGE {
            break;
        }
    }
    let actor = door.hospital.config.actor(&caller.title);
    for patient in patients {
        let object = Object::Patient(patient);
        let asked = door.hospital.ask(&actor, Action::ReadImaging, &object);
        asked.await.map_err(|refusal| refused(&refusal))?;
    }
    Ok(selected)
}

/// What a row at instance level names.
pub fn of_row(row: &ImagingRow) -> Option<Selected> {
    let text = |tag| first_text(&row.attributes, tag);
    Some(Selected {
        class: text("00080016")?,
        sop: text("00080018")?,
        transfer_syntax: text("00083002")?,
    })
}

/// The file of one object.
pub(super) async fn object(door: &Door, caller: &Caller, sop: &str) -> Result<Bytes, Refused> {
    let permit = door.permit(caller, Action::ReadImaging).await?;
    let gone = Refused::NotUnderstood("the object is not there any more");
    let sop = Uid::new(sop).map_err(|_| gone.clone())?;
    let record = &door.hospital.record;
    let found = record.instance(&permit, &sop).await;
    let instance = found.map_err(|error| unread(&error))?.ok_or(gone)?;
    let bytes = record.object(&permit, &instance, None).await;
    bytes.map_err(|error| unread(&error))
}

/// Looks which objects are kept, and as what.
pub(super) async fn commit(
    door: &Door,
    caller: &Caller,
    request: CommitmentRequest,
) -> Result<CommitmentReport, Refused> {
    let permit = door.permit(caller, Action::StoreImaging).await?;
    let mut report = CommitmentReport {
        transaction: request.transaction,
        committed: Vec::new(),
        failed: Vec::new(),
    };
    for references in request.references.chunks(LOOKED_FOR) {
        // A UID with a wildcard or list in it names no object.
        let named: Vec<&str> = references
            .iter()
            .map(|reference| reference.instance.as_str())
            .filter(|uid| Uid::new(*uid).is_ok())
            .collect();
        let query = ImagingQuery {
            matching: vec![("00080018".to_owned(), named.join("\\"))],
            limit: LOOKED_FOR,
            ..ImagingQuery::at(ImagingLevel::Instance)
        };
        let mut kept = HashMap::new();
        if !named.is_empty() {
            let page = door.hospital.record.imaging(&permit, &query).await;
            for row in page.map_err(|error| unread(&error))?.rows {
                if let Some(found) = of_row(&row) {
                    kept.insert(found.sop, found.class);
                }
            }
        }
        for reference in references {
            let class = kept.get(&reference.instance).map(String::as_str);
            report.note(reference.clone(), class);
        }
    }
    Ok(report)
}
