//! UPS-RS, the worklist service (PS3.18 chapter 11): what may be done to a work item, by the state machine of
//! PS3.4 annex CC. Work items are data sets in the DICOM JSON model.

use record::matching::{first_text, is_empty};
use serde_json::{Map, Value, json};
use vocabulary::Uid;

use super::WebError;

/// A work item, or the changes to one.
pub type WorkItem = Map<String, Value>;

/// The class of work items.
const UPS_PUSH: &str = "1.2.840.10008.5.1.4.34.6.1";
/// The class of events about them.
const UPS_EVENT: &str = "1.2.840.10008.5.1.4.34.6.4";
/// Stands for all work items in a subscription.
pub const ALL_WORK_ITEMS: &str = "1.2.840.10008.5.1.4.34.5";
/// Stands for all work items that match a filter.
pub const FILTERED_WORK_ITEMS: &str = "1.2.840.10008.5.1.4.34.5.1";

const SOP_CLASS: &str = "00080016";
const SOP_INSTANCE: &str = "00080018";
const TRANSACTION: &str = "00081195";
const STATE: &str = "00741000";
const PROGRESS: &str = "00741002";
const REASON: &str = "00741238";
const MODIFIED: &str = "00404010";
const READINESS: &str = "00404041";
const WORKLIST_LABEL: &str = "00741202";
const PERFORMED: &str = "00741216";
const STATIONS: &str = "00404025";
const PERFORMERS: &str = "00404034";

const SCHEDULED: &str = "SCHEDULED";
const IN_PROGRESS: &str = "IN PROGRESS";
const COMPLETED: &str = "COMPLETED";
const CANCELED: &str = "CANCELED";

/// What a new work item must say (PS3.4 table CC.2.5-3), with the values that there are.
const REQUIRED: &[(&str, &str, &[&str])] = &[
    (STATE, "Procedure Step State", &[SCHEDULED]),
    (
        "00741200",
        "Scheduled Procedure Step Priority",
        &["HIGH", "MEDIUM", "LOW"],
    ),
    ("00741204", "Procedure Step Label", &[]),
    ("00404005", "Scheduled Procedure Step Start DateTime", &[]),
    (
        READINESS,
        "Input Readiness State",
        &["READY", "INCOMPLETE", "UNREADY"],
    ),
];

/// What each performed step must say before the work is complete (PS3.4 table CC.2.5-3, final state).
const REQUIRED_IN_THE_END: &[&str] = &["00404028", "00404050", "00404051", "00404019"];

/// What cannot be changed once a work item is there: who it is, whom it is about, and what has requests of
/// its own.
const FIXED: &[&str] = &[
    SOP_CLASS,
    SOP_INSTANCE,
    TRANSACTION,
    STATE,
    "00100010",
    "00100020",
    "00100021",
    "00100030",
    "00100040",
];

fn bad(why: impl Into<String>) -> WebError {
    WebError::BadRequest(why.into())
}

fn put(item: &mut WorkItem, tag: &str, vr: &str, value: impl Into<Value>) {
    item.insert(tag.to_owned(), json!({"vr": vr, "Value": [value.into()]}));
}

fn state(item: &WorkItem) -> String {
    first_text(item, STATE).unwrap_or_default()
}

/// The one data set of a request: an object, or an array of one.
pub fn data_set(body: &[u8]) -> Result<WorkItem, WebError> {
    let value = serde_json::from_slice(body).map_err(|_| bad("the body is no DICOM JSON"))?;
    let one = match value {
        Value::Array(mut all) if all.len() == 1 => all.pop(),
        Value::Object(item) => Some(Value::Object(item)),
        _ => None,
    };
    let Some(Value::Object(item)) = one else {
        return Err(bad("send one data set, or an array of one"));
    };
    let is_tag = |tag: &String| crate::tag_of_key(tag).is_some();
    let has_vr = |element: &Value| element.get("vr").is_some_and(Value::is_string);
    if item
        .iter()
        .all(|(tag, element)| is_tag(tag) && has_vr(element))
    {
        Ok(item)
    } else {
        Err(bad("an attribute is not in the DICOM JSON model"))
    }
}

/// A new work item. `now` is a DT value.
pub fn created(mut item: WorkItem, uid: &Uid, now: &str) -> Result<WorkItem, WebError> {
    for (tag, name, values) in REQUIRED {
        let value = first_text(&item, tag).unwrap_or_default();
        if value.is_empty() {
            return Err(bad(format!("{name} is missing")));
        }
        if !values.is_empty() && !values.contains(&value.as_str()) {
            return Err(bad(format!("{name} is none of {}", values.join(", "))));
        }
    }
    if !is_empty(&item, TRANSACTION) {
        return Err(bad("a new work item has no Transaction UID"));
    }
    if first_text(&item, SOP_INSTANCE).is_some_and(|own| own != uid.as_str()) {
        return Err(bad(
            "the data set and the address name different work items",
        ));
    }
    item.retain(|tag, _| !tag.starts_with("0000") && !tag.starts_with("0002"));
    put(&mut item, SOP_CLASS, "UI", UPS_PUSH);
    put(&mut item, SOP_INSTANCE, "UI", uid.as_str());
    put(&mut item, MODIFIED, "DT", now);
    item.entry(TRANSACTION)
        .or_insert_with(|| json!({"vr": "UI"}));
    item.entry(WORKLIST_LABEL)
        .or_insert_with(|| json!({"vr": "LO"}));
    item.sort_keys();
    Ok(item)
}

/// A work item as it is told to others: the Transaction UID is known only to who performs it.
pub fn told(mut item: WorkItem) -> WorkItem {
    item.remove(TRANSACTION);
    item
}

/// Refuses one who does not hold the lock of a work item in progress.
fn check_lock(item: &WorkItem, transaction: Option<&str>) -> Result<(), WebError> {
    match (first_text(item, TRANSACTION), transaction) {
        (Some(lock), Some(given)) if lock == given => Ok(()),
        (_, Some(_)) => Err(WebError::Conflict(
            "the Transaction UID is not that of the work item",
        )),
        (_, None) => Err(WebError::Conflict("the Transaction UID is missing")),
    }
}

/// A work item with changes to it.
pub fn updated(
    kept: &WorkItem,
    changes: WorkItem,
    transaction: Option<&str>,
    now: &str,
) -> Result<WorkItem, WebError> {
    let own = first_text(&changes, TRANSACTION);
    let transaction = transaction.or(own.as_deref());
    match state(kept).as_str() {
        SCHEDULED if transaction.is_none() => {}
        SCHEDULED => {
            let why = "nobody performs the work item yet, so that it has no Transaction UID";
            return Err(WebError::Conflict(why));
        }
        IN_PROGRESS => check_lock(kept, transaction)?,
        _ => {
            return Err(WebError::Conflict(
                "the work item is completed or canceled already",
            ));
        }
    }
    let mut item = kept.clone();
    for (tag, element) in changes {
        if FIXED.contains(&tag.as_str()) {
            if tag != TRANSACTION && kept.get(&tag) != Some(&element) {
                return Err(bad(format!("{tag} cannot be changed by an update")));
            }
            continue;
        }
        item.insert(tag, element);
    }
    put(&mut item, MODIFIED, "DT", now);
    item.sort_keys();
    Ok(item)
}

/// What a change of state came to.
#[derive(Clone, Debug, PartialEq)]
pub enum StateChange {
    /// The work item as it is now.
    Done(WorkItem),
    /// It was in that state already; nothing was changed.
    Already(&'static str),
}

/// Changes the state as `wanted` asks, which names the state and the Transaction UID.
pub fn with_state(kept: &WorkItem, wanted: &WorkItem, now: &str) -> Result<StateChange, WebError> {
    let transaction = first_text(wanted, TRANSACTION).filter(|uid| !uid.is_empty());
    let transaction = transaction.ok_or_else(|| bad("the Transaction UID is missing"))?;
    Uid::new(transaction.as_str()).map_err(|_| bad("the Transaction UID is no UID"))?;
    let mut item = kept.clone();
    match (state(kept).as_str(), state(wanted).as_str()) {
        (SCHEDULED, IN_PROGRESS) => {
            put(&mut item, STATE, "CS", IN_PROGRESS);
            put(&mut item, TRANSACTION, "UI", transaction);
        }
        (SCHEDULED, COMPLETED | CANCELED) => {
            return Err(WebError::Conflict("the work item is not in progress yet"));
        }
        (IN_PROGRESS, IN_PROGRESS) => {
            return Err(WebError::Conflict("the work item is in progress already"));
        }
        (IN_PROGRESS, COMPLETED) => {
            check_lock(kept, Some(&transaction))?;
            if !is_performed(kept) {
                let why =
                    "what was performed is not told yet: station, workitem code, start and end";
                return Err(WebError::Conflict(why));
            }
            put(&mut item, STATE, "CS", COMPLETED);
        }
        (IN_PROGRESS, CANCELED) => {
            check_lock(kept, Some(&transaction))?;
            cancel(&mut item, now);
        }
        (COMPLETED, COMPLETED) => {
            return Ok(StateChange::Already(
                "The UPS is already in the requested state of COMPLETED",
            ));
        }
        (CANCELED, CANCELED) => {
            return Ok(StateChange::Already(
                "The UPS is already in the requested state of CANCELED",
            ));
        }
        (COMPLETED | CANCELED, IN_PROGRESS | COMPLETED | CANCELED) => {
            return Err(WebError::Conflict(
                "the work item is completed or canceled already",
            ));
        }
        (_, SCHEDULED) => return Err(WebError::Conflict("no work item becomes scheduled again")),
        _ => return Err(bad("Procedure Step State is none that can be asked for")),
    }
    put(&mut item, MODIFIED, "DT", now);
    item.sort_keys();
    Ok(StateChange::Done(item))
}

fn cancel(item: &mut WorkItem, now: &str) {
    put(item, STATE, "CS", CANCELED);
    // When it was canceled stands in the progress, unless who performed it said so.
    let progress = item
        .entry("00741002")
        .or_insert_with(|| json!({"vr": "SQ", "Value": []}));
    let items = progress
        .as_object_mut()
        .map(|sequence| sequence.entry("Value").or_insert_with(|| json!([])));
    let Some(items) = items.and_then(Value::as_array_mut) else {
        return;
    };
    if items.is_empty() {
        items.push(json!({}));
    }
    if let Some(first) = items.first_mut().and_then(Value::as_object_mut) {
        first
            .entry("00404052")
            .or_insert_with(|| json!({"vr": "DT", "Value": [now]}));
    }
}

fn is_performed(item: &WorkItem) -> bool {
    let items = item
        .get(PERFORMED)
        .and_then(|sequence| sequence.get("Value"));
    let items = items
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let is_told = |performed: &Value| {
        let Some(performed) = performed.as_object() else {
            return false;
        };
        let has = |tag: &&str| {
            let values = performed.get(*tag).and_then(|element| element.get("Value"));
            values
                .and_then(Value::as_array)
                .is_some_and(|values| !values.is_empty())
        };
        REQUIRED_IN_THE_END.iter().all(has)
    };
    !items.is_empty() && items.iter().all(is_told)
}

/// What a request to cancel comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum CancelRequest {
    /// Nobody had begun: it is canceled.
    Canceled(WorkItem),
    /// Who performs it is asked.
    Asked,
    /// It was canceled already.
    Already(&'static str),
}

/// Asks for a work item to be canceled, by one who does not perform it.
pub fn cancel_requested(
    kept: &WorkItem,
    request: &WorkItem,
    now: &str,
) -> Result<CancelRequest, WebError> {
    match state(kept).as_str() {
        SCHEDULED => {
            let mut item = kept.clone();
            if let Some(reason) = request.get(REASON) {
                item.insert(REASON.to_owned(), reason.clone());
            }
            cancel(&mut item, now);
            put(&mut item, MODIFIED, "DT", now);
            item.sort_keys();
            Ok(CancelRequest::Canceled(item))
        }
        IN_PROGRESS => Ok(CancelRequest::Asked),
        CANCELED => Ok(CancelRequest::Already(
            "The UPS is already in the requested state of CANCELED",
        )),
        _ => Err(WebError::Conflict("the work item is completed already")),
    }
}

/// What subscribers hear of (PS3.4 table CC.2.4-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    /// The state, or the readiness of the input, is another.
    StateReport = 1,
    /// Somebody asks who performs it to cancel it.
    CancelRequested = 2,
    /// The work goes on.
    ProgressReport = 3,
    /// It was given to a station or to people.
    Assigned = 5,
}

impl EventType {
    /// What an event of this kind tells of a work item.
    fn attributes(self) -> &'static [&'static str] {
        match self {
            Self::StateReport => &[STATE, READINESS, REASON, "00081190"],
            Self::CancelRequested => &[REASON, "0074100E", "0074100A", "0074100C", "00741236"],
            Self::ProgressReport => &[PROGRESS],
            Self::Assigned => &[STATIONS, "00404026", "00404027", PERFORMERS],
        }
    }
}

/// An event about a work item, as it is sent. `of` holds what the event tells.
pub fn event(kind: EventType, uid: &str, of: &WorkItem, number: u16) -> Value {
    let mut event = Map::new();
    put(&mut event, "00000002", "UI", UPS_EVENT);
    put(&mut event, "00000110", "US", number);
    put(&mut event, "00001000", "UI", uid);
    put(&mut event, "00001002", "US", kind as u16);
    for tag in kind.attributes() {
        if let Some(element) = of.get(*tag) {
            event.insert((*tag).to_owned(), element.clone());
        }
    }
    Value::Object(event)
}

/// What subscribers hear of a change; `before` is missing for a new work item.
pub fn events(before: Option<&WorkItem>, after: &WorkItem) -> Vec<EventType> {
    let changed = |tags: &[&str]| {
        tags.iter()
            .any(|tag| before.and_then(|before| before.get(*tag)) != after.get(*tag))
    };
    let mut events = Vec::new();
    if changed(&[STATE, READINESS]) {
        events.push(EventType::StateReport);
    }
    if changed(&[PROGRESS]) {
        events.push(EventType::ProgressReport);
    }
    if changed(&[STATIONS, "00404026", "00404027", PERFORMERS]) {
        events.push(EventType::Assigned);
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "20260102101530";
    const LOCK: &str = "2.25.1";

    fn item() -> WorkItem {
        let mut item = Map::new();
        for (tag, vr, value) in [
            (STATE, "CS", SCHEDULED),
            ("00741200", "CS", "HIGH"),
            ("00741204", "LO", "Segment"),
            ("00404005", "DT", "20260102"),
            (READINESS, "CS", "READY"),
        ] {
            put(&mut item, tag, vr, value);
        }
        created(item, &Uid::new("1.2.3").unwrap(), NOW).unwrap()
    }

    fn wanted(state: &str, lock: &str) -> WorkItem {
        let mut wanted = Map::new();
        put(&mut wanted, STATE, "CS", state);
        put(&mut wanted, TRANSACTION, "UI", lock);
        wanted
    }

    fn then(item: &WorkItem, state: &str, lock: &str) -> Result<WorkItem, u16> {
        match with_state(item, &wanted(state, lock), NOW) {
            Ok(StateChange::Done(item)) => Ok(item),
            Ok(StateChange::Already(_)) => Err(200),
            Err(error) => Err(error.status()),
        }
    }

    #[test]
    fn states_follow_the_table_of_the_standard() {
        let scheduled = item();
        assert_eq!(then(&scheduled, COMPLETED, LOCK), Err(409));
        assert_eq!(then(&scheduled, CANCELED, LOCK), Err(409));
        assert_eq!(then(&scheduled, SCHEDULED, LOCK), Err(409));
        assert_eq!(then(&scheduled, "DONE", LOCK), Err(400));
        let begun = then(&scheduled, IN_PROGRESS, LOCK).unwrap();
        assert_eq!(then(&begun, IN_PROGRESS, LOCK), Err(409));
        assert_eq!(then(&begun, CANCELED, "2.25.9"), Err(409), "another's lock");
        assert_eq!(
            then(&begun, COMPLETED, LOCK),
            Err(409),
            "nothing was performed"
        );
        assert!(!told(begun.clone()).contains_key(TRANSACTION));
        let code = json!({"vr": "SQ", "Value": [{}]});
        let performed = json!({"vr": "SQ", "Value": [{
            "00404028": code, "00404019": code,
            "00404050": {"vr": "DT", "Value": [NOW]}, "00404051": {"vr": "DT", "Value": [NOW]},
        }]});
        let mut changes = Map::new();
        changes.insert(PERFORMED.to_owned(), performed);
        let told = updated(&begun, changes.clone(), Some(LOCK), NOW).unwrap();
        assert!(updated(&begun, changes.clone(), None, NOW).is_err());
        let complete = then(&told, COMPLETED, LOCK).unwrap();
        assert_eq!(then(&complete, COMPLETED, LOCK), Err(200));
        assert_eq!(then(&complete, CANCELED, LOCK), Err(409));
        assert_eq!(
            updated(&complete, changes, Some(LOCK), NOW)
                .unwrap_err()
                .status(),
            409
        );
        let canceled = then(&begun, CANCELED, LOCK).unwrap();
        assert_eq!(then(&canceled, CANCELED, LOCK), Err(200));
        assert!(!is_empty(&canceled, "00741002.00404052"));
    }

    #[test]
    fn what_is_missing_or_fixed_is_named() {
        let uid = Uid::new("1.2.3").unwrap();
        for (tag, name, _) in REQUIRED {
            let mut without = item();
            without.remove(*tag);
            let error = created(without, &uid, NOW).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
        let mut other = Map::new();
        put(&mut other, "00100020", "LO", "someone else");
        assert_eq!(
            updated(&item(), other, None, NOW).unwrap_err().status(),
            400
        );
        assert_eq!(
            updated(&item(), Map::new(), Some(LOCK), NOW)
                .unwrap_err()
                .status(),
            409
        );
        assert!(data_set(b"[{\"00741000\": {\"vr\": \"CS\"}}]").is_ok());
        for body in [
            "[]",
            "[{}, {}]",
            "{\"State\": {\"vr\": \"CS\"}}",
            "{\"00741000\": 1}",
            "x",
        ] {
            assert!(data_set(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn a_request_to_cancel_waits_for_who_performs_it() {
        let scheduled = item();
        let CancelRequest::Canceled(canceled) =
            cancel_requested(&scheduled, &Map::new(), NOW).unwrap()
        else {
            panic!("nobody had begun");
        };
        assert_eq!(state(&canceled), CANCELED);
        assert_eq!(
            events(Some(&scheduled), &canceled)[0],
            EventType::StateReport
        );
        let begun = then(&scheduled, IN_PROGRESS, LOCK).unwrap();
        let asked = cancel_requested(&begun, &Map::new(), NOW).unwrap();
        assert_eq!(asked, CancelRequest::Asked);
        let again = cancel_requested(&canceled, &Map::new(), NOW).unwrap();
        assert!(matches!(again, CancelRequest::Already(_)));
    }

    #[test]
    fn subscribers_hear_what_changed() {
        let new = item();
        assert_eq!(events(None, &new), [EventType::StateReport]);
        let mut changes = Map::new();
        changes.insert(STATIONS.to_owned(), json!({"vr": "SQ", "Value": [{}]}));
        let given = updated(&new, changes, None, NOW).unwrap();
        assert_eq!(events(Some(&new), &given), [EventType::Assigned]);
        let event = event(EventType::StateReport, "1.2.3", &given, 7);
        assert_eq!(event["00001002"]["Value"][0], 1);
        assert_eq!(event["00741000"]["Value"][0], SCHEDULED);
        assert_eq!(event.get(TRANSACTION), None);
    }
}
