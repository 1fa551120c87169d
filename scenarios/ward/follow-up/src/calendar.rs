//! What is due, as an iCalendar file (RFC 5545) for the patient's own calendar.
//!
//! It names no disease: a calendar is often seen by others.

use icalendar::{Calendar, Component as _, Event};
use jiff::civil::Date;
use vocabulary::Timestamp;

use crate::{
    course::FollowUp,
    schedule::{Phase, days_after},
};

/// The file. A report is a day that comes back, for as long as its phase of the plan lasts; an order a day at the start
/// of its window.
pub fn of(course: &FollowUp, now: Timestamp) -> String {
    let mut calendar = Calendar::new();
    calendar.name("元医随访 · Yuanyi follow-up");
    let stamp = stamp_of(now);
    let next = course.next_report(course.day_of(now)).day;
    let schedule = course.schedule();
    for (n, phase) in schedule.phases().enumerate() {
        if phase.until.is_some_and(|until| until <= next) {
            continue;
        }
        // The first phase keeps the name that it had when there was no other.
        let of_phase = if n == 0 {
            String::new()
        } else {
            format!("-{}", n + 1)
        };
        let mut report = Event::new();
        report
            .uid(&format!("{}-report{of_phase}@yuanyi", course.id))
            .summary("健康随访：回答几个问题 · Health follow-up: a few questions")
            .add_property("RRULE", rule(phase));
        let is_under_way = *phase == schedule.on(next);
        all_day(&mut report, if is_under_way { next } else { phase.from });
        calendar.push(with_stamp(report, &stamp));
    }
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

/// Comes back until the last day of its phase.
fn rule(phase: &Phase) -> String {
    let until = phase.until.map(|until| days_after(until, -1));
    let until = until.map(|last| format!(";UNTIL={}", last.strftime("%Y%m%d")));
    let every = phase.every_days;
    format!("FREQ=DAILY;INTERVAL={every}{}", until.unwrap_or_default())
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
