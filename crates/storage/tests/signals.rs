//! Readings in any order, twice, before and after they are sealed: what is kept is the same.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "the helpers of tests fail as tests do"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::Arc,
};

use policy::{Action, Permit, Scope};
use proptest::prelude::*;
use record::{
    Arrived, Batch, FactBody, NewFact, Precondition, QualityMark, Readings, Record, RecordError,
    SeriesQuery, SignalKind, SignalPart, Signals, SpanQuery,
};
use storage::{SignalOptions, rebuild, restore, verify, verify_with_terms};
use vocabulary::{Coding, Digest, PatientId, Timestamp};

#[path = "shared/readings.rs"]
mod readings;
mod shared;

use readings::{arrived, content, counted, ever, one, open_both, read_all, tiny};
use shared::{actor, all};

const DEVICES: u64 = 3;

/// What a property test does.
#[derive(Clone, Debug)]
enum Step {
    One(u64, i64, f64),
    Piece(u64, i64, Vec<f64>),
    Seal,
    Reopen,
}

/// Few times and values, so that many come again and some contradict each other.
fn step() -> impl Strategy<Value = Step> {
    let value = || (0..4_u8).prop_map(f64::from);
    prop_oneof![
        6 => (0..DEVICES, 0..120_i64, value()).prop_map(|(d, at, v)| Step::One(d, at, v)),
        3 => (0..DEVICES, 0..120_i64, prop::collection::vec(value(), 1..30))
            .prop_map(|(d, at, values)| Step::Piece(d, at, values)),
        1 => Just(Step::Seal),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_is_kept_does_not_depend_on_order_repetition_or_restarts(
        steps in prop::collection::vec(step(), 1..80)
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(check(steps));
    }
}

async fn check(steps: Vec<Step>) {
    let folder = tempfile::tempdir().unwrap();
    let mut expected: BTreeMap<u64, BTreeSet<(i64, u64)>> = BTreeMap::new();
    let mut both = open_both(folder.path(), tiny());
    for step in steps {
        let arrived = match step {
            Step::Seal => {
                both.1.seal().await.unwrap();
                assert_eq!(both.1.unsealed(), 0);
                continue;
            }
            Step::Reopen => {
                drop(both);
                both = open_both(folder.path(), tiny());
                continue;
            }
            Step::One(device, at, value) => (device, one(device, at * 1000, value)),
            Step::Piece(device, at, values) => {
                let readings = Readings::Regular {
                    start: Timestamp(at * 1000),
                    period_us: 1_000_000,
                    values,
                };
                (device, arrived(device, readings))
            }
        };
        let (device, arrived) = arrived;
        let known = expected.entry(device).or_default();
        let before = known.len();
        let pieces: Vec<(i64, f64)> = arrived
            .readings
            .timed()
            .map(|(at_us, value)| (at_us.unwrap(), value))
            .collect();
        known.extend(
            pieces
                .iter()
                .map(|(at_us, value)| (*at_us, value.to_bits())),
        );
        let new = known.len() - before;
        let taken = both.1.append(vec![arrived]).await.unwrap();
        assert_eq!((taken[0].new, taken[0].known), (new, pieces.len() - new));
    }
    let kept = content(&both.1, DEVICES).await;
    for device in 0..DEVICES {
        let wanted: Vec<(i64, u64)> = expected
            .remove(&device)
            .unwrap_or_default()
            .into_iter()
            .collect();
        assert_eq!(kept[&device], wanted, "device {device}");
        assert_eq!(counted(&both.1, device).await, wanted.len() as u64);
        // The roll-ups count the same.
        let span = SpanQuery {
            from_us: 0,
            to_us: 200_000_000,
            ..ever(device)
        };
        for points in [2, 7, 50, 5000] {
            let rolled = both.1.rollup(&all(), &span, points).await.unwrap();
            assert!(rolled.buckets.len() <= points);
            let count: u64 = rolled.buckets.iter().map(|bucket| bucket.count).sum();
            assert_eq!(count, wanted.len() as u64, "{points} points");
        }
    }
    drop(both);
    let report = verify(folder.path(), true).unwrap();
    assert!(report.is_sound(), "{:?}", report.fault);
}

#[tokio::test]
async fn another_value_at_the_same_time_is_kept_and_marked() {
    let folder = tempfile::tempdir().unwrap();
    let (_record, signals) = open_both(folder.path(), tiny());
    for sealed in [false, true] {
        let at = if sealed { 9_000 } else { 5_000 };
        signals.append(vec![one(0, at, 70.0)]).await.unwrap();
        if sealed {
            signals.seal().await.unwrap();
        }
        let taken = signals.append(vec![one(0, at, 71.0)]).await.unwrap();
        assert_eq!((taken[0].new, taken[0].conflicting), (1, 1));
        let taken = signals.append(vec![one(0, at, 71.0)]).await.unwrap();
        assert_eq!((taken[0].new, taken[0].known), (0, 1));
    }
    let kept = read_all(&signals, &all(), 0).await;
    let conflicting = |value: f64| {
        let found = kept.iter().filter(|one| one.value == value);
        let marks: Vec<bool> = found
            .map(|one| one.marks.contains(&QualityMark::Conflicting))
            .collect();
        marks
    };
    assert_eq!(conflicting(70.0), [false, false]);
    assert_eq!(conflicting(71.0), [true, true]);
}

#[tokio::test]
async fn the_newest_correction_of_a_time_stands_and_all_else_there_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (_record, signals) = open_both(folder.path(), tiny());
    let corrected = |at: i64, value: f64, received_ms: i64| Arrived {
        quality: vec![QualityMark::Correction { received_ms }],
        ..one(0, at, value)
    };
    for (at, sealed) in [(5_000, false), (9_000, true)] {
        signals.append(vec![one(0, at, 170.0)]).await.unwrap();
        // The last puts the first right again; each may come twice.
        for (value, received_ms) in [(71.0, 1), (72.0, 2), (170.0, 3), (170.0, 3), (71.0, 1)] {
            if sealed {
                signals.seal().await.unwrap();
            }
            let taken = signals
                .append(vec![corrected(at, value, received_ms)])
                .await;
            assert_eq!(taken.unwrap()[0].conflicting, 0);
        }
        // What was wrong comes again as it was.
        let taken = signals.append(vec![one(0, at, 71.0)]).await.unwrap();
        assert_eq!(taken[0].known, 1);
    }
    let standing: Vec<(i64, f64)> = read_all(&signals, &all(), 0)
        .await
        .iter()
        .filter(|one| !one.marks.contains(&QualityMark::Superseded))
        .map(|one| (one.at_us, one.value))
        .collect();
    assert_eq!(standing.len(), 2, "{standing:?}");
    assert!(standing.iter().all(|(_, value)| *value == 170.0));
    let found = signals.series(&all(), &SeriesQuery::default()).await;
    assert_eq!(found.unwrap()[0].last.value, 170.0);
}

#[tokio::test]
async fn what_was_taken_back_stands_no_more_until_it_is_said_anew() {
    let folder = tempfile::tempdir().unwrap();
    let both = open_both(folder.path(), SignalOptions::default());
    let says = |value: f64, received_ms: i64, takes_back: bool| {
        let mut quality = vec![QualityMark::Correction { received_ms }];
        quality.extend(takes_back.then_some(QualityMark::Superseded));
        let said = one(0, 5_000, value);
        Arrived { quality, ..said }
    };
    both.1.append(vec![one(0, 5_000, 97.0)]).await.unwrap();
    both.1.append(vec![one(0, 65_000, 90.0)]).await.unwrap();
    let span = SpanQuery {
        from_us: 0,
        to_us: 10_000_000,
        ..ever(0)
    };
    // Each comes twice; the last two are of one moment, as where one value stands in the place of another.
    for (said, stands) in [
        (says(97.0, 1, true), vec![]),
        (says(97.0, 2, false), vec![97.0]),
        (says(97.0, 3, true), vec![]),
        (says(95.0, 3, false), vec![95.0]),
    ] {
        for (again, new) in [(false, 1), (true, 0)] {
            if again {
                both.1.seal().await.unwrap();
            }
            let taken = both.1.append(vec![said.clone()]).await.unwrap();
            assert_eq!((taken[0].new, taken[0].conflicting), (new, 0), "{said:?}");
            let page = both.1.read(&all(), &span, 99).await.unwrap();
            let standing = page.readings.iter();
            let standing = standing.filter(|one| !one.marks.contains(&QualityMark::Superseded));
            let standing: Vec<f64> = standing.map(|one| one.value).collect();
            assert_eq!(standing, stands, "{said:?}");
            let rolled = both.1.rollup(&all(), &span, 10).await.unwrap();
            let drawn: Vec<f64> = rolled.buckets.iter().map(|one| one.mean).collect();
            assert_eq!(drawn, stands, "{said:?}");
        }
    }
    drop(both);
    let report = verify(folder.path(), true).unwrap();
    assert!(report.is_sound(), "{:?}", report.fault);
}

#[tokio::test]
async fn what_was_corrected_is_no_spike_in_what_is_drawn() {
    let span = SpanQuery {
        from_us: 0,
        to_us: 200_000_000,
        ..ever(0)
    };
    let right = Arrived {
        quality: vec![QualityMark::Correction { received_ms: 1 }],
        ..one(0, 65_000, 72.0)
    };
    // So many marks that a fact does not name all.
    let marked = (0..40).map(|n: u8| Arrived {
        quality: vec![QualityMark::Other(n.to_string())],
        ..one(0, 5_000 + i64::from(n), 80.0)
    });
    let later: Vec<Arrived> = marked.chain([right]).collect();
    for (sealed_wrong, sealed_right) in [(false, false), (true, false), (false, true), (true, true)]
    {
        let folder = tempfile::tempdir().unwrap();
        let both = open_both(folder.path(), SignalOptions::default());
        let wrong = vec![one(0, 65_000, 270.0)];
        both.1.append(wrong).await.unwrap();
        if sealed_wrong {
            both.1.seal().await.unwrap();
        }
        both.1.append(later.clone()).await.unwrap();
        if sealed_right {
            both.1.seal().await.unwrap();
        }
        for points in [4, 50, 5000] {
            let rolled = both.1.rollup(&all(), &span, points).await.unwrap();
            let most = rolled.buckets.iter().map(|one| one.max).fold(0.0, f64::max);
            let least = rolled
                .buckets
                .iter()
                .map(|one| one.min)
                .fold(999.0, f64::min);
            let count: u64 = rolled.buckets.iter().map(|one| one.count).sum();
            let what = format!("{sealed_wrong} {sealed_right} {points}");
            assert_eq!((least, most, count), (72.0, 80.0, 41), "{what}");
        }
        drop(both);
        let report = verify(folder.path(), true).unwrap();
        assert!(report.is_sound(), "{:?}", report.fault);
    }
}

#[tokio::test]
async fn a_reading_sent_again_after_its_device_was_given_to_another_patient_is_still_one() {
    let folder = tempfile::tempdir().unwrap();
    let (_record, signals) = open_both(folder.path(), tiny());
    signals.append(vec![one(0, 1000, 60.0)]).await.unwrap();
    let mut again = one(0, 1000, 60.0);
    again.subject = Some(PatientId::new("p9").unwrap());
    for sealed in [false, true] {
        if sealed {
            signals.seal().await.unwrap();
        }
        let taken = signals.append(vec![again.clone()]).await.unwrap();
        assert_eq!((taken[0].new, taken[0].known), (0, 1), "sealed: {sealed}");
    }
    assert_eq!(read_all(&signals, &all(), 0).await.len(), 1);
}

#[tokio::test]
async fn what_is_no_reading_is_refused_and_nothing_of_the_append_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (_record, signals) = open_both(folder.path(), tiny());
    let mut nameless = one(0, 0, 1.0);
    nameless.unit = String::new();
    let empty = Readings::Regular {
        start: Timestamp(0),
        period_us: 1,
        values: vec![],
    };
    for bad in [
        one(0, 0, f64::NAN),
        one(0, 0, f64::INFINITY),
        one(0, i64::MAX, 1.0),
        one(0, -3_000_000_000_000, 1.0),
        nameless,
        arrived(0, empty),
    ] {
        let refused = signals.append(vec![one(1, 0, 1.0), bad]).await;
        let Err(RecordError::Conflict { index: 1, .. }) = refused else {
            panic!("{refused:?}");
        };
    }
    assert_eq!(content(&signals, 2).await[&1], []);
}

#[tokio::test]
async fn a_permit_shows_its_patients_and_the_sensors_of_rooms() {
    let folder = tempfile::tempdir().unwrap();
    let (_record, signals) = open_both(folder.path(), tiny());
    for device in 0..3 {
        signals.append(vec![one(device, 0, 1.0)]).await.unwrap();
    }
    let patients = [PatientId::new("p0").unwrap()].into_iter().collect();
    let scope = Scope::Patients(Arc::new(patients));
    let permit = Permit::for_test(actor(), Action::ReadRecord, scope);
    for sealed in [false, true] {
        if sealed {
            signals.seal().await.unwrap();
        }
        let seen = signals
            .series(&permit, &SeriesQuery::default())
            .await
            .unwrap();
        let devices: Vec<&str> = seen
            .iter()
            .map(|one| one.series.stream.device.as_str())
            .collect();
        assert_eq!(devices, ["d0", "d2"], "sealed: {sealed}");
        assert_eq!(
            signals
                .read(&permit, &ever(0), 9)
                .await
                .unwrap()
                .readings
                .len(),
            1
        );
        for refused in [
            signals.read(&permit, &ever(1), 9).await.map(drop),
            signals.rollup(&permit, &ever(1), 9).await.map(drop),
        ] {
            assert!(
                matches!(refused, Err(RecordError::NotPermitted)),
                "{refused:?}"
            );
        }
    }
    for refused in [signals.live(&permit), signals.unkept(&permit)] {
        assert!(matches!(refused, Err(RecordError::NotPermitted)));
    }
}

#[tokio::test]
async fn who_listens_hears_each_new_reading_once() {
    let folder = tempfile::tempdir().unwrap();
    let (_record, signals) = open_both(folder.path(), tiny());
    let mut live = signals.live(&all()).unwrap();
    for value in [1.0, 2.0, 1.0] {
        signals
            .append(vec![one(0, value as i64 * 1000, value)])
            .await
            .unwrap();
    }
    let values: Vec<_> = [live.try_recv().unwrap(), live.try_recv().unwrap()]
        .iter()
        .map(|one| one.readings.clone())
        .collect();
    assert_eq!(
        values,
        [one(0, 1000, 1.0).readings, one(0, 2000, 2.0).readings]
    );
    assert!(live.try_recv().is_err());
}

#[tokio::test]
async fn what_measured_nothing_is_kept_and_in_no_figure() {
    let span = SpanQuery {
        from_us: 0,
        to_us: 200_000_000,
        ..ever(0)
    };
    // So many marks that a fact does not name all.
    let marked = (0..40).map(|n: u8| Arrived {
        quality: vec![QualityMark::Other(n.to_string())],
        ..one(0, 5_000 + i64::from(n), 80.0)
    });
    let unmeasured = [
        QualityMark::Test,
        QualityMark::Calibrating,
        QualityMark::Artefact,
    ];
    let unmeasured = (0..).zip(unmeasured).map(|(n, mark)| Arrived {
        quality: vec![mark],
        ..one(0, 65_000 + n, 250.0)
    });
    let arrived: Vec<Arrived> = marked.chain(unmeasured).collect();
    for sealed in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let both = open_both(folder.path(), SignalOptions::default());
        both.1.append(arrived.clone()).await.unwrap();
        if sealed {
            both.1.seal().await.unwrap();
        }
        for points in [4, 50, 5000] {
            let rolled = both.1.rollup(&all(), &span, points).await.unwrap();
            let most = rolled.buckets.iter().map(|one| one.max).fold(0.0, f64::max);
            let count: u64 = rolled.buckets.iter().map(|one| one.count).sum();
            assert_eq!((most, count), (80.0, 40), "{sealed} {points}");
        }
        assert_eq!(read_all(&both.1, &all(), 0).await.len(), 43);
        drop(both);
        let report = verify(folder.path(), true).unwrap();
        assert!(report.is_sound(), "{:?}", report.fault);
    }
    // A chunk of nothing else has an empty roll-up.
    let folder = tempfile::tempdir().unwrap();
    let both = open_both(folder.path(), SignalOptions::default());
    let test = Arrived {
        quality: vec![QualityMark::Test],
        ..one(0, 5_000, 80.0)
    };
    both.1.append(vec![test]).await.unwrap();
    both.1.seal().await.unwrap();
    let rolled = both.1.rollup(&all(), &span, 4).await.unwrap();
    assert!(rolled.buckets.is_empty());
    drop(both);
    let report = verify(folder.path(), true).unwrap();
    assert!(report.is_sound(), "{:?}", report.fault);
}

#[tokio::test]
async fn a_sealed_chunk_is_a_fact_whose_bytes_the_ledger_proves() {
    let folder = tempfile::tempdir().unwrap();
    let (record, signals) = open_both(folder.path(), tiny());
    for second in (0..30).chain(50..60) {
        let mut reading = one(0, second * 1000, second as f64);
        if second == 3 {
            reading.quality = vec![QualityMark::OutOfRange];
        }
        signals.append(vec![reading]).await.unwrap();
    }
    signals.seal().await.unwrap();
    let entries = record.entries(&all(), 0, 100).await.unwrap();
    let [entry] = entries.as_slice() else {
        panic!("{} entries", entries.len());
    };
    assert_eq!(entry.fact.subject, Some(PatientId::new("p0").unwrap()));
    let FactBody::SealedSignals(sealed) = &entry.fact.body else {
        panic!("{:?}", entry.fact.body);
    };
    assert_eq!((sealed.count, sealed.number, sealed.gaps.count), (40, 0, 1));
    assert_eq!((sealed.first_us, sealed.last_us), (0, 59_000_000));
    assert_eq!(sealed.marks, [QualityMark::OutOfRange]);
    let bytes = record.entry_bytes(&all(), 0).await.unwrap().unwrap();
    let size = record.checkpoint().await.unwrap().size;
    let proof = record.inclusion(0, size).await.unwrap().unwrap();
    let checkpoint = record.checkpoint().await.unwrap();
    proof.verify(&Digest::of(&bytes), &checkpoint.root).unwrap();
}

#[tokio::test]
async fn a_flipped_bit_is_found_in_what_is_sealed_and_in_what_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (record, signals) = open_both(folder.path(), SignalOptions::default());
    for second in 0..200 {
        signals
            .append(vec![one(0, second * 1000, second as f64)])
            .await
            .unwrap();
    }
    signals.seal().await.unwrap();
    for second in 200..260 {
        signals
            .append(vec![one(0, second * 1000, second as f64)])
            .await
            .unwrap();
    }
    drop((signals, record));
    let report = verify(folder.path(), true).unwrap();
    assert!(report.is_sound(), "{:?}", report.fault);
    assert_eq!(report.unsealed, 260);
    for name in ["journal/00000001.log", "signals/00000001.log"] {
        let file = folder.path().join(name);
        let written = fs::read(&file).unwrap();
        for place in (16..written.len()).step_by(written.len() / 40) {
            let mut bytes = written.clone();
            bytes[place] ^= 1 << (place % 8);
            fs::write(&file, &bytes).unwrap();
            let report = verify(folder.path(), true).unwrap();
            let fault = report
                .fault
                .unwrap_or_else(|| panic!("{name} byte {place} is not seen"));
            assert_eq!(
                (fault.file.as_str(), fault.offset),
                (name, Some(place as u64))
            );
            assert_eq!(fault.byte, Some((bytes[place], written[place])));
        }
        fs::write(&file, &written).unwrap();
    }
}

#[tokio::test]
async fn a_copy_has_what_is_sealed_and_what_is_not_and_the_index_can_be_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let place = tempfile::tempdir().unwrap();
    let (record, signals) = open_both(folder.path(), tiny());
    for second in 0..300 {
        signals
            .append(vec![one(second % 3, second as i64 * 1000, 1.0)])
            .await
            .unwrap();
    }
    signals.seal().await.unwrap();
    for second in 300..330 {
        signals
            .append(vec![one(second % 3, second as i64 * 1000, 1.0)])
            .await
            .unwrap();
    }
    let kept = content(&signals, 3).await;
    record.backup(place.path().join("inside")).await.unwrap();
    storage::backup(folder.path(), place.path().join("outside")).unwrap();
    let indexer: Arc<dyn record::Indexer> = Arc::new(storage::conformance::TestIndexer);
    for copy in ["inside", "outside"] {
        let again = place.path().join(format!("{copy}-again"));
        let report = restore(place.path().join(copy), &again, &indexer).unwrap();
        assert!(report.is_sound(), "{:?}", report.fault);
        rebuild(&again, &indexer).unwrap();
        let (_record, signals) = open_both(&again, tiny());
        assert_eq!(content(&signals, 3).await, kept, "{copy}");
    }
}

async fn purge(
    record: &storage::Embedded,
    part: SignalPart,
    before_ms: i64,
) -> Result<(), RecordError> {
    purge_of(record, part, SignalKind::Any, before_ms).await
}

async fn purge_of(
    record: &storage::Embedded,
    part: SignalPart,
    of: SignalKind,
    before_ms: i64,
) -> Result<(), RecordError> {
    let fact = NewFact::PurgeSignals {
        part,
        of,
        ended_before: Timestamp(before_ms),
        most: 1000,
    };
    let batch = Batch {
        actor: actor(),
        facts: vec![(fact, Precondition::None)],
    };
    record.commit(batch).await.map(drop)
}

#[tokio::test]
async fn readings_go_when_their_time_is_over_and_their_roll_ups_stay() {
    let folder = tempfile::tempdir().unwrap();
    let (record, signals) = open_both(folder.path(), tiny());
    for hour in 0..4_i64 {
        let readings = Readings::Regular {
            start: Timestamp(hour * 3_600_000),
            period_us: 60_000_000,
            values: (0..50).map(f64::from).collect(),
        };
        signals.append(vec![arrived(0, readings)]).await.unwrap();
        signals.seal().await.unwrap();
    }
    let day = SpanQuery {
        from_us: 0,
        to_us: 4 * 3_600_000_000,
        ..ever(0)
    };
    purge(&record, SignalPart::Readings, 2 * 3_600_000)
        .await
        .unwrap();
    let refused = purge(&record, SignalPart::Readings, 2 * 3_600_000).await;
    assert!(
        matches!(refused, Err(RecordError::Conflict { .. })),
        "{refused:?}"
    );
    let check = async |signals: &storage::EmbeddedSignals, rolled: u64| {
        let page = signals.read(&all(), &day, 1000).await.unwrap();
        assert_eq!((page.readings.len(), page.purged), (100, true));
        for points in [2, 40, 5000] {
            let found = signals.rollup(&all(), &day, points).await.unwrap();
            let count: u64 = found.buckets.iter().map(|bucket| bucket.count).sum();
            assert_eq!(count, rolled, "{points} points");
        }
    };
    check(&signals, 200).await;
    purge(&record, SignalPart::RollUps, 3_600_000)
        .await
        .unwrap();
    check(&signals, 150).await;
    drop((signals, record));
    let indexer: Arc<dyn record::Indexer> = Arc::new(storage::conformance::TestIndexer);
    let report = verify_with_terms(folder.path(), &indexer).unwrap();
    assert!(report.is_sound(), "{:?}", report.fault);
    assert_eq!(report.purged, 3);
    rebuild(folder.path(), &indexer).unwrap();
    let (_record, signals) = open_both(folder.path(), tiny());
    check(&signals, 150).await;
    assert_eq!(counted(&signals, 0).await, 200);
}

#[tokio::test]
async fn each_kind_of_readings_goes_after_its_own_time() {
    let folder = tempfile::tempdir().unwrap();
    let (record, signals) = open_both(folder.path(), tiny());
    let values = |value: f64| Readings::Regular {
        start: Timestamp(0),
        period_us: 2000,
        values: (0..50).map(|n| f64::from(n) + value).collect(),
    };
    let mut wave = arrived(3, values(1.5));
    wave.coding = Coding::new("urn:iso:std:iso:11073:10101", "131330");
    // Two of patients, one of the sensor of a room.
    let all_of = vec![arrived(0, values(0.0)), wave, arrived(2, values(3.5))];
    signals.append(all_of).await.unwrap();
    signals.seal().await.unwrap();
    let waves = || vec!["131330".to_owned()];
    let left = async || {
        let mut left = Vec::new();
        for series in signals
            .series(&all(), &SeriesQuery::default())
            .await
            .unwrap()
        {
            let span = SpanQuery {
                id: series.id,
                from_us: 0,
                to_us: 1_000_000,
            };
            let page = signals.read(&all(), &span, 100).await.unwrap();
            if !page.purged {
                left.push(series.series.stream.device.to_string());
            }
        }
        left.sort();
        left
    };
    assert_eq!(left().await, ["d0", "d2", "d3"]);
    for (of, expected) in [
        (SignalKind::Waveforms(waves()), &["d0", "d2"][..]),
        (SignalKind::Environment, &["d0"]),
        (SignalKind::Values { but: waves() }, &[]),
    ] {
        purge_of(&record, SignalPart::Readings, of.clone(), 1000)
            .await
            .unwrap();
        assert_eq!(left().await, expected, "{of:?}");
        let again = purge_of(&record, SignalPart::Readings, of, 1000).await;
        assert!(matches!(again, Err(RecordError::Conflict { .. })));
    }
}

#[tokio::test]
async fn memory_and_the_log_of_arrivals_stay_small() {
    let folder = tempfile::tempdir().unwrap();
    let (_record, signals) = open_both(folder.path(), tiny());
    for second in 0..4000_i64 {
        let device = second.unsigned_abs() % 40;
        let taken = signals
            .append(vec![one(device, second * 1000, 1.0)])
            .await
            .unwrap();
        assert_eq!(taken[0].new, 1);
        assert!(signals.unsealed() <= 2 * tiny().unsealed_readings + 1);
    }
    signals.seal().await.unwrap();
    let left = fs::read_dir(folder.path().join("signals")).unwrap().count();
    assert_eq!(left, 1);
    let mut total = 0;
    for device in 0..40 {
        total += counted(&signals, device).await;
    }
    assert_eq!(total, 4000);
}
