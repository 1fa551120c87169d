//! Objects that others wrote, and broken ones.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use std::{collections::BTreeMap, fs};

use bytes::Bytes;
use dicom::{ParseError, parse};

/// Each file is taken in or refused for one of these reasons; none may panic.
#[test]
fn files_of_other_programs_are_taken_in_or_refused_with_a_reason() {
    let Some(folder) = support::shared("dicom") else {
        return;
    };
    let mut taken = 0;
    let mut refused: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in support::files(&folder) {
        let name = path.strip_prefix(&folder).unwrap().display().to_string();
        match parse(Bytes::from(fs::read(&path).unwrap())) {
            Ok(object) => {
                taken += 1;
                assert!(object.file.len() > 132, "{name}");
                assert!(
                    object.attributes["0020000D"]["Value"][0].is_string(),
                    "{name}"
                );
            }
            Err(error) => {
                let kind = format!("{error:?}");
                let kind = kind.split([' ', '(']).next().unwrap_or_default().to_owned();
                refused
                    .entry(kind)
                    .or_default()
                    .push(format!("{name}: {error}"));
            }
        }
    }
    for (kind, files) in &refused {
        println!("{kind}: {}", files.len());
        for file in files {
            println!("  {file}");
        }
    }
    println!("taken in: {taken}");
    assert!(taken >= 190, "only {taken} files were taken in");
}

#[test]
fn names_are_read_by_their_character_sets() {
    let Some(folder) = support::shared("dicom/pydicom/charset_files") else {
        return;
    };
    for (file, name) in [
        ("chrArab.dcm", "قباني^لنزار"),
        ("chrFren.dcm", "Buc^Jérôme"),
        ("chrGerm.dcm", "Äneas^Rüdiger"),
        ("chrGreek.dcm", "Διονυσιος"),
        ("chrH31.dcm", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        ("chrH32.dcm", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"),
        ("chrHbrw.dcm", "שרון^דבורה"),
        ("chrI2.dcm", "Hong^Gildong=洪^吉洞=홍^길동"),
        ("chrRuss.dcm", "Люкceмбypг"),
        ("chrX1.dcm", "Wang^XiaoDong=王^小東"),
        ("chrX2.dcm", "Wang^XiaoDong=王^小东"),
    ] {
        let bytes = Bytes::from(fs::read(folder.join(file)).unwrap());
        match parse(bytes) {
            Ok(object) => assert_eq!(object.patient.name.trim_end_matches('='), name, "{file}"),
            Err(error) => panic!("{file}: {error}"),
        }
    }
}

#[test]
fn what_was_made_is_read_back() {
    let file = support::slices(3).remove(1);
    let object = parse(file.clone()).unwrap();
    assert_eq!(object.file, file);
    assert_eq!(object.patient.name, "Zhang^San=张^三");
    assert_eq!(
        (object.patient.id.as_str(), object.patient.issuer.as_str()),
        ("P1", "TEST")
    );
    let value = |tag: &str| object.attributes[tag]["Value"].to_string();
    assert_eq!(value("00200032"), "[-10,-20,32.5]");
    assert_eq!(
        value("00100010"),
        r#"[{"Alphabetic":"Zhang^San","Ideographic":"张^三"}]"#
    );
    assert_eq!(value("00200013"), "[2]");
    assert_eq!(value("00083002"), r#"["1.2.840.10008.1.2.1"]"#);
}

#[test]
fn a_missing_preamble_is_put_in_front() {
    let file = support::slices(1).remove(0);
    for cut in [128, 132] {
        let object = parse(file.slice(cut..)).unwrap();
        assert_eq!(object.file, file, "{cut} bytes cut off");
    }
}

#[test]
fn a_wrong_length_of_the_meta_group_is_set_right() {
    let file = support::slices(1).remove(0);
    let mut wrong = file.to_vec();
    wrong[140..144].copy_from_slice(&9999_u32.to_le_bytes());
    assert_eq!(parse(wrong.into()).unwrap().file, file);
    let missing = [&file[..132], &file[144..]].concat();
    assert_eq!(parse(missing.into()).unwrap().file, file);
}

#[test]
fn broken_files_are_refused() {
    let file = support::slices(1).remove(0);
    let whole = file.to_vec();
    let cases: [(&str, Vec<u8>); 7] = [
        ("nothing", Vec::new()),
        (
            "text",
            b"no DICOM at all, but long enough to hold a preamble ".repeat(8),
        ),
        ("preamble only", whole[..132].to_vec()),
        ("meta group cut", whole[..180].to_vec()),
        ("data set cut", whole[..500].to_vec()),
        ("no data set", whole[..344].to_vec()),
        ("unknown transfer syntax", {
            let at = whole
                .windows(20)
                .position(|w| w.starts_with(b"1.2.840.10008.1.2.1\0"))
                .unwrap();
            let mut bytes = whole.clone();
            bytes[at..at + 19].copy_from_slice(b"1.2.840.10008.1.2.9");
            bytes
        }),
    ];
    for (name, bytes) in cases {
        let error = parse(Bytes::from(bytes)).expect_err(name);
        println!("{name}: {error}");
        assert!(!error.to_string().contains("Zhang"), "{name}");
    }
}

#[test]
fn any_byte_may_be_wrong_without_a_panic() {
    let file = support::slices(1).remove(0).to_vec();
    // Every place in the header takes a few values that lengths and tags choke on.
    for place in 128..file.len().min(1200) {
        for value in [0x00, 0x7f, 0xff] {
            let mut bytes = file.clone();
            bytes[place] = value;
            let _ = parse(Bytes::from(bytes));
        }
    }
}

#[test]
fn a_directory_is_no_object() {
    let Some(folder) = support::shared("dicom/pydicom/test_files/dicomdirtests") else {
        return;
    };
    let bytes = Bytes::from(fs::read(folder.join("DICOMDIR")).unwrap());
    assert!(matches!(parse(bytes), Err(ParseError::Directory)));
}
