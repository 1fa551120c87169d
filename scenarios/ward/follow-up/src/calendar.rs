//! What is due, as an iCalendar file (RFC 5545) for the patient's own calendar.
//!
//! It names no disease: a calendar is often seen by others.

use icalendar::{Calendar, Component as _, Event};
use jiff::civil::Date;
use vocabulary::Timestamp;

use crate::course::FollowUp;

/// The file. A report is a day that comes back, an order a day at the start of its window.
pub fn of(course: &FollowUp, now: Timestamp) -> String {
    let mut calendar = Calendar::new();
    calendar.name("元医随访 · Yuanyi follow-up");
    let stamp = stamp_of(now);
    let next = course.next_report(course.day_of(now)).day;
    let mut report = Event::new();
    report
        .uid(&format!("{}-report@yuanyi", course.id))
        .summary("健康随访：回答几个问题 · Health follow-up: a few questions")
        .add_property(
            "RRULE",
            format!("FREQ=DAILY;INTERVAL={}", course.plan.every_days),
        );
    all_day(&mut report, next);
    calendar.push(with_stamp(report, &stamp));
    for (n, order) in course.orders.iter().enumerate() {
        let mut event = Event::new();
        event
            .uid(&format!("{}-order-{n}@yuanyi", course.id))
            .summary("医院检查 · An examination at the hospital");
        all_day(&mut event, order.from);
        calendar.push(with_stamp(event, &stamp));
    }
    calendar.done().to_string()
}

fn all_day(event: &mut Event, day: Date) {
    let written = day.strftime("%Y%m%d").to_string();
    let next = day.tomorrow().unwrap_or(day).strftime("%Y%m%d").to_string();
    for (name, value) in [("DTSTART", written), ("DTEND", next)] {
        let mut property = icalendar::Property::new(name, value);
        property.add_parameter("VALUE", "DATE");
        event.append_property(property);
    }
}

/// The program has one clock; the library would ask another one.
fn with_stamp(mut event: Event, stamp: &str) -> Event {
    event.add_property("DTSTAMP", stamp);
    event.done()
}

fn stamp_of(now: Timestamp) -> String {
    let instant = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
    instant.strftime("%Y%m%dT%H%M%SZ").to_string()
}
