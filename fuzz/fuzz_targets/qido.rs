//! Any text as the query of a QIDO-RS search: refused, or answered with exactly the rows that matching each
//! attribute by itself gives.
#![no_main]

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use dicom::web::{qido, qido_answer};
use libfuzzer_sys::fuzz_target;
use policy::{Action, Permit, Scope};
use record::{
    Batch, Fields, ImagingLevel, ImagingQuery, ImagingRow, Instance, NewFact, Precondition, Record,
    matching::matches,
};
use serde_json::{Value, json};
use storage::{Embedded, SystemClock};
use tokio::runtime::Runtime;
use vocabulary::{ActorId, Digest, PatientId, Uid};

struct NoTerms;

impl record::Indexer for NoTerms {
    fn terms(&self, _kind: &str, _body: &Value) -> Vec<record::IndexTerm> {
        Vec::new()
    }
}

const NAMES: &[(&str, &str)] = &[("Zhang^San", "张^三"), ("Li^Wei", ""), ("Müller^Ann", ""), ("", "")];

fn image(number: usize) -> NewFact {
    let (study, series) = (number / 6, number / 3);
    let (alphabetic, ideographic) = NAMES[study % NAMES.len()];
    let text = |vr: &str, value: Value| json!({"vr": vr, "Value": [value]});
    let attributes = json!({
        "00080020": text("DA", json!(format!("202{}0{}1{}", study % 3, study % 9 + 1, study % 10))),
        "00080030": text("TM", json!(format!("{:02}{:02}00", study % 24, number % 60))),
        "00080050": text("SH", json!(format!("A{study}"))),
        "00080060": text("CS", json!(["CT", "MR", "SR"][series % 3])),
        "00081030": text("LO", json!(["Chest CT", "HEAD"][study % 2])),
        "00100010": text("PN", json!({"Alphabetic": alphabetic, "Ideographic": ideographic})),
        "00100020": text("LO", json!(format!("P{}", study / 2))),
        "00200011": text("IS", json!(series % 2 + 1)),
        "00200013": text("IS", json!(number % 3 + 1)),
        "00280010": text("US", json!(512)),
        "00400275": json!({"vr": "SQ", "Value": [{"00400009": text("SH", json!(format!("S{study}")))}]}),
    });
    let uid = |text: String| Uid::new(text).expect("a UID");
    let instance = Instance {
        subject: PatientId::new(format!("p{}", study / 2)).expect("an id"),
        study: uid(format!("1.2.{study}")),
        series: uid(format!("1.3.{series}")),
        sop: uid(format!("1.4.{number}")),
        class: uid("1.2.840.10008.5.1.4.1.1.2".to_owned()),
        transfer_syntax: uid("1.2.840.10008.1.2.1".to_owned()),
        digest: Digest([0; 32]),
        size: 0,
        attributes,
        sequence: 0,
    };
    let bytes = Bytes::from(number.to_le_bytes().to_vec());
    NewFact::StoreInstance { instance: Box::new(instance), bytes }
}

struct Kept {
    runtime: Runtime,
    record: Embedded,
    permit: Permit,
    /// All images with all that is known of them, in the order of answers.
    all: Vec<ImagingRow>,
}

fn kept() -> &'static Kept {
    static KEPT: OnceLock<Kept> = OnceLock::new();
    KEPT.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder").keep();
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().expect("a runtime");
        let record = Embedded::open(&folder, Arc::new(NoTerms), Arc::new(SystemClock)).expect("a record");
        let actor = || ActorId::new("fuzz").expect("an actor");
        let permit = Permit::for_test(actor(), Action::ReadImaging, Scope::All);
        let facts = (0..72).map(|number| (image(number), Precondition::None)).collect();
        runtime.block_on(record.commit(Batch { actor: actor(), facts })).expect("images");
        let all = runtime.block_on(record.imaging(&permit, &ImagingQuery::at(ImagingLevel::Instance)));
        let all = all.expect("all images").rows;
        assert_eq!(all.len(), 72);
        Kept { runtime, record, permit, all }
    })
}

/// Values of the study as a whole, and dates that are matched together with times, are not of one image.
fn is_by_itself(path: &str) -> bool {
    !["00080061", "00080062", "00201206", "00201208", "00201209"].contains(&path) && !path.ends_with("0030")
}

fuzz_target!(|bytes: &[u8]| {
    let Some((which, query)) = bytes.split_first() else { return };
    let Ok(query) = std::str::from_utf8(query) else { return };
    let level = [ImagingLevel::Study, ImagingLevel::Series, ImagingLevel::Instance][usize::from(which % 3)];
    let uid = |text: &str| Uid::new(text).expect("a UID");
    let (study, series) = match which / 3 % 3 {
        0 => (None, None),
        1 => (Some(uid("1.2.3")), None),
        _ => (Some(uid("1.2.3")), Some(uid("1.3.7"))),
    };
    let kept = kept();
    let Ok(found) = qido(level, study, series, &fhir::decode_query(query)) else { return };
    let page = kept.runtime.block_on(kept.record.imaging(&kept.permit, &found.query));
    let page = page.expect("a search that was understood is answered");
    assert!(page.rows.len() <= found.query.limit && page.rows.len() <= page.total);
    let _ = found.warning(page.rows.len(), page.total);
    let _ = qido_answer(level, page.rows, "https://h").to_string();
    // The same conditions on images, one by one.
    let conditions = found.query.matching.clone();
    if found.query.fuzzy_names || !conditions.iter().all(|(path, _)| is_by_itself(path)) {
        return;
    }
    let asked = ImagingQuery {
        level: ImagingLevel::Instance, fields: Fields::All, limit: usize::MAX, offset: 0, ..found.query
    };
    let page = kept.runtime.block_on(kept.record.imaging(&kept.permit, &asked)).expect("an answer");
    let is_of = |row: &ImagingRow, tag: &str, of: &Option<Uid>| {
        of.as_ref().is_none_or(|of| row.attributes[tag]["Value"][0].as_str() == Some(of.as_str()))
    };
    let expected: Vec<&ImagingRow> = kept
        .all
        .iter()
        .filter(|row| is_of(row, "0020000D", &asked.study) && is_of(row, "0020000E", &asked.series))
        .filter(|row| conditions.iter().all(|(path, value)| matches(&row.attributes, path, value)))
        .collect();
    let sops = |rows: Vec<&ImagingRow>| -> Vec<String> {
        rows.iter().map(|row| row.attributes["00080018"]["Value"][0].to_string()).collect()
    };
    assert_eq!(sops(page.rows.iter().collect()), sops(expected), "{conditions:?}");
});
