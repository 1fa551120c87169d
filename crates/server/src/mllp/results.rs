//! Results of devices: whose they are, whether they can be true, into the record; then the answer.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::Arc,
};

use devices::Remembered;
use hl7v2::{Answer, Fault, Header, Identifier, Measured, Offset, Refusal, Results, Standing};
use policy::Action;
use record::{
    Arrived, Match, QualityMark, RecordError, ResourceQuery, SignalSeries, SpanQuery, Term,
};
use serde_json::json;
use vocabulary::{DeviceId, PatientId, Text, Timestamp};

use crate::{
    clock,
    config::Hl7Sender,
    devices::{Registered, Stranger},
    hospital::Hospital,
};

/// How a message is answered.
struct Said {
    answer: Answer,
    faults: Vec<Refusal>,
}

impl Said {
    fn wrong(refusal: Refusal) -> Self {
        Self {
            answer: Answer::Error,
            faults: vec![refusal],
        }
    }

    fn not_now(text: &str) -> Self {
        Self {
            answer: Answer::Rejected,
            faults: vec![Refusal::new("MSH^1", Fault::Internal, text)],
        }
    }
}

/// Takes a message; the acknowledgement. Once it says that all is accepted, all is on disk.
pub async fn take(hospital: &Hospital, from: IpAddr, bytes: &[u8]) -> String {
    let (header, said) = answered(hospital, Some(from), bytes).await;
    let id = uuid::Uuid::now_v7().simple().to_string();
    let now = clock::now();
    hl7v2::acknowledge(header.as_ref(), said.answer, &said.faults, &id, now)
}

/// Takes a message that lay in a file, from whoever may bring results of anybody: what was left out of it, or why nothing
/// of it is taken.
pub async fn take_from_file(hospital: &Hospital, bytes: &[u8]) -> Result<Vec<String>, String> {
    let (_, said) = answered(hospital, None, bytes).await;
    let faults = said.faults.iter();
    let faults: Vec<String> = faults
        .map(|fault| format!("{}: could not {}", fault.place, fault.text))
        .collect();
    match said.answer {
        Answer::Accepted => Ok(faults),
        Answer::Error | Answer::Rejected => Err(faults.join("; ")),
    }
}

/// What becomes of a message, and its header, as far as it was read. It comes from an address, or from a file.
async fn answered(
    hospital: &Hospital,
    from: Option<IpAddr>,
    bytes: &[u8],
) -> (Option<Header>, Said) {
    let mut sender = None;
    let (header, read) = Results::read(bytes, |header| {
        let found = sender_of(&hospital.config.hl7_senders, header, from)?;
        let offset = found.offset.as_deref().and_then(Offset::read);
        sender = Some(found.clone());
        Ok(offset)
    });
    let said = match (&sender, read) {
        (Some(sender), Ok(results)) => {
            let kept = keep(hospital, sender, &results).await;
            kept.unwrap_or_else(|said| said)
        }
        (_, Err(refusal)) => {
            let is_content = sender.is_some() && !refusal.place.starts_with("MSH");
            if let (None, Some(from)) = (&sender, from) {
                turned_away(hospital, from);
            }
            Said {
                answer: if is_content {
                    Answer::Error
                } else {
                    Answer::Rejected
                },
                faults: vec![refusal],
            }
        }
        // Nothing is read before the sender is known.
        (None, Ok(_)) => Said::not_now("know the sender"),
    };
    (header, said)
}

/// The sender of the configuration that a message comes from; a file has no address.
fn sender_of<'a>(
    senders: &'a [Hl7Sender],
    header: &Header,
    from: Option<IpAddr>,
) -> Result<&'a Hl7Sender, Refusal> {
    let is_it = |one: &&Hl7Sender| {
        one.application == header.from.application
            && one.facility == header.from.facility
            && from.is_none_or(|from| one.is_at(from))
    };
    senders.iter().find(is_it).ok_or_else(|| {
        let text = "know the sender: `hl7_senders` names those that may send, and from where";
        Refusal::new("MSH^1^3", Fault::UnknownKey, text)
    })
}

/// Notes who may not send.
pub fn turned_away(hospital: &Hospital, from: IpAddr) {
    let why = Text::new(
        "HL7 发送方未配置，或消息无法读懂",
        "The HL7 sender is not configured, or its message cannot be understood",
    );
    let stranger = Stranger::new(None, from, "hl7-sender-unknown", why);
    hospital.devices.stranger(stranger);
}

/// A value on its way into the record.
struct Taken {
    device: Arc<Registered>,
    remembered: Remembered,
}

/// Keeps all values of a message, or none.
async fn keep(hospital: &Hospital, sender: &Hl7Sender, results: &Results) -> Result<Said, Said> {
    let patient = patient_of(hospital, &results.patient).await?;
    let mut faults: Vec<Refusal> = results
        .left_out
        .iter()
        .map(|left| {
            let text = format!("take it: {}", left.why);
            Refusal::new(format!("OBX^{}", left.number), Fault::DataType, text)
        })
        .collect();
    let mut of = Vec::new();
    for measured in &results.measured {
        let device = device_of(hospital, sender, measured, patient.as_ref());
        of.push((measured, device.map_err(Said::wrong)?));
    }
    // All turns, always in the same order, so that no two messages wait for each other.
    let involved: BTreeSet<&DeviceId> = of.iter().map(|(_, device)| &device.id).collect();
    let mut turns = Vec::new();
    for device in involved {
        turns.push(hospital.devices.turn(device).await);
    }
    contradiction(hospital, &of).map_err(Said::wrong)?;
    let mut arrived = Vec::new();
    let mut taken = Vec::new();
    for (measured, device) in of.iter().cloned() {
        match one(hospital, &device, measured) {
            Ok(Some((values, remembered))) => {
                let known = hospital.devices.find(&device.id);
                let is_left = known.is_some_and(|known| hospital.devices.is_left_behind(&known));
                taken.push(Taken { device, remembered });
                if measured.corrects
                    && is_left
                    && let Err(said) = are_known(hospital, measured, &values).await
                {
                    forget(hospital, &taken);
                    return Err(said);
                }
                arrived.extend(values);
            }
            Ok(None) => {
                let place = format!("OBX^{}^3", measured.number);
                let text = "find what was measured in the device's profile";
                faults.push(Refusal::new(place, Fault::NotInTable, text));
            }
            Err(refusal) => {
                forget(hospital, &taken);
                return Err(Said::wrong(refusal));
            }
        }
    }
    if !append(hospital, arrived).await {
        forget(hospital, &taken);
        return Err(Said::not_now("keep it now: send it again"));
    }
    if taken.is_empty() {
        return Err(Said {
            answer: Answer::Error,
            faults,
        });
    }
    Ok(Said {
        answer: Answer::Accepted,
        faults,
    })
}

/// What came after its patient had left is nobody's, and so is what puts that right: theirs is what corrects a value of
/// theirs in the record.
async fn are_known(
    hospital: &Hospital,
    measured: &Measured,
    values: &[Arrived],
) -> Result<(), Said> {
    let not_now = || Said::not_now("look for what it corrects");
    let work = hospital.own_permit("find what results of devices correct", Action::ReadRecord);
    let permit = work.await.map_err(|_| not_now())?;
    for value in values {
        let id = SignalSeries::of(value).id();
        for (at_us, _) in value.readings.timed() {
            let Some(at_us) = at_us else { continue };
            let span = SpanQuery {
                id: id.clone(),
                from_us: at_us,
                to_us: at_us.saturating_add(1),
            };
            let page = hospital.signals.read(&permit, &span, 1).await;
            if page.map_err(|_| not_now())?.readings.is_empty() {
                let place = format!("OBX^{}^14", measured.number);
                let text = "find the value of this patient that it corrects";
                return Err(Said::wrong(Refusal::new(place, Fault::UnknownKey, text)));
            }
        }
    }
    Ok(())
}

/// Puts values into the record; whether they are on disk. What came before is there already, which is no fault.
async fn append(hospital: &Hospital, arrived: Vec<Arrived>) -> bool {
    if arrived.is_empty() {
        return true;
    }
    let from: Vec<DeviceId> = arrived
        .iter()
        .map(|one| one.stream.device.clone())
        .collect();
    let counts = arrived.iter().map(|one| one.readings.count() as u64);
    let counts: Vec<u64> = counts.collect();
    match hospital.signals.append(arrived).await {
        Ok(taken) => {
            hospital.devices.were_known(&from, &taken);
            true
        }
        Err(error) => {
            let is_full = matches!(error, RecordError::Full);
            hospital.devices.were_not_kept(&from, &counts, is_full);
            tracing::error!(%error, "results could not be kept; the sender is to send them again");
            false
        }
    }
}

fn forget(hospital: &Hospital, taken: &[Taken]) {
    for one in taken {
        let Registered { id, patient, .. } = &*one.device;
        hospital
            .devices
            .forget(id, patient.as_ref(), &one.remembered);
    }
}

/// The one patient whom the identifiers name; nobody where the message names nobody.
async fn patient_of(hospital: &Hospital, named: &[Identifier]) -> Result<Option<PatientId>, Said> {
    if named.is_empty() {
        return Ok(None);
    }
    let work = hospital.own_permit("find whom results of devices are about", Action::ReadRecord);
    let permit = work
        .await
        .map_err(|_| Said::not_now("look for the patient"))?;
    let mut found: Option<PatientId> = None;
    for identifier in named {
        let query = ResourceQuery {
            kind: "Patient".to_owned(),
            terms: vec![Term {
                parameter: "identifier".to_owned(),
                any_of: vec![Match::Token {
                    system: Some(system_of(hospital, identifier)),
                    code: Some(identifier.id.clone()),
                }],
            }],
            sort: vec![],
            limit: 2,
            offset: 0,
        };
        let page = hospital.record.search(&permit, &query).await;
        let rows = page
            .map_err(|_| Said::not_now("look for the patient"))?
            .rows;
        for row in rows {
            let Ok(id) = PatientId::new(row.key.id.as_str()) else {
                continue;
            };
            if found.as_ref().is_some_and(|other| *other != id) {
                let text = "tell which patient is meant: the identifiers name several";
                return Err(Said::wrong(Refusal::new(
                    "PID^1^3",
                    Fault::UnknownKey,
                    text,
                )));
            }
            found = Some(id);
        }
    }
    let unknown = || {
        let text = "find the patient";
        Said::wrong(Refusal::new("PID^1^3", Fault::UnknownKey, text))
    };
    found.map(Some).ok_or_else(unknown)
}

/// The system of an identifier: by the configuration, an OID, or the name of who gave it.
fn system_of(hospital: &Hospital, identifier: &Identifier) -> String {
    if let Some(known) = hospital.config.issuers.get(&identifier.authority) {
        return known.clone();
    }
    match &identifier.oid {
        Some(oid) => format!("urn:oid:{oid}"),
        None => fhir::issuer_system(&identifier.authority),
    }
}

/// The device that measured: the one that the result names, else the sender's. Whose values they are is what the
/// registry and the message say together; where these differ, nobody can know.
fn device_of(
    hospital: &Hospital,
    sender: &Hl7Sender,
    measured: &Measured,
    patient: Option<&PatientId>,
) -> Result<Arc<Registered>, Refusal> {
    let place = format!("OBX^{}^18", measured.number);
    let refuse = |fault, text: &str| Refusal::new(place.clone(), fault, text);
    let named = measured.device.as_ref().or(sender.device.as_ref());
    let named = named.ok_or_else(|| refuse(Fault::RequiredMissing, "find the device"))?;
    let known = DeviceId::new(named.as_str())
        .ok()
        .and_then(|id| hospital.devices.find(&id))
        .filter(|known| known.active);
    let known =
        known.ok_or_else(|| refuse(Fault::UnknownKey, "find the device in the registry"))?;
    if !sender.speaks_for(known.id.as_str()) {
        spoke_for_another(hospital, &known);
        let text = "believe it: `hl7_senders` does not let this sender speak for the device";
        return Err(refuse(Fault::UnknownKey, text));
    }
    match (&known.patient, patient) {
        (Some(registered), Some(named)) if registered != named => Err(Refusal::new(
            "PID^1^3",
            Fault::UnknownKey,
            "believe both: the device is registered for another patient",
        )),
        // What is put right may be of when they lay there.
        (_, None) if measured.corrects && hospital.devices.is_left_behind(&known) => {
            let text = "know whose value it corrects: the patient has left the device's bed";
            Err(Refusal::new("PID^1^3", Fault::RequiredMissing, text))
        }
        // A gateway may go on naming who lay there before, as the registry does.
        _ if !measured.corrects && hospital.devices.is_left_behind(&known) => {
            Ok(hospital.devices.as_it_stands(known))
        }
        // The message says itself whose values they are: it is no matter since when the device measures whom.
        (_, Some(named)) => Ok(Arc::new(Registered {
            patient: Some(named.clone()),
            since: None,
            ..Registered::clone(&known)
        })),
        _ => Ok(known),
    }
}

/// Notes on the device's page that a sender named it which may not.
fn spoke_for_another(hospital: &Hospital, device: &Registered) {
    let why = Text::new(
        "HL7 发送方无权代表这台设备",
        "An HL7 sender named this device that may not speak for it",
    );
    hospital.devices.with_quality(&device.id, |quality| {
        quality.refused(clock::now(), "", 0, "hl7-sender-of-others", why);
    });
}

/// Values of one device and one time must be true together, in whichever segments of a message they stand.
fn contradiction(hospital: &Hospital, of: &[(&Measured, Arc<Registered>)]) -> Result<(), Refusal> {
    let mut times: BTreeMap<(&DeviceId, Option<Timestamp>), Vec<_>> = BTreeMap::new();
    for (measured, device) in of {
        let time = times.entry((&device.id, measured.at)).or_default();
        time.push((*measured, device));
    }
    for all in times.into_values() {
        let Some((_, device)) = all.first() else {
            continue;
        };
        let sent = all.iter().filter_map(|(measured, device)| {
            let sent = as_sent(device, measured)?;
            Some((measured.number, sent))
        });
        let (numbers, sent): (Vec<usize>, Vec<(&str, String)>) = sent.unzip();
        let Err((refusal, _)) = ::devices::together(&device.profile, &sent) else {
            continue;
        };
        // It is said of the last of the two.
        let is_of_it = |stream: &str| {
            matches!(&refusal, ::devices::Refusal::Contradiction { lower, upper }
                if stream == lower || stream == upper)
        };
        let mut both = numbers.iter().zip(&sent).rev();
        let Some((number, (stream, payload))) = both.find(|(_, (stream, _))| is_of_it(stream))
        else {
            continue;
        };
        let (bytes, code, why) = (payload.len(), refusal.code(), refusal.text());
        hospital.devices.with_quality(&device.id, |quality| {
            quality.refused(clock::now(), stream, bytes, code, why);
        });
        let place = format!("OBX^{number}^5");
        return Err(Refusal::new(place, Fault::DataType, refusal.to_string()));
    }
    Ok(())
}

/// A value as its device would have sent it, and on which stream; `None` where the device's profile has none for it.
fn as_sent<'d>(device: &'d Registered, measured: &Measured) -> Option<(&'d str, String)> {
    let streams = &device.profile.streams;
    let (code, stream) = measured.codes.iter().find_map(|code| {
        let stream = streams.iter().find(|stream| stream.is_named(code))?;
        Some((code, stream))
    })?;
    // The unit may come twice, such as by its number and in UCUM: the profile's own, else the first.
    let units = &measured.units;
    let unit = units
        .iter()
        .find(|unit| **unit == stream.unit)
        .or_else(|| units.iter().find(|unit| stream.takes(unit)))
        .or_else(|| units.first());
    let mut sent = json!({"code": code, "value": measured.value, "unit": unit});
    if let (Some(at), Some(fields)) = (measured.at, sent.as_object_mut()) {
        fields.insert("t".to_owned(), json!(at.0));
    }
    Some((&stream.name, sent.to_string()))
}

/// One value as its device's profile has it; `None` where the profile has no such stream.
fn one(
    hospital: &Hospital,
    device: &Registered,
    measured: &Measured,
) -> Result<Option<(Vec<Arrived>, Remembered)>, Refusal> {
    let Some((stream, payload)) = as_sent(device, measured) else {
        return Ok(None);
    };
    let (devices, now) = (&hospital.devices, clock::now());
    let taken = if measured.corrects {
        let said = ::devices::Said::Corrected;
        devices.take_said(device, stream, payload.as_bytes(), now, said)
    } else {
        devices.take(device, stream, payload.as_bytes(), None, now)
    };
    if let Some(refusal) = taken.refused {
        let field = match refusal.code() {
            "unit-unknown" | "unit-of-something-else" | "unit-missing" => 6,
            "before-assignment" => 14,
            _ => 5,
        };
        let place = format!("OBX^{}^{field}", measured.number);
        return Err(Refusal::new(place, Fault::DataType, refusal.to_string()));
    }
    let mut arrived = taken.arrived;
    for one in &mut arrived {
        one.quality
            .extend(measured.standing.iter().copied().map(mark));
    }
    Ok(Some((arrived, taken.remembered)))
}

fn mark(standing: Standing) -> QualityMark {
    match standing {
        Standing::Questionable => QualityMark::Questionable,
        Standing::Calibrating => QualityMark::Calibrating,
        Standing::Test => QualityMark::Test,
        Standing::Early => QualityMark::Early,
        Standing::Validated => QualityMark::Validated,
    }
}
