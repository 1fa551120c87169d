//! Does one attempt at a job.

use std::{sync::Arc, time::Duration};

use dicom::{
    Status,
    query::Level,
    scp::Selected,
    scu::{self, Peer, SendError, Sending},
    tags,
};
use policy::{Action, Object, Permit, Role};
use vocabulary::{PatientId, Uid};

use super::{Job, Task, peer};
use crate::{
    entities::RetrieveBy,
    hospital::Hospital,
    intake::{self, IntakeError},
};

/// Objects that are read from the jobs at once.
const AT_ONCE: u32 = 500;

/// How long a retrieval may go on without a word: some peers say nothing between its sub-operations.
const BETWEEN_COUNTS: Duration = Duration::from_mins(10);

/// Why an attempt ended, and whether another may do better.
type Stopped = (String, bool);

#[expect(clippy::needless_pass_by_value, reason = "errors are given away here")]
fn again(why: impl ToString) -> Stopped {
    (why.to_string(), true)
}

#[expect(clippy::needless_pass_by_value, reason = "errors are given away here")]
fn for_good(why: impl ToString) -> Stopped {
    (why.to_string(), false)
}

pub(super) async fn run(hospital: &Arc<Hospital>, job: Job) {
    let outcome = match peer(hospital, &job.title) {
        None => Err(for_good(
            "the application entity is not configured, or has no address",
        )),
        Some(peer) => match &job.task {
            Task::Send { patient } => send(hospital, &job, &peer, patient).await,
            Task::Retrieve {
                study,
                series,
                patient_id,
            } => {
                let wanted = wanted(study, series.as_deref(), patient_id.as_deref());
                let peer = Peer {
                    timeout: BETWEEN_COUNTS,
                    ..peer
                };
                retrieve(hospital, &job, &peer, wanted).await
            }
            Task::Report(report) => scu::report(&peer, report).await.map_err(again),
        },
    };
    let ended = hospital.aside(move |hospital| hospital.pacs.end(&job, outcome));
    if let Err(error) = ended.await {
        tracing::error!(%error, "the end of a job could not be kept");
    }
}

/// Sends what is left of a job, over one association for each few hundred objects.
async fn send(
    hospital: &Arc<Hospital>,
    job: &Job,
    peer: &Peer,
    patient: &PatientId,
) -> Result<(), Stopped> {
    let jobs = &hospital.pacs;
    loop {
        let items = jobs.open_items(&job.id, AT_ONCE).map_err(again)?;
        if items.is_empty() {
            return Ok(());
        }
        // Asked each time: who was permitted when the job was made may not be any more.
        let object = Object::Patient(patient.clone());
        let permit = hospital
            .ask(&job.actor, Action::ReadImaging, &object)
            .await
            .map_err(for_good)?;
        let all: Vec<Selected> = items.iter().map(|(_, one)| one.clone()).collect();
        let mut sending = Sending::begin(peer, &all).await.map_err(again)?;
        for (place, one) in items {
            if !jobs.is_wanted(&job.id) {
                sending.end().await;
                return Ok(());
            }
            let refused = match file(hospital, &permit, &one.sop).await {
                Err(why) => Some(why),
                Ok(file) => match sending.send(&one, &file).await {
                    Ok(status) if status.is_stored() => None,
                    // The other has no room just now.
                    Ok(status) if status.0 & 0xff00 == 0xa700 => {
                        sending.end().await;
                        return Err(again(format!("the receiver answered {:04X}", status.0)));
                    }
                    Ok(status) => Some(format!("the receiver answered {:04X}", status.0)),
                    Err(why) if sending.is_broken() => return Err(again(why)),
                    Err(why) => Some(why),
                },
            };
            let id = job.id.clone();
            let noted = hospital.aside(move |hospital| {
                let jobs = &hospital.pacs;
                jobs.note_item(&id, place, refused.as_deref())
            });
            noted.await.map_err(again)?;
        }
        sending.end().await;
    }
}

async fn file(hospital: &Hospital, permit: &Permit, sop: &str) -> Result<bytes::Bytes, String> {
    let gone = || "the object is not there any more".to_owned();
    let sop = Uid::new(sop).map_err(|_| gone())?;
    let found = hospital.record.instance(permit, &sop).await;
    let instance = found.map_err(|error| error.to_string())?.ok_or_else(gone)?;
    let bytes = hospital.record.object(permit, &instance, None).await;
    bytes.map_err(|error| error.to_string())
}

/// What a retrieval names: a level and its keys.
type Wanted = (Level, Vec<(dicom::Tag, String)>);

fn wanted(study: &str, series: Option<&str>, patient_id: Option<&str>) -> Wanted {
    let mut keys = vec![(tags::STUDY_INSTANCE_UID, study.to_owned())];
    if let Some(id) = patient_id {
        keys.push((tags::PATIENT_ID, id.to_owned()));
    }
    match series {
        None => (Level::Study, keys),
        Some(series) => {
            keys.push((tags::SERIES_INSTANCE_UID, series.to_owned()));
            (Level::Series, keys)
        }
    }
}

/// Keeps how many objects a retrieval has in all, has brought, and could not bring. Where that cannot be kept, the next
/// count says it anew.
async fn note(hospital: &Arc<Hospital>, job: &Job, [total, done, failed]: [u64; 3]) {
    let id = job.id.clone();
    let noted = hospital.aside(move |hospital| {
        let jobs = &hospital.pacs;
        jobs.note_counts(&id, total, done, failed)
    });
    let _ = noted.await;
}

/// Fetches a study, in the way that the configuration names for its application entity.
async fn retrieve(
    hospital: &Arc<Hospital>,
    job: &Job,
    peer: &Peer,
    (level, keys): Wanted,
) -> Result<(), Stopped> {
    let entity = hospital.config.entity(&job.title);
    let (root, by) = entity.map_or_else(Default::default, |e| (Some(e.root()), e.retrieve_by));
    let root = root.unwrap_or(dicom::query::Root::Study);
    let retrieved = match by {
        RetrieveBy::Move => {
            let to = hospital.config.ae_title.as_str();
            scu::r#move(peer, root, level, &keys, to, |counts| {
                let done = u64::from(counts.completed) + u64::from(counts.warning);
                let failed = u64::from(counts.failed);
                let total = u64::from(counts.remaining) + done + failed;
                note(hospital, job, [total, done, failed])
            })
            .await
        }
        RetrieveBy::Get => {
            let classes = classes(peer, root, level, &keys).await?;
            // What we have asked for is kept, also where the other may not send by itself.
            let mut actor = hospital.config.actor(&job.title);
            actor.roles.insert(Role::ImagingSource);
            let mut kept = 0;
            scu::get(peer, root, level, &keys, &classes, |object| {
                let actor = actor.clone();
                kept += 1;
                let counts = [kept, kept, 0];
                async move {
                    note(hospital, job, counts).await;
                    match intake::store(hospital, &actor, object).await {
                        Ok(_) => Status::SUCCESS,
                        Err(IntakeError::Record(record::RecordError::Conflict { .. })) => {
                            Status::MISMATCH
                        }
                        Err(_) => Status::OUT_OF_RESOURCES,
                    }
                }
            })
            .await
        }
    };
    match retrieved {
        Ok(retrieved) => {
            let counts = retrieved.counts;
            let done = u64::from(counts.completed) + u64::from(counts.warning);
            let failed = u64::from(counts.failed);
            note(hospital, job, [done + failed, done, failed]).await;
            if retrieved.status == Status::SUCCESS {
                Ok(())
            } else {
                Err(again(format!(
                    "the peer ended with {:04X}",
                    retrieved.status.0
                )))
            }
        }
        // The other understood and said no: asking again is no use.
        Err(error @ (SendError::Refused(_) | SendError::NotOffered(_))) => Err(for_good(error)),
        Err(error) => Err(again(error)),
    }
}

/// The classes that a C-GET proposes: those that the other names with its objects, else the usual ones.
async fn classes(
    peer: &Peer,
    root: dicom::query::Root,
    level: Level,
    keys: &[(dicom::Tag, String)],
) -> Result<Vec<String>, Stopped> {
    let mut series_keys = keys.to_vec();
    let mut found: Vec<String> = Vec::new();
    let mut all_series: Vec<String> = Vec::new();
    if level == Level::Series {
        let named = keys
            .iter()
            .find(|(tag, _)| *tag == tags::SERIES_INSTANCE_UID);
        all_series.extend(named.map(|(_, uid)| uid.clone()));
        series_keys.retain(|(tag, _)| *tag != tags::SERIES_INSTANCE_UID);
    } else {
        let mut asked = keys.to_vec();
        asked.push((tags::SERIES_INSTANCE_UID, String::new()));
        let series = scu::find(peer, root, Level::Series, &asked, 1000).await;
        for row in series.map_err(again)?.rows {
            all_series.extend(record::matching::first_text(&row, "0020000E"));
        }
    }
    for series in all_series {
        let mut asked = series_keys.clone();
        asked.push((tags::SERIES_INSTANCE_UID, series));
        asked.push((tags::SOP_INSTANCE_UID, String::new()));
        asked.push((tags::SOP_CLASS_UID, String::new()));
        // One object tells the class of its series, nearly always.
        let images = scu::find(peer, root, Level::Instance, &asked, 20).await;
        for row in images.map_err(again)?.rows {
            let class = record::matching::first_text(&row, "00080016");
            found.extend(class.filter(|class| !found.contains(class)));
        }
    }
    if found.is_empty() {
        found = dicom::USUAL_CLASSES
            .iter()
            .map(|&uid| uid.to_owned())
            .collect();
    }
    Ok(found)
}
