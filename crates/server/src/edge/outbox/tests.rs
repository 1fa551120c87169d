use std::time::{Duration, Instant};

use record::{Readings, StreamKey};
use serde_json::json;
use vocabulary::{Coding, PatientId};

use super::{aside::PAGE, blocks::LOOSE, *};
use crate::{
    edge::{Edge, tests::config, to_its_end},
    ward::Told,
};

fn reading(at: i64) -> Arrived {
    Arrived {
        stream: StreamKey {
            device: DeviceId::new("d").unwrap(),
            stream: "s".to_owned(),
        },
        subject: None,
        coding: Coding::new("x", "y"),
        unit: "1".to_owned(),
        readings: Readings::One {
            at: Timestamp(at),
            value: 0.1,
        },
        received: Timestamp(at),
        quality: vec![],
        message: None,
    }
}

fn step(sequence: u64) -> Told {
    let errand = json!({
        "sequence": sequence, "mission": {
            "id": "m", "ward": "w", "bed": "b", "by": "nurse", "at": "2026-11-27T08:00:00Z", "sent": [],
        },
    });
    serde_json::from_value(errand).unwrap()
}

fn written(sequence: u64) -> Written {
    Written {
        sequence,
        id: format!("o-{sequence}"),
        patient: PatientId::new("p").ok(),
        body: json!({"resourceType": if sequence == 4 { "Device" } else { "Observation" }}),
    }
}

#[test]
fn what_waits_comes_in_its_order_until_it_was_sent_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(folder.path()).unwrap();
    for at in 0..10 {
        outbox.put_now(&[reading(at), reading(at + 100)]).unwrap();
    }
    let first = outbox.next(5).unwrap().unwrap();
    let times = |batch: &Batch| match &batch.what {
        What::Readings(all) => all.iter().map(|one| one.received.0).collect::<Vec<_>>(),
        What::Alarms(_) | What::Written(_) => panic!("only readings were put"),
    };
    let first_times = times(&first);
    assert_eq!(first_times, [0, 100, 1, 101, 2, 102]);
    // Nothing was said of it: it comes again.
    drop(outbox);
    let outbox = Outbox::open(folder.path()).unwrap();
    let again = outbox.next(5).unwrap().unwrap();
    assert_eq!(again.what, first.what);
    outbox
        .sent(&again, &[(1, "no such device".to_owned())])
        .unwrap();
    let waits = outbox.waits().unwrap();
    assert_eq!((waits.readings, waits.sent, waits.refused), (14, 5, 1));
    let [aside] = outbox.aside().unwrap().try_into().unwrap();
    assert_eq!((aside.why.as_str(), aside.times), ("no such device", 1));
    let rest = outbox.next(1000).unwrap().unwrap();
    let rest_times = times(&rest);
    assert_eq!((rest_times.len(), rest_times[0]), (14, 3));
    outbox.sent(&rest, &[]).unwrap();
    assert!(outbox.next(1).unwrap().is_none());
}

#[test]
fn what_the_cloud_did_not_take_is_tried_once_more_behind_what_waits_as_what_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(folder.path()).unwrap();
    let steps = [Step::Alarm(Box::new(step(5))), Step::Written(written(7))];
    outbox.put_now(&[reading(1), reading(2)]).unwrap();
    outbox.put_steps(&steps, 8).unwrap();
    let go_out = |is_taken: bool| {
        let mut went = Vec::new();
        while let Some(batch) = outbox.next(1000).unwrap() {
            let refused = (0..batch.what.len()).map(|index| (index, "find it".to_owned()));
            let refused: Vec<_> = refused.filter(|_| !is_taken).collect();
            outbox.sent(&batch, &refused).unwrap();
            went.push(batch.what);
        }
        went
    };
    let refused = go_out(false);
    assert_eq!(outbox.waits().unwrap().refused, 4);
    assert_eq!(outbox.try_again().unwrap(), 4);
    let waits = outbox.waits().unwrap();
    assert_eq!((waits.readings, waits.alarms, waits.written), (2, 1, 1));
    assert_eq!((waits.refused, outbox.aside().unwrap().len()), (0, 0));
    assert_eq!(go_out(true), refused);
    assert_eq!(outbox.try_again().unwrap(), 0);
}

#[test]
fn much_that_the_cloud_did_not_take_is_put_back_page_by_page_in_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(folder.path()).unwrap();
    let all: Vec<Arrived> = (0..=2 * PAGE).map(reading).collect();
    outbox.put_now(&all).unwrap();
    let batch = outbox.next(all.len()).unwrap().unwrap();
    let refused: Vec<_> = (0..all.len())
        .map(|index| (index, "find it".to_owned()))
        .collect();
    outbox.sent(&batch, &refused).unwrap();
    let (until, moved) = outbox.try_page_again(0, 2 * PAGE + 1, 0).unwrap();
    assert_eq!((until, moved), (PAGE, 500));
    assert_eq!(outbox.try_again().unwrap(), 501);
    assert_eq!(outbox.waits().unwrap().refused, 0);
    let again = outbox.next(all.len()).unwrap().unwrap();
    assert_eq!(again.what, What::Readings(all));
}

#[test]
fn steps_of_alarms_go_out_before_what_waited_longer_and_leave_it_there() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(folder.path()).unwrap();
    let put = |sequence: u64| {
        let steps = [Step::Alarm(Box::new(step(sequence)))];
        outbox.put_steps(&steps, sequence + 1).unwrap();
    };
    for at in 0..4 {
        outbox.put_now(&[reading(at)]).unwrap();
    }
    put(5);
    outbox.put_now(&[reading(4)]).unwrap();
    put(7);
    assert!(outbox.waits_since().unwrap().iter().all(Option::is_some));
    let first = outbox.next(1000).unwrap().unwrap();
    assert_eq!(first.what, What::Alarms(vec![step(5), step(7)]));
    outbox.sent(&first, &[]).unwrap();
    assert!(outbox.waits_since().unwrap()[0].is_none());
    let readings = outbox.next(2).unwrap().unwrap();
    // What comes while a batch is under way stays when that has gone.
    put(9);
    outbox.sent(&readings, &[]).unwrap();
    let mut went = Vec::new();
    while let Some(batch) = outbox.next(1000).unwrap() {
        outbox.sent(&batch, &[]).unwrap();
        went.push(batch.what);
    }
    let rest = vec![reading(2), reading(3), reading(4)];
    assert_eq!(went, [What::Alarms(vec![step(9)]), What::Readings(rest)]);
    assert_eq!(outbox.waits_since().unwrap(), [None, None]);
}

#[test]
fn what_somebody_wrote_down_goes_between_the_readings_in_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(folder.path()).unwrap();
    let steps = [Step::Written(written(3)), Step::Written(written(4))];
    assert!(outbox.devices().unwrap().is_empty());
    outbox.put_now(&[reading(1)]).unwrap();
    outbox.put_steps(&steps, 5).unwrap();
    outbox.put_now(&[reading(2)]).unwrap();
    assert_eq!(outbox.journal().unwrap(), Some(5));
    assert_eq!(outbox.waits().unwrap().written, 2);
    assert_eq!(
        outbox.devices().unwrap(),
        BTreeSet::from(["o-4".to_owned()])
    );
    let mut went = Vec::new();
    while let Some(batch) = outbox.next(1000).unwrap() {
        outbox.sent(&batch, &[]).unwrap();
        went.push(batch.what);
    }
    let expected = [
        What::Readings(vec![reading(1)]),
        What::Written(vec![written(3), written(4)]),
        What::Readings(vec![reading(2)]),
    ];
    assert_eq!(went, expected);
    assert_eq!(outbox.waits().unwrap().written, 0);
    assert!(outbox.devices().unwrap().is_empty());
}

/// How many rows wait, and that what is said of all of them at once is what they say one by one.
fn rows(outbox: &Outbox) -> i64 {
    let waits = outbox.waits().unwrap();
    let database = outbox.shared.database.lock();
    let number = |query: &str| -> i64 { database.query_row(query, [], |row| row.get(0)).unwrap() };
    let said = [waits.readings, waits.alarms, waits.written, waits.refused];
    let found = [
        "SELECT coalesce(sum(readings), 0) FROM waiting",
        "SELECT coalesce(sum(alarms), 0) FROM waiting",
        "SELECT coalesce(sum(written), 0) FROM waiting",
        "SELECT count(*) FROM refused",
    ];
    let said = said.map(|one| i64::try_from(one).unwrap());
    assert_eq!(said, found.map(number));
    let rows = number("SELECT count(*) FROM waiting");
    assert_eq!(waits.oldest.is_some(), rows > 0);
    assert_eq!(waits.newest.is_some(), rows > 0);
    rows
}

/// Sends all that waits, so many readings at once; of readings, when they came.
fn drained(outbox: &Outbox, at_once: usize) -> Vec<i64> {
    let mut went = Vec::new();
    while let Some(batch) = outbox.next(at_once).unwrap() {
        outbox.sent(&batch, &[]).unwrap();
        rows(outbox);
        if let What::Readings(all) = batch.what {
            went.extend(all.iter().map(|one| one.received.0));
        }
    }
    went
}

#[test]
fn what_waits_is_counted_as_it_comes_and_goes_also_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = Outbox::open(folder.path()).unwrap();
    assert_eq!(rows(&outbox), 0);
    for round in 0..3 {
        let two = [reading(round), reading(round + 10)];
        outbox.put_now(&two).unwrap();
        let steps = [
            Step::Alarm(Box::new(step(5))),
            Step::Written(written(7)),
            Step::Written(written(8)),
        ];
        outbox.put_steps(&steps, 9).unwrap();
        let expected = if round == 0 { 4 } else { 8 };
        assert_eq!(rows(&outbox), expected);
        if round == 1 {
            let alarms = outbox.next(1000).unwrap().unwrap();
            let why = "find it".to_owned();
            outbox.sent(&alarms, &[(0, why)]).unwrap();
            assert_eq!(rows(&outbox), 6);
            assert_eq!(outbox.waits().unwrap().alarms, 0);
            outbox.try_again().unwrap();
            assert_eq!(rows(&outbox), 7);
            drained(&outbox, 1);
            assert_eq!(rows(&outbox), 0);
            outbox.put_now(&[reading(20)]).unwrap();
            outbox.put_steps(&steps, 9).unwrap();
        }
        drop(outbox);
        outbox = Outbox::open(folder.path()).unwrap();
    }
    let waits = outbox.waits().unwrap();
    assert_eq!((waits.readings, waits.alarms, waits.written), (3, 2, 4));
}

#[test]
fn what_an_outbox_of_before_holds_is_counted_once_and_goes_out_in_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let database = Connection::open(folder.path().join(OUTBOX)).unwrap();
    let tables = "
        CREATE TABLE waiting (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, readings INTEGER NOT NULL,
            body BLOB NOT NULL) STRICT;
        CREATE TABLE refused (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, why TEXT NOT NULL,
            body BLOB NOT NULL) STRICT;";
    database.execute_batch(tables).unwrap();
    for at in 0..3 {
        let json = serde_json::to_vec(&[reading(at), reading(at + 10)]).unwrap();
        let body = zstd::encode_all(&*json, LEVEL).unwrap();
        let insert = "INSERT INTO waiting (at_ms, readings, body) VALUES (?1, 2, ?2)";
        database.execute(insert, params![at + 100, body]).unwrap();
        let piece = serde_json::to_vec(&reading(at + 20)).unwrap();
        let body = zstd::encode_all(&*piece, LEVEL).unwrap();
        let insert = "INSERT INTO refused (at_ms, why, body) VALUES (?1, 'find it', ?2)";
        database.execute(insert, params![at, body]).unwrap();
    }
    drop(database);
    let outbox = Outbox::open(folder.path()).unwrap();
    assert_eq!(rows(&outbox), 3);
    let waits = outbox.waits().unwrap();
    assert_eq!((waits.readings, waits.refused), (6, 3));
    let ends = (waits.oldest, waits.newest);
    assert_eq!(ends, (Some(Timestamp(100)), Some(Timestamp(102))));
    let [aside] = outbox.aside().unwrap().try_into().unwrap();
    assert_eq!((aside.times, aside.at), (3, Timestamp(2)));
    // A single one goes out of a row of two, and what stays there does so over a restart.
    let first = outbox.next(1).unwrap().unwrap();
    assert!(first.is_least);
    outbox.sent(&first, &[]).unwrap();
    assert_eq!(rows(&outbox), 3);
    drop(outbox);
    let outbox = Outbox::open(folder.path()).unwrap();
    assert_eq!(outbox.waits().unwrap().readings, 5);
    outbox.try_again().unwrap();
    assert_eq!(drained(&outbox, 3), [10, 1, 11, 2, 12, 20, 21, 22]);
    assert_eq!(outbox.waits().unwrap().sent, 9);
}

#[tokio::test]
async fn what_comes_together_is_on_disk_together_and_each_device_keeps_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Arc::new(Outbox::open(folder.path()).unwrap());
    let mut puts = Vec::new();
    for device in 0..200_i64 {
        let outbox = Arc::clone(&outbox);
        puts.push(tokio::spawn(async move {
            for second in 0..2 {
                outbox.put(vec![reading(device * 10 + second)]).await?;
            }
            Ok::<_, RecordError>(())
        }));
    }
    for put in puts {
        put.await.unwrap().unwrap();
    }
    assert_eq!(outbox.waits().unwrap().readings, 400);
    assert!(rows(&outbox) < 400, "each was written by itself");
    drop(outbox);
    let outbox = Outbox::open(folder.path()).unwrap();
    let mut went = drained(&outbox, 1000);
    for device in 0..200 {
        let place = |at: i64| went.iter().position(|one| *one == at).unwrap();
        assert!(place(device * 10) < place(device * 10 + 1));
    }
    went.sort_unstable();
    went.dedup();
    assert_eq!(went.len(), 400);
}

#[test]
fn what_came_one_by_one_becomes_one_row_but_for_what_is_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(folder.path()).unwrap();
    let half = i64::try_from(LOOSE / 2).unwrap();
    let bytes = || -> i64 {
        let database = outbox.shared.database.lock();
        let query = "SELECT sum(length(body)) FROM waiting";
        database.query_row(query, [], |row| row.get(0)).unwrap()
    };
    for at in 0..5 {
        outbox.put_now(&[reading(at)]).unwrap();
    }
    let under_way = outbox.next(5).unwrap().unwrap();
    for at in 5..5 + half {
        outbox.put_now(&[reading(at)]).unwrap();
        if at == 20 {
            outbox.put_steps(&[Step::Written(written(3))], 4).unwrap();
        }
    }
    let before = bytes();
    let joined = outbox.shared.join(0).unwrap();
    assert_eq!(joined, half + 6);
    // Those under way, what was before the step, the step, and what is behind it.
    assert_eq!(rows(&outbox), 5 + 1 + 1 + 1);
    assert!(bytes() < before / 4);
    // Nothing is left to be joined.
    assert_eq!(outbox.shared.join(joined).unwrap(), joined);
    outbox.sent(&under_way, &[]).unwrap();
    let mut went = Vec::new();
    while let Some(batch) = outbox.next(7).unwrap() {
        outbox.sent(&batch, &[]).unwrap();
        rows(&outbox);
        match batch.what {
            What::Readings(all) => went.extend(all.iter().map(|one| one.received.0)),
            What::Written(_) => went.push(-1),
            What::Alarms(_) => panic!("no alarm was put"),
        }
    }
    let mut expected: Vec<_> = (5..5 + half).collect();
    expected.insert(16, -1);
    assert_eq!(went, expected);
}

#[test]
fn what_goes_out_in_pieces_stays_as_it_is_while_others_become_one() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(folder.path()).unwrap();
    let four: Vec<Arrived> = (0..4).map(reading).collect();
    outbox.put_now(&four).unwrap();
    let first = outbox.next(1).unwrap().unwrap();
    outbox.sent(&first, &[]).unwrap();
    let under_way = outbox.next(2).unwrap().unwrap();
    assert_eq!(under_way.what, What::Readings(four[1..3].to_vec()));
    let end = 4 + i64::try_from(LOOSE).unwrap();
    for at in 4..end {
        outbox.put_now(&[reading(at)]).unwrap();
    }
    outbox.shared.join(0).unwrap();
    assert_eq!(rows(&outbox), 2);
    let why = "find it".to_owned();
    outbox.sent(&under_way, &[(1, why)]).unwrap();
    assert_eq!(rows(&outbox), 2);
    let expected: Vec<_> = (3..end).collect();
    assert_eq!(drained(&outbox, 100), expected);
    let waits = outbox.waits().unwrap();
    let all = waits.sent + waits.refused;
    assert_eq!(i64::try_from(all).unwrap(), end);
}

#[test]
fn a_full_row_does_not_go_out_with_a_small_one_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(folder.path()).unwrap();
    let all: Vec<Arrived> = (0..13).map(reading).collect();
    let (few, many) = all.split_at(3);
    outbox.put_now(few).unwrap();
    outbox.put_now(many).unwrap();
    let first = outbox.next(4).unwrap().unwrap();
    assert_eq!(first.what, What::Readings(few.to_vec()));
    outbox.sent(&first, &[]).unwrap();
    let expected: Vec<_> = (3..13).collect();
    assert_eq!(drained(&outbox, 4), expected);
}

#[test]
fn what_cannot_be_read_stays_and_does_not_keep_others_from_becoming_one() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(folder.path()).unwrap();
    let all = i64::try_from(LOOSE).unwrap();
    for at in 0..all {
        outbox.put_now(&[reading(at)]).unwrap();
        if at == 9 {
            outbox.put_steps(&[Step::Written(written(3))], 4).unwrap();
        }
    }
    {
        let database = outbox.shared.database.lock();
        let damage = "UPDATE waiting SET body = x'00' WHERE sequence = 3";
        database.execute(damage, []).unwrap();
    }
    assert_eq!(outbox.shared.join(0).unwrap(), all + 1);
    assert_eq!(rows(&outbox), 10 + 1 + 1);
}

#[tokio::test]
async fn what_the_record_takes_is_put_to_its_end_also_where_who_sent_it_has_gone() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let edge = Edge::open(&config).unwrap().unwrap();
    // While another writes, more wait than have a place.
    let other = Connection::open(config.data.join(OUTBOX)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut puts = Vec::new();
    for at in 0..2_500 {
        let edge = Arc::clone(&edge);
        let put = async move { edge.outbox.put(vec![reading(at)]).await };
        puts.push(tokio::spawn(to_its_end(put)));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    for put in &puts {
        put.abort();
    }
    for put in puts {
        assert!(put.await.is_err(), "nobody was to be answered by now");
    }
    other.execute_batch("COMMIT").unwrap();
    let patience = Instant::now() + Duration::from_secs(30);
    while edge.outbox.waits().unwrap().readings < 2_500 {
        assert!(Instant::now() < patience, "not all was put");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut went = drained(&edge.outbox, 1000);
    went.sort_unstable();
    let expected: Vec<_> = (0..2_500).collect();
    assert_eq!(went, expected);
}

#[tokio::test]
async fn without_room_nobody_hears_that_it_was_kept_and_what_was_kept_stays() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(folder.path()).unwrap();
    let most = |pages: i64| {
        let database = outbox.shared.database.lock();
        database
            .pragma_update(None, "max_page_count", pages)
            .unwrap();
    };
    let pages: i64 = {
        let database = outbox.shared.database.lock();
        let query = "SELECT page_count FROM pragma_page_count";
        database.query_row(query, [], |row| row.get(0)).unwrap()
    };
    most(pages + 4);
    let mut kept = 0;
    loop {
        match outbox.put(vec![reading(kept)]).await {
            Ok(()) => kept += 1,
            Err(RecordError::Full) => break,
            Err(error) => panic!("{error}"),
        }
        assert!(kept < 1000, "there was room for all");
    }
    let waits = outbox.waits().unwrap().readings;
    assert_eq!(i64::try_from(waits).unwrap(), kept);
    most(1 << 20);
    outbox.put(vec![reading(kept)]).await.unwrap();
    let expected: Vec<_> = (0..=kept).collect();
    assert_eq!(drained(&outbox, 1000), expected);
}
