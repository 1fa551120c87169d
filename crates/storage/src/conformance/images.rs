//! Stored images.

use record::{FactBody, Fields, Images, ImagingLevel, ImagingQuery, NewFact, Record};
use serde_json::json;
use vocabulary::{Digest, Timestamp};

use super::words::{
    Uids, all, all_but, commit, conflict, image, not_permitted, only, patient, uid,
};

fn ct(of: &str, uids: Uids<'_>, name: &str, date: &str, number: i64) -> NewFact {
    let attributes = [
        ("00080020", "DA", json!(date)),
        ("00080050", "SH", json!(format!("A-{}", uids.0))),
        ("00080060", "CS", json!("CT")),
        ("00081030", "LO", json!("CHEST CT")),
        (
            "00100010",
            "PN",
            json!({"Alphabetic": name, "Ideographic": "赵^敏"}),
        ),
        ("00100020", "LO", json!(format!("MRN-{of}"))),
        ("0020000E", "UI", json!(uids.1)),
        ("00200011", "IS", json!(2)),
        ("00200013", "IS", json!(number)),
        (
            "00400275",
            "SQ",
            json!({"00400009": {"vr": "SH", "Value": [format!("STEP-{}", uids.1)]}}),
        ),
    ];
    image(
        of,
        uids,
        &attributes,
        format!("object {}", uids.2).as_bytes(),
    )
}

fn seg(of: &str, uids: Uids<'_>) -> NewFact {
    let attributes = [
        ("00080060", "CS", json!("SEG")),
        ("00200011", "IS", json!(3)),
    ];
    image(
        of,
        uids,
        &attributes,
        format!("object {}", uids.2).as_bytes(),
    )
}

async fn fill(record: &dyn Record) {
    let facts = vec![
        ct("a", ("1.1", "1.1.1", "1.1.1.1"), "Zhao^Min", "20240110", 1),
        ct("a", ("1.1", "1.1.1", "1.1.1.2"), "Zhao^Min", "20240110", 2),
        seg("a", ("1.1", "1.1.2", "1.1.2.1")),
        ct("b", ("1.2", "1.2.1", "1.2.1.1"), "Li^Wei", "20240310", 1),
        ct("b", ("1.3", "1.3.1", "1.3.1.1"), "Li^Wei", "20230501", 1),
    ];
    commit(record, facts).await.unwrap();
}

fn query(level: ImagingLevel, matching: &[(&str, &str)]) -> ImagingQuery {
    let matching = matching
        .iter()
        .map(|(tag, value)| ((*tag).to_owned(), (*value).to_owned()));
    ImagingQuery {
        matching: matching.collect(),
        limit: 50,
        ..ImagingQuery::at(level)
    }
}

pub async fn objects_come_back(record: &dyn Record) {
    let bytes: Vec<u8> = (0..20_000_u32).flat_map(u32::to_le_bytes).collect();
    let uids = ("1.1", "1.1.1", "1.1.1.1");
    let first = commit(record, vec![image("a", uids, &[], &bytes)])
        .await
        .unwrap();
    let again = commit(record, vec![image("a", uids, &[], &bytes)])
        .await
        .unwrap();
    assert_eq!(first, again, "the same object is acknowledged again");
    assert_eq!(*record.feed().borrow(), 1, "without a new entry");
    assert_eq!(
        conflict(commit(record, vec![image("a", uids, &[], b"other")]).await),
        0
    );
    assert_eq!(
        conflict(commit(record, vec![image("b", uids, &[], &bytes)]).await),
        0
    );

    let kept = record
        .instance(&all(), &uid("1.1.1.1"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (kept.digest, kept.size, kept.sequence),
        (Digest::of(&bytes), 80_000, 0)
    );
    assert_eq!(record.object(&all(), &kept, None).await.unwrap(), bytes);
    for range in [
        0..1,
        4095..4097,
        79_999..80_000,
        4096..8192,
        0..80_000,
        70_000..90_000,
        5..5,
    ] {
        let part = record
            .object(&all(), &kept, Some(range.clone()))
            .await
            .unwrap();
        let end = usize::try_from(range.end.min(80_000)).unwrap();
        assert_eq!(
            part,
            bytes[usize::try_from(range.start).unwrap()..end],
            "{range:?}"
        );
    }
    assert_eq!(record.instance(&all(), &uid("9.9")).await.unwrap(), None);

    let facts = vec![
        image("a", ("1.1", "1.1.1", "1.1.1.9"), &[], b"nine"),
        image("a", ("1.1", "1.1.1", "1.1.1.2"), &[], b"two"),
    ];
    commit(record, facts).await.unwrap();
    let series = record
        .series_instances(&all(), &uid("1.1.1"))
        .await
        .unwrap();
    let sops: Vec<&str> = series
        .iter()
        .map(|instance| instance.sop.as_str())
        .collect();
    assert_eq!(
        sops,
        ["1.1.1.1", "1.1.1.9", "1.1.1.2"],
        "in the order they were stored"
    );
    assert_eq!(
        record.series_instances(&all(), &uid("9.9")).await.unwrap(),
        []
    );
}

pub async fn rows_gather_their_level(record: &dyn Record) {
    fill(record).await;
    let studies = record
        .imaging(&all(), &query(ImagingLevel::Study, &[]))
        .await
        .unwrap();
    assert_eq!(studies.total, 3);
    let study = |n: usize| studies.rows[n].attributes["0020000D"]["Value"][0].clone();
    assert_eq!(
        [study(0), study(1), study(2)],
        ["1.2", "1.1", "1.3"],
        "the newest first"
    );
    let row = &studies.rows[1];
    assert_eq!(row.subject, patient("a"));
    for (tag, expected) in [
        ("00201206", json!({"vr": "IS", "Value": [2]})),
        ("00201208", json!({"vr": "IS", "Value": [3]})),
        ("00080061", json!({"vr": "CS", "Value": ["CT", "SEG"]})),
        ("00081030", json!({"vr": "LO", "Value": ["CHEST CT"]})),
    ] {
        assert_eq!(row.attributes[tag], expected, "{tag}");
    }
    assert!(
        !row.attributes.contains_key("00080060"),
        "a study has no modality"
    );

    let of_study = ImagingQuery {
        study: Some(uid("1.1")),
        ..query(ImagingLevel::Series, &[])
    };
    let series = record.imaging(&all(), &of_study).await.unwrap();
    assert_eq!(series.total, 2);
    assert_eq!(series.rows[0].attributes["0020000E"]["Value"][0], "1.1.1");
    assert_eq!(series.rows[0].attributes["00201209"]["Value"][0], 2);
    assert_eq!(series.rows[0].attributes["00100020"]["Value"][0], "MRN-a");
    assert_eq!(series.rows[1].attributes["00080060"]["Value"][0], "SEG");
    assert!(
        !series.rows[0].attributes.contains_key("00200013"),
        "a series has no instance number"
    );

    let of_series = ImagingQuery {
        series: Some(uid("1.1.1")),
        ..query(ImagingLevel::Instance, &[])
    };
    let instances = record.imaging(&all(), &of_series).await.unwrap();
    assert_eq!(instances.total, 2);
    assert_eq!(
        instances.rows[1].attributes["00080018"]["Value"][0],
        "1.1.1.2"
    );
    assert_eq!(instances.rows[1].attributes["00200013"]["Value"][0], 2);
    assert_eq!(
        instances.rows[1].attributes["00080016"]["Value"][0],
        "1.2.840.10008.5.1.4.1.1.2"
    );
    let second = ImagingQuery {
        limit: 1,
        offset: 1,
        ..of_series
    };
    let page = record.imaging(&all(), &second).await.unwrap();
    assert_eq!((page.total, page.rows.len()), (2, 1));
    assert_eq!(page.rows[0], instances.rows[1]);
}

/// Level, patterns, and how many rows match.
type Case = (ImagingLevel, &'static [(&'static str, &'static str)], usize);

pub async fn attributes_match(record: &dyn Record) {
    use ImagingLevel::{Instance, Patient, Series, Study};
    fill(record).await;
    let cases: &[Case] = &[
        (Study, &[("0020000D", "1.1\\1.3")], 2),
        (Study, &[("0020000E", "1.1.2")], 1),
        (Study, &[("00080018", "1.3.1.1")], 1),
        (Study, &[("00100020", "MRN-b")], 2),
        (Study, &[("00100020", "MRN*")], 3),
        (Study, &[("00100020", "mrn*")], 0),
        (Study, &[("00080050", "A-1.?")], 3),
        (Study, &[("00080050", "A-1.2")], 1),
        (Study, &[("00080020", "20240110")], 1),
        (Study, &[("00080020", "20240101-")], 2),
        (Study, &[("00080020", "-20231231")], 1),
        (Study, &[("00080020", "20230501-20240110")], 2),
        (Study, &[("00080061", "SEG")], 1),
        (Study, &[("00080060", "CT")], 3),
        (Study, &[("00100010", "zhao*")], 1),
        (Study, &[("00100010", "ZHAO^MIN")], 1),
        (Study, &[("00100010", "赵*")], 3),
        (Study, &[("00100010", "*min=*")], 1),
        (Study, &[("00100010", "zhao")], 0),
        (Study, &[("00081030", "*CT")], 3),
        // A pattern is never cut off.
        (Study, &[("00081030", "*\0x")], 0),
        (Study, &[("00081030", "")], 3),
        (Study, &[("00081030", "HEAD*")], 0),
        (Study, &[("00080020", "2024*"), ("00100020", "MRN-a")], 0),
        (
            Study,
            &[("00100020", "MRN-b"), ("00080020", "20240101-")],
            1,
        ),
        (Patient, &[], 2),
        (Patient, &[("00100020", "MRN-b")], 1),
        (Patient, &[("00100010", "zhao*")], 1),
        (Patient, &[("00080020", "20240101-")], 2),
        (Patient, &[("00081030", "HEAD*")], 0),
        (Series, &[("00080060", "SEG")], 1),
        (Series, &[("00080060", "CT\\SEG")], 4),
        (Series, &[("00200011", "2")], 3),
        (Instance, &[("00080018", "1.1.1.2")], 1),
        (Instance, &[("00200013", "2")], 1),
        (Instance, &[("0020000D", "1.1")], 3),
        (Instance, &[("00080060", "CT"), ("00200013", "1")], 3),
        (Study, &[("00080020", "2024")], 0),
        (Study, &[("00081030", "CHEST CT\\HEAD*")], 3),
        (Study, &[("00400275.00400009", "STEP-1.1.1")], 1),
        (Series, &[("00400275.00400009", "STEP-1.*")], 3),
        (Series, &[("00400275.00400009", "STEP")], 0),
        (Instance, &[("00400275.00400009", "STEP-1.1.1")], 2),
        (Study, &[("00080062", "1.2.840.10008.5.1.4.1.1.2")], 3),
        (Instance, &[("00080016", "1.2.840.10008.5.1.4.1.1.2")], 5),
        (Instance, &[("00080016", "1.2.3")], 0),
        (Study, &[("00201208", "3")], 1),
        (Study, &[("00189999", "1")], 0),
    ];
    for (level, matching, expected) in cases {
        let page = record
            .imaging(&all(), &query(*level, matching))
            .await
            .unwrap();
        assert_eq!(
            (page.total, page.rows.len()),
            (*expected, *expected),
            "{level:?} {matching:?}"
        );
    }
    let of_b = ImagingQuery {
        subject: Some(patient("b")),
        ..query(Study, &[("00081030", "C*")])
    };
    let page = record
        .imaging(
            &all(),
            &ImagingQuery {
                limit: 1,
                offset: 1,
                ..of_b
            },
        )
        .await
        .unwrap();
    assert_eq!((page.total, page.rows.len()), (2, 1));
}

fn timed(uids: Uids<'_>, date: &str, time: Option<&str>) -> NewFact {
    let mut attributes = vec![
        ("00080020", "DA", json!(date)),
        ("00080021", "DA", json!(date)),
        ("00080023", "DA", json!(date)),
        ("00080060", "CS", json!("CT")),
        ("00100020", "LO", json!("MRN-a")),
    ];
    for tag in ["00080030", "00080031", "00080033"] {
        attributes.extend(time.map(|time| (tag, "TM", json!(time))));
    }
    image("a", uids, &attributes, uids.2.as_bytes())
}

pub async fn dates_and_times_match_as_one(record: &dyn Record) {
    let facts = vec![
        timed(("3.1", "3.1.1", "3.1.1.1"), "20260101", Some("09:30:00")),
        timed(("3.2", "3.2.1", "3.2.1.1"), "20260102", Some("0100")),
        timed(("3.3", "3.3.1", "3.3.1.1"), "20260103", Some("113059")),
        timed(("3.4", "3.4.1", "3.4.1.1"), "20260102", None),
        timed(("3.5", "3.5.1", "3.5.1.1"), "20260104", Some("1000")),
    ];
    commit(record, facts).await.unwrap();
    let levels = [
        (ImagingLevel::Study, ["00080020", "00080030"]),
        (ImagingLevel::Study, ["00080021", "00080031"]),
        (ImagingLevel::Study, ["00080023", "00080033"]),
        (ImagingLevel::Series, ["00080020", "00080030"]),
        (ImagingLevel::Series, ["00080021", "00080031"]),
        (ImagingLevel::Instance, ["00080021", "00080031"]),
        (ImagingLevel::Instance, ["00080023", "00080033"]),
    ];
    for (level, [date, time]) in levels {
        for (dates, times, expected) in [
            ("20260101-20260103", "1000-1130", 3),
            ("20260101-20260103", "0930-1129", 3),
            ("20260101-20260103", "-", 4),
            ("20260102-", "0100-", 3),
            ("-20260102", "-0100", 3),
        ] {
            let search = ImagingQuery {
                combined_times: true,
                ..query(level, &[(date, dates), (time, times)])
            };
            let page = record.imaging(&all(), &search).await.unwrap();
            assert_eq!(page.total, expected, "{level:?} {date} {dates} {times}");
        }
    }
    // Without it each is matched by itself.
    let apart = query(
        ImagingLevel::Study,
        &[("00080020", "20260101-20260103"), ("00080030", "1000-1130")],
    );
    assert_eq!(record.imaging(&all(), &apart).await.unwrap().total, 1);
}

pub async fn empty_values_are_found(record: &dyn Record) {
    use ImagingLevel::{Instance, Series, Study};

    fill(record).await;
    commit(
        record,
        vec![timed(("3.1", "3.1.1", "3.1.1.1"), "20260101", None)],
    )
    .await
    .unwrap();
    for (level, path, expected) in [
        (Study, "00080050", 1),
        (Study, "00080060", 0),
        (Study, "00080061", 0),
        (Study, "00200011", 1),
        (Study, "0020000D", 0),
        (Series, "00200011", 1),
        (Series, "00080050", 1),
        (Series, "00200013", 2),
        (Instance, "00200013", 2),
        (Instance, "00400275.00400009", 2),
        (Instance, "00080018", 0),
    ] {
        let search = ImagingQuery {
            empty_values: true,
            ..query(level, &[(path, "\"\"")])
        };
        let page = record.imaging(&all(), &search).await.unwrap();
        assert_eq!(page.total, expected, "{level:?} {path}");
    }
}

pub async fn documents_are_found_by_what_they_say(record: &dyn Record) {
    use ImagingLevel::{Instance, Series, Study};

    fill(record).await;
    let title = json!({"00080104": {"vr": "LO", "Value": ["Imaging Report"]}});
    let document = |uids: Uids<'_>, label: &str| {
        let attributes = [
            ("00080060", "CS", json!("SR")),
            ("00100020", "LO", json!("MRN-a")),
            ("00700080", "CS", json!(label)),
            ("0040A043", "SQ", title.clone()),
        ];
        image("a", uids, &attributes, uids.2.as_bytes())
    };
    let facts = vec![
        document(("1.1", "1.1.9", "1.1.9.1"), "FIRST"),
        document(("1.1", "1.1.9", "1.1.9.2"), "SECOND"),
    ];
    commit(record, facts).await.unwrap();
    for (level, path, pattern, expected) in [
        (Instance, "00700080", "FIRST", 1),
        (Instance, "00700080", "*S*", 2),
        (Instance, "0040A043.00080104", "Imaging*", 2),
        (Series, "00700080", "SECOND", 1),
        (Study, "00700080", "SECOND", 1),
        (Study, "00700080", "THIRD", 0),
        (Instance, "00200013", "1", 3),
        (Instance, "00200013", "01\\2", 4),
    ] {
        let page = record
            .imaging(&all(), &query(level, &[(path, pattern)]))
            .await;
        assert_eq!(page.unwrap().total, expected, "{level:?} {path} {pattern}");
    }
    let gone = NewFact::DeleteImages {
        images: Images {
            subject: patient("a"),
            study: uid("1.1"),
            series: Some(uid("1.1.9")),
            instance: Some(uid("1.1.9.1")),
        },
        reason: "twice".to_owned(),
        stored_before: Timestamp(i64::MAX),
    };
    commit(record, vec![gone]).await.unwrap();
    let first = query(Instance, &[("00700080", "FIRST")]);
    assert_eq!(record.imaging(&all(), &first).await.unwrap().total, 0);
}

/// More alternatives, and more words of a name, than a database puts together in one statement.
pub async fn a_search_may_ask_for_a_thousand_things(record: &dyn Record) {
    fill(record).await;
    let each = |front: &str| -> Vec<String> {
        let numbers = 0..1000;
        numbers.map(|number| format!("{front}{number}")).collect()
    };
    let patterns = each("HEAD ").join("*\\");
    let many = query(
        ImagingLevel::Study,
        &[("00081030", &format!("{patterns}\\*CT"))],
    );
    assert_eq!(record.imaging(&all(), &many).await.unwrap().total, 3);
    let names = each("w").join(" ");
    let fuzzy = ImagingQuery {
        fuzzy_names: true,
        ..query(ImagingLevel::Study, &[("00100010", &names)])
    };
    assert_eq!(record.imaging(&all(), &fuzzy).await.unwrap().total, 0);
}

pub async fn names_match_by_their_words(record: &dyn Record) {
    fill(record).await;
    for (pattern, expected) in [
        ("min zhao", 1),
        ("Zh^Mi", 1),
        ("LÍ", 2),
        ("赵敏", 3),
        ("敏", 3),
        ("min li", 0),
        ("hao", 0),
        ("*hao*", 1),
    ] {
        let fuzzy = ImagingQuery {
            fuzzy_names: true,
            ..query(ImagingLevel::Study, &[("00100010", pattern)])
        };
        let page = record.imaging(&all(), &fuzzy).await.unwrap();
        assert_eq!(page.total, expected, "{pattern}");
    }
}

pub async fn rows_carry_what_is_asked_for(record: &dyn Record) {
    fill(record).await;
    let fields = ["00080018", "00080062", "00100020", "00200013", "00280010"];
    let asked = ImagingQuery {
        fields: Fields::Only(fields.map(str::to_owned).to_vec()),
        ..query(ImagingLevel::Instance, &[("00080018", "1.1.1.2")])
    };
    let page = record.imaging(&all(), &asked).await.unwrap();
    let tags: Vec<&str> = page.rows[0].attributes.keys().map(String::as_str).collect();
    assert_eq!(tags, ["00080018", "00080062", "00100020", "00200013"]);
    // What is matched by hand is carried too, so that it can be matched.
    let by_hand = ImagingQuery {
        fields: Fields::Only(vec!["00080018".to_owned()]),
        ..query(ImagingLevel::Instance, &[("00200013", "2")])
    };
    assert_eq!(record.imaging(&all(), &by_hand).await.unwrap().total, 1);
}

pub async fn stored_objects_are_read_in_parts(record: &dyn Record) {
    fill(record).await;
    let [study, series, sop] = ["1.1", "1.1.1", "1.1.1.2"].map(uid);
    let of_study = record.stored(&all(), &study, None, None).await.unwrap();
    let sops: Vec<&str> = of_study.iter().map(|object| object.sop.as_str()).collect();
    assert_eq!(sops, ["1.1.1.1", "1.1.1.2", "1.1.2.1"]);
    let of_series = record
        .stored(&all(), &study, Some(&series), None)
        .await
        .unwrap();
    assert_eq!(of_series, of_study[..2]);
    let one = record
        .stored(&all(), &study, Some(&series), Some(&sop))
        .await
        .unwrap();
    assert_eq!(one, of_study[1..2]);
    let other = uid("1.2");
    let elsewhere = record
        .stored(&all(), &other, Some(&series), Some(&sop))
        .await;
    assert_eq!(elsewhere.unwrap(), []);
    let bytes = record.bytes_of(&all(), &one[0], Some(7..14)).await.unwrap();
    assert_eq!(bytes, b"1.1.1.2".as_slice());
    not_permitted(&record.stored(&only(&["b"]), &study, None, None).await);
    not_permitted(&record.bytes_of(&only(&["b"]), &one[0], None).await);
}

fn delete(series: Option<&str>, instance: Option<&str>, before: i64) -> NewFact {
    NewFact::DeleteImages {
        images: Images {
            subject: patient("a"),
            study: uid("1.1"),
            series: series.map(uid),
            instance: instance.map(uid),
        },
        reason: "taken of the wrong side".to_owned(),
        stored_before: Timestamp(before),
    }
}

pub async fn deleted_images_are_found_no_more(record: &dyn Record) {
    fill(record).await;
    let kept = record
        .stored(&all(), &uid("1.1"), None, None)
        .await
        .unwrap();
    let soon = kept[0].at.0;
    assert_eq!(
        conflict(commit(record, vec![delete(Some("1.1.1"), None, soon)]).await),
        0,
        "what is younger stays"
    );
    let later = soon + 1_000_000;
    commit(record, vec![delete(Some("1.1.1"), Some("1.1.1.1"), later)])
        .await
        .unwrap();
    let rows = async |level, matching: &[(&str, &str)]| {
        let page = record.imaging(&all(), &query(level, matching)).await;
        page.unwrap().rows
    };
    let study = &rows(ImagingLevel::Study, &[("0020000D", "1.1")]).await[0];
    assert_eq!(study.attributes["00201208"]["Value"][0], 2);
    assert_eq!(
        record.instance(&all(), &uid("1.1.1.1")).await.unwrap(),
        None
    );
    not_permitted(&record.bytes_of(&all(), &kept[0], None).await);
    assert_eq!(
        conflict(commit(record, vec![delete(Some("1.1.1"), Some("1.1.1.1"), later)]).await),
        0,
        "what is gone cannot be deleted"
    );

    commit(record, vec![delete(Some("1.1.1"), None, later)])
        .await
        .unwrap();
    let series = rows(ImagingLevel::Series, &[("0020000D", "1.1")]).await;
    assert_eq!(series.len(), 1, "a series without images is gone");
    let study = &rows(ImagingLevel::Study, &[("0020000D", "1.1")]).await[0];
    assert_eq!(study.attributes["00201206"]["Value"][0], 1);
    assert_eq!(study.attributes["00080061"]["Value"], json!(["SEG"]));

    let sealed = commit(record, vec![delete(None, None, later)])
        .await
        .unwrap();
    assert_eq!(rows(ImagingLevel::Study, &[]).await.len(), 2);
    assert_eq!(
        rows(ImagingLevel::Study, &[("00100010", "zhao*")])
            .await
            .len(),
        0,
        "nor is it found by its words"
    );
    let entry = &record.entries(&all(), sealed[0].sequence, 1).await.unwrap()[0];
    let FactBody::DeletedImages(deleted) = &entry.fact.body else {
        panic!("the deletion is a fact of its own");
    };
    assert_eq!(deleted.objects.len(), 1);
    assert_eq!(entry.fact.subject, Some(patient("a")));

    // The same object may come again, as a new fact with the bytes that are there already.
    let again = ct("a", ("1.1", "1.1.1", "1.1.1.1"), "Zhao^Min", "20240110", 1);
    let sealed = commit(record, vec![again]).await.unwrap();
    assert!(sealed[0].sequence > entry.sequence);
    let object = &record
        .stored(&all(), &uid("1.1"), None, None)
        .await
        .unwrap()[0];
    let bytes = record.bytes_of(&all(), object, None).await.unwrap();
    assert_eq!(bytes, b"object 1.1.1.1".as_slice());
    assert_eq!(
        rows(ImagingLevel::Study, &[("00100010", "zhao*")])
            .await
            .len(),
        1
    );
}

pub async fn permits_limit_images(record: &dyn Record) {
    fill(record).await;
    let other = only(&["b"]);
    for (level, expected) in [
        (ImagingLevel::Patient, 1),
        (ImagingLevel::Study, 2),
        (ImagingLevel::Series, 2),
        (ImagingLevel::Instance, 2),
    ] {
        assert_eq!(
            record
                .imaging(&other, &query(level, &[]))
                .await
                .unwrap()
                .total,
            expected
        );
    }
    let by_name = query(ImagingLevel::Study, &[("00100010", "zhao*")]);
    assert_eq!(record.imaging(&other, &by_name).await.unwrap().total, 0);
    let but_a = all_but(&["a"]);
    for level in [ImagingLevel::Study, ImagingLevel::Series] {
        let seen = record.imaging(&but_a, &query(level, &[])).await.unwrap();
        let expected = record.imaging(&other, &query(level, &[])).await.unwrap();
        assert_eq!(seen, expected, "{level:?}");
    }
    not_permitted(&record.instance(&but_a, &uid("1.1.1.1")).await);
    not_permitted(&record.instance(&other, &uid("1.1.1.1")).await);
    not_permitted(&record.series_instances(&other, &uid("1.1.1")).await);
    let foreign = record
        .instance(&all(), &uid("1.1.1.1"))
        .await
        .unwrap()
        .unwrap();
    not_permitted(&record.object(&other, &foreign, None).await);
    // A description made up to look like one's own does not open another's object.
    let mut disguised = record
        .instance(&other, &uid("1.2.1.1"))
        .await
        .unwrap()
        .unwrap();
    disguised.digest = foreign.digest;
    not_permitted(&record.object(&other, &disguised, None).await);
}
