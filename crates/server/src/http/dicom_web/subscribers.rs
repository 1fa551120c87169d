//! UPS-RS: who hears of work items, and the sockets over which they do (PS3.18 sections 11.10 to 11.14).
//!
//! A subscription is a resource of the record. Events are told to those who listen at the moment; nothing is
//! kept for those who do not.

use std::{collections::BTreeSet, pin::pin, sync::Arc};

use axum::{
    Router,
    extract::{
        Path, RawQuery, State, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use dicom::web::{self, ALL_WORK_ITEMS, EventType, FILTERED_WORK_ITEMS, WorkItem, WorkItemSearch};
use fhir::decode_query;
use policy::{Action, Actor, Role};
use record::{Batch, NewFact, Precondition, RecordError, ResourceKey, ResourceQuery};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::broadcast;
use vocabulary::{ActorId, PatientId, Uid};

use super::{
    base,
    workitems::{KIND as WORK_ITEM, attributes, find, object_of},
};
use crate::{
    access,
    hospital::Hospital,
    http::{Caller, Problem, rooms::is_same_origin},
};

/// The kind of resource that a subscription is in the record.
const KIND: &str = "UnifiedProcedureStepSubscription";
/// Subscriptions of the whole hospital.
const MOST: usize = 1000;
/// The longest application entity title.
const LONGEST_TITLE: usize = 16;
/// Work items that a new subscriber hears of at once.
const MOST_AT_FIRST: usize = 1000;

/// The routes of subscriptions and event channels.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route(
            "/workitems/{item}/subscribers/{title}",
            post(subscribe).delete(unsubscribe),
        )
        .route(
            "/workitems/{item}/subscribers/{title}/suspend",
            post(suspend),
        )
        .route("/subscribers/{title}", get(channel))
}

/// Somebody who wants to hear of one work item, or of all.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Subscription {
    /// The application entity title that it is for.
    title: String,
    /// The account that subscribed.
    actor: ActorId,
    /// A work item, or one of the UIDs that stand for all.
    item: String,
    /// Whether work items are to be kept until the subscriber lets go.
    lock: bool,
    /// What all work items must match, where they are filtered.
    filter: String,
}

/// An event on its way to subscribers.
#[derive(Clone, Debug)]
pub struct WorkItemEvent {
    titles: Arc<BTreeSet<String>>,
    subject: Option<PatientId>,
    text: String,
}

/// Where events about work items are told and heard.
#[derive(Clone)]
pub struct WorkItemEvents(broadcast::Sender<WorkItemEvent>);

impl Default for WorkItemEvents {
    fn default() -> Self {
        Self(broadcast::channel(1024).0)
    }
}

impl Subscription {
    fn key(title: &str, item: &str) -> ResourceKey {
        ResourceKey {
            kind: KIND.to_owned(),
            id: format!("{}.{item}", hex::encode(title)),
        }
    }

    fn is_for_all(&self) -> bool {
        self.item == ALL_WORK_ITEMS || self.item == FILTERED_WORK_ITEMS
    }

    /// Whether its subscriber hears of a work item.
    fn wants(&self, uid: &Uid, item: &WorkItem) -> bool {
        if !self.is_for_all() {
            return self.item == uid.as_str();
        }
        let filter = WorkItemSearch::of(&decode_query(&self.filter));
        filter.is_ok_and(|filter| filter.matches(item))
    }
}

async fn subscriptions(hospital: &Hospital) -> Result<Vec<Subscription>, Problem> {
    let query = ResourceQuery {
        kind: KIND.to_owned(),
        terms: Vec::new(),
        sort: Vec::new(),
        limit: MOST,
        offset: 0,
    };
    let found = hospital
        .record
        .search(hospital.finding().await?, &query)
        .await?;
    let read = |body: Value| serde_json::from_value(body.get("subscription")?.clone()).ok();
    Ok(found
        .rows
        .into_iter()
        .filter_map(|row| read(row.body?))
        .collect())
}

/// Tells subscribers of events about a work item; `of` holds what they tell.
pub async fn tell(
    hospital: &Arc<Hospital>,
    uid: &Uid,
    subject: Option<&PatientId>,
    of: &WorkItem,
    kinds: &[EventType],
) -> Result<(), Problem> {
    if kinds.is_empty() || hospital.work_item_events.0.receiver_count() == 0 {
        return Ok(());
    }
    let wanting = subscriptions(hospital).await?.into_iter();
    let titles: BTreeSet<String> = wanting
        .filter(|subscription| subscription.wants(uid, of))
        .map(|subscription| subscription.title)
        .collect();
    send(hospital, &Arc::new(titles), uid, subject, of, kinds);
    Ok(())
}

fn send(
    hospital: &Hospital,
    titles: &Arc<BTreeSet<String>>,
    uid: &Uid,
    subject: Option<&PatientId>,
    of: &WorkItem,
    kinds: &[EventType],
) {
    for (number, kind) in (1..).zip(kinds) {
        // Nobody listening is no failure.
        let _ = hospital.work_item_events.0.send(WorkItemEvent {
            titles: Arc::clone(titles),
            subject: subject.cloned(),
            text: web::work_item_event(*kind, uid.as_str(), of, number).to_string(),
        });
    }
}

fn check_title(title: &str) -> Result<(), Problem> {
    let sound = !title.is_empty()
        && title.len() <= LONGEST_TITLE
        && title
            .bytes()
            .all(|byte| (0x20..0x7f).contains(&byte) && byte != b'\\');
    if sound {
        Ok(())
    } else {
        Err(Problem::bad_input(
            "the application entity title is not well formed",
        ))
    }
}

/// What stands under a subscription's key, if there is one: its version, and the subscription where it holds.
async fn kept(
    hospital: &Hospital,
    key: &ResourceKey,
) -> Result<(u64, Option<Subscription>), Problem> {
    let found = hospital
        .record
        .resource(hospital.finding().await?, key, None)
        .await?;
    let Some(found) = found else {
        return Ok((0, None));
    };
    let body = found
        .body
        .and_then(|body| body.get("subscription").cloned());
    let subscription = body.and_then(|body| serde_json::from_value(body).ok());
    Ok((found.version, subscription))
}

/// Refuses to change what another account subscribed to.
fn check_owner(subscription: &Subscription, actor: &Actor) -> Result<(), Problem> {
    if subscription.actor == actor.id || actor.roles.contains(&Role::Admin) {
        Ok(())
    } else {
        Err(Problem::forbidden(
            "another account subscribed under this title",
        ))
    }
}

async fn subscribe(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path((item, title)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    check_title(&title)?;
    let parameters = decode_query(&query.unwrap_or_default());
    let value = |name: &str| {
        let found = parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone())
    };
    let filter = value("filter").unwrap_or_default();
    WorkItemSearch::of(&decode_query(&filter))?;
    let subscription = Subscription {
        title: title.clone(),
        actor: caller.actor.id.clone(),
        lock: value("deletionlock").is_some_and(|lock| lock == "true"),
        filter,
        item: item.clone(),
    };
    let now = if subscription.is_for_all() {
        let permit = hospital
            .permit(&caller, Action::ReadRecord, &policy::Object::Everyone)
            .await?;
        let all = ResourceQuery {
            kind: WORK_ITEM.to_owned(),
            terms: WorkItemSearch::default().terms(),
            sort: Vec::new(),
            limit: MOST_AT_FIRST,
            offset: 0,
        };
        let rows = hospital
            .record
            .search(&permit, &all)
            .await?
            .rows
            .into_iter();
        rows.filter_map(|row| match row.body {
            Some(Value::Object(body)) => {
                Some((Uid::new(row.key.id).ok()?, row.subject, attributes(body)))
            }
            _ => None,
        })
        .filter(|(uid, _, item)| subscription.wants(uid, item))
        .collect()
    } else {
        let found = find(&hospital, &caller, Action::ReadRecord, &item).await?;
        vec![(found.uid, found.subject, found.item)]
    };
    let key = Subscription::key(&title, &item);
    let (version, known) = kept(&hospital, &key).await?;
    if let Some(known) = &known {
        check_owner(known, &caller.actor)?;
    }
    let body = json!({"resourceType": KIND, "subscription": subscription});
    put(&hospital, &caller, key, version, Some(body)).await?;
    let titles = Arc::new(BTreeSet::from([title.clone()]));
    for (uid, subject, item) in &now {
        let kinds = [EventType::StateReport];
        send(&hospital, &titles, uid, subject.as_ref(), item, &kinds);
    }
    let place = base(&hospital, &headers).replacen("http", "ws", 1);
    let place = format!("{place}/subscribers/{title}");
    Ok((StatusCode::CREATED, [(header::CONTENT_LOCATION, place)]).into_response())
}

async fn put(
    hospital: &Hospital,
    caller: &Caller,
    key: ResourceKey,
    version: u64,
    body: Option<Value>,
) -> Result<(), Problem> {
    let fact = match body {
        Some(body) => NewFact::PutResource {
            key,
            subject: None,
            body,
        },
        None => NewFact::DeleteResource { key },
    };
    let batch = Batch {
        actor: caller.actor.id.clone(),
        facts: vec![(fact, Precondition::Version(version))],
    };
    match hospital.record.commit(batch).await {
        Ok(_) => Ok(()),
        Err(RecordError::Conflict { .. }) => Err(Problem::new(
            StatusCode::CONFLICT,
            "The subscription was changed meanwhile",
            "try again",
        )),
        Err(error) => Err(error.into()),
    }
}

/// Ends a subscription; that to all work items also ends those to each.
async fn unsubscribe(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((item, title)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let all = subscriptions(&hospital).await?.into_iter();
    let of_all = [ALL_WORK_ITEMS, FILTERED_WORK_ITEMS].contains(&item.as_str());
    let ended = all.filter(|one| one.title == title && (of_all || one.item == item));
    end(&hospital, &caller, ended.collect()).await
}

/// Ends the subscription to all work items, and keeps those to each.
async fn suspend(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((item, title)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let all = subscriptions(&hospital).await?.into_iter();
    let ended = all.filter(|one| one.title == title && one.item == item && one.is_for_all());
    end(&hospital, &caller, ended.collect()).await
}

async fn end(
    hospital: &Hospital,
    caller: &Caller,
    ended: Vec<Subscription>,
) -> Result<StatusCode, Problem> {
    if ended.is_empty() {
        return Err(Problem::not_found("there is no such subscription"));
    }
    for subscription in ended {
        check_owner(&subscription, &caller.actor)?;
        let key = Subscription::key(&subscription.title, &subscription.item);
        let (version, known) = kept(hospital, &key).await?;
        if known.is_some() {
            put(hospital, caller, key, version, None).await?;
        }
    }
    Ok(StatusCode::OK)
}

/// Opens the socket over which a subscriber hears of events.
async fn channel(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path(title): Path<String>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    check_title(&title)?;
    if !is_same_origin(&headers) {
        return Err(Problem::forbidden(
            "open the socket from the hospital's own page",
        ));
    }
    let own = subscriptions(&hospital).await?;
    if let Some(one) = own.iter().find(|one| one.title == title) {
        check_owner(one, &caller.actor)?;
    }
    let events = hospital.work_item_events.0.subscribe();
    Ok(upgrade.on_upgrade(move |socket| listen(hospital, caller, title, events, socket)))
}

/// Sends events until either side goes, or the session by which it was opened is over. Each is sent only if the listener
/// may read whom it is about.
async fn listen(
    hospital: Arc<Hospital>,
    caller: Caller,
    title: String,
    mut events: broadcast::Receiver<WorkItemEvent>,
    mut socket: WebSocket,
) {
    let actor = caller.actor.id;
    let mut over = pin!(access::is_over(Arc::clone(&hospital), caller.session));
    loop {
        let event = tokio::select! {
            () = &mut over => return,
            event = events.recv() => event,
            heard = socket.recv() => match heard {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
        };
        let event = match event {
            Ok(event) => event,
            // One who reads too slowly has missed events, which the standard lets them ask for again.
            Err(broadcast::error::RecvError::Lagged(_)) => continue,
            Err(broadcast::error::RecvError::Closed) => return,
        };
        if !event.titles.contains(&title) {
            continue;
        }
        let object = object_of(event.subject.as_ref());
        let may = hospital
            .still_may(&actor, Action::ReadRecord, &object)
            .await;
        if matches!(may, Ok(true)) && socket.send(Message::Text(event.text.into())).await.is_err() {
            return;
        }
    }
}
