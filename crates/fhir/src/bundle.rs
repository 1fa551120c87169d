use std::collections::{BTreeMap, BTreeSet};

use record::{NewFact, Precondition, RecordError, ResourceKey, Sealed};
use serde_json::{Value, json};

use crate::{
    Reply, Rest, compartment, decode_query,
    entry::{Entry, Method, missing, read_entries},
    json::set,
    links::{find_conditions, no_loose_references, rewrite},
    reply::Failure,
    rest::{key_of, new_id},
    writing::Beside,
};

/// What is to be done for an entry, once its identity is known.
#[derive(Debug)]
enum Step {
    /// What a conditional create looked for is there.
    Exists {
        key: ResourceKey,
        version: u64,
    },
    Put {
        key: ResourceKey,
        precondition: Precondition,
        existed: bool,
    },
    Delete {
        key: ResourceKey,
        precondition: Precondition,
        existed: bool,
    },
    Get,
}

impl Step {
    /// The key, where the step writes.
    fn written(&self) -> Option<&ResourceKey> {
        match self {
            Self::Put { key, .. } | Self::Delete { key, .. } => Some(key),
            Self::Exists { .. } | Self::Get => None,
        }
    }
}

impl Rest<'_> {
    /// Does a `transaction`, wholly or not at all, or a `batch`, entry by entry.
    pub async fn bundle(&self, bundle: Value) -> Reply {
        let (kind, entries) = match read_entries(bundle) {
            Ok(read) => read,
            Err(failure) => return failure.into(),
        };
        if kind == "batch" {
            return self.batch(entries).await;
        }
        self.transaction(entries).await.unwrap_or_else(Reply::from)
    }

    async fn batch(&self, entries: Vec<Entry>) -> Reply {
        let mut responses = Vec::with_capacity(entries.len());
        for entry in entries {
            let reply = self.single(entry).await;
            responses.push(response(&reply));
        }
        answer("batch-response", responses)
    }

    /// One entry of a batch, as if it had come alone.
    async fn single(&self, entry: Entry) -> Reply {
        let Entry {
            method,
            kind,
            id,
            query,
            if_none_exist,
            if_match,
            resource,
            place,
            ..
        } = entry;
        let if_match = if_match.as_deref();
        let no_resource = || missing(&place, "resource").into();
        match (method, id, resource) {
            (Method::Get, Some(id), _) => self.read(&kind, &id, None).await,
            (Method::Get, None, _) => self.search(&kind, &decode_query(&query)).await,
            (Method::Delete, Some(id), _) => self.delete(&kind, &id, if_match).await,
            (Method::Post, None, Some(body)) => {
                self.create(&kind, body, if_none_exist.as_deref()).await
            }
            (Method::Put, Some(id), Some(body)) => self.update(&kind, &id, body, if_match).await,
            (Method::Put, None, Some(body)) => match self.the_one(&kind, &query).await {
                Ok(Some(found)) => self.update(&kind, &found.key.id, body, if_match).await,
                Ok(None) => self.create(&kind, body, None).await,
                Err(failure) => failure.into(),
            },
            (Method::Post | Method::Put, _, None) => no_resource(),
            _ => missing(&place, "request.url").into(),
        }
    }

    async fn transaction(&self, mut entries: Vec<Entry>) -> Result<Reply, Failure> {
        // 1. What each entry writes, and the ids that references will lead to.
        let steps = self.identify(&entries).await?;
        // 2. References between entries, and by condition to what is in the record.
        let targets = self.targets(&entries, &steps).await?;
        for entry in &mut entries {
            if let Some(resource) = &mut entry.resource {
                rewrite(resource, &targets);
                no_loose_references(resource, &entry.place)?;
            }
        }
        // 3. Each resource checked, with whom it is about.
        let (facts, order) = self.facts(&mut entries, &steps).await?;
        // 4. All facts at once.
        let sealed = match self.commit(facts).await {
            Err(error) => return Err(conflict_at(error, &order, &entries)),
            Ok(sealed) => sealed,
        };
        let seals: BTreeMap<usize, &Sealed> = order.iter().copied().zip(&sealed).collect();
        // 5. Reading comes last.
        let mut responses = Vec::with_capacity(entries.len());
        for (index, (entry, step)) in entries.into_iter().zip(&steps).enumerate() {
            responses.push(match step {
                Step::Get => response(&self.single(entry).await),
                step => self.written(step, seals.get(&index).copied()),
            });
        }
        Ok(answer("transaction-response", responses))
    }

    async fn identify(&self, entries: &[Entry]) -> Result<Vec<Step>, Failure> {
        let mut steps = Vec::with_capacity(entries.len());
        let mut written = BTreeSet::new();
        for entry in entries {
            let step = self
                .step(entry)
                .await
                .map_err(|failure| failure.below(&entry.place))?;
            if let Some(key) = step.written()
                && !written.insert(key.clone())
            {
                let (zh, en) = (
                    "同一资源在事务中出现两次。",
                    "the same resource is written twice in the transaction.",
                );
                return Err(Failure::new(400, "duplicate", entry.place.clone(), zh, en));
            }
            steps.push(step);
        }
        Ok(steps)
    }

    async fn step(&self, entry: &Entry) -> Result<Step, Failure> {
        let kind = entry.kind.as_str();
        let create = |id: &str| -> Result<Step, Failure> {
            Ok(Step::Put {
                key: key_of(kind, id)?,
                precondition: Precondition::Version(0),
                existed: false,
            })
        };
        let id = match (entry.method, &entry.id) {
            (Method::Get, _) => return Ok(Step::Get),
            (Method::Post, _) => {
                let condition = entry.if_none_exist.as_deref();
                let existing = match condition {
                    Some(condition) => self.the_one(kind, condition).await?,
                    None => None,
                };
                return match existing {
                    Some(found) => Ok(Step::Exists {
                        key: found.key,
                        version: found.version,
                    }),
                    None => create(&new_id()),
                };
            }
            (_, Some(id)) => id.clone(),
            (_, None) => match self.the_one(kind, &entry.query).await? {
                Some(found) => found.key.id,
                None if entry.method == Method::Put => return create(&new_id()),
                None => return Err(Failure::not_found()),
            },
        };
        let (precondition, existed) = self.replacing(kind, &id, entry.if_match.as_deref()).await?;
        let key = key_of(kind, &id)?;
        Ok(match entry.method {
            Method::Delete => Step::Delete {
                key,
                precondition,
                existed,
            },
            _ => Step::Put {
                key,
                precondition,
                existed,
            },
        })
    }

    /// What references are to be replaced by: `fullUrl`s of entries, and conditions.
    async fn targets(
        &self,
        entries: &[Entry],
        steps: &[Step],
    ) -> Result<BTreeMap<String, String>, Failure> {
        let mut targets = BTreeMap::new();
        for (entry, step) in entries.iter().zip(steps) {
            if let (Some(url), Step::Put { key, .. } | Step::Exists { key, .. }) =
                (&entry.full_url, step)
            {
                targets.insert(url.clone(), format!("{}/{}", key.kind, key.id));
            }
        }
        for entry in entries {
            let mut conditions = BTreeSet::new();
            entry
                .resource
                .iter()
                .for_each(|resource| find_conditions(resource, &mut conditions));
            for condition in conditions {
                if targets.contains_key(&condition) {
                    continue;
                }
                let (kind, query) = condition.split_once('?').unwrap_or_default();
                let found = self
                    .the_one(kind, query)
                    .await
                    .map_err(|f| f.below(&entry.place))?;
                let Some(found) = found else {
                    let (zh, en) = (
                        "条件引用没有匹配的资源；请先导入它所指的资源。",
                        "a conditional reference matches nothing; bring in what it refers to first.",
                    );
                    return Err(Failure::new(412, "not-found", entry.place.clone(), zh, en));
                };
                targets.insert(condition, format!("{}/{}", found.key.kind, found.key.id));
            }
        }
        Ok(targets)
    }

    /// The facts in the order of the standard, and for each the entry that it comes from.
    async fn facts(
        &self,
        entries: &mut [Entry],
        steps: &[Step],
    ) -> Result<(Vec<(NewFact, Precondition)>, Vec<usize>), Failure> {
        let beside = beside(entries, steps);
        let mut facts: Vec<(Method, usize, NewFact, Precondition)> = Vec::new();
        let mut issues = Vec::new();
        for (index, (entry, step)) in entries.iter_mut().zip(steps).enumerate() {
            match step {
                Step::Put {
                    key, precondition, ..
                } => {
                    let Some(body) = entry.resource.take() else {
                        return Err(missing(&entry.place, "resource"));
                    };
                    let ready = self.ready(&key.kind, &key.id, body, precondition.clone(), &beside);
                    match ready.await {
                        Ok(ready) => {
                            let fact = NewFact::PutResource {
                                key: ready.key,
                                subject: ready.subject,
                                body: ready.body,
                            };
                            facts.push((entry.method, index, fact, ready.precondition));
                        }
                        Err(failure) if failure.status == 422 && issues.len() < 100 => {
                            issues
                                .extend(failure.below(&format!("{}.resource", entry.place)).issues);
                        }
                        Err(failure) => return Err(failure.below(&entry.place)),
                    }
                }
                Step::Delete {
                    key,
                    precondition,
                    existed: true,
                } => {
                    let fact = NewFact::DeleteResource { key: key.clone() };
                    facts.push((entry.method, index, fact, precondition.clone()));
                }
                _ => {}
            }
        }
        if !issues.is_empty() {
            return Err(Failure {
                status: 422,
                issues,
            });
        }
        facts.sort_by_key(|(method, index, ..)| (*method, *index));
        let order = facts.iter().map(|(_, index, ..)| *index).collect();
        Ok((
            facts
                .into_iter()
                .map(|(_, _, fact, precondition)| (fact, precondition))
                .collect(),
            order,
        ))
    }

    fn written(&self, step: &Step, sealed: Option<&Sealed>) -> Value {
        let location = |key: &ResourceKey, version: u64| {
            format!("{}/{}/{}/_history/{version}", self.base, key.kind, key.id)
        };
        match (step, sealed) {
            (Step::Put { key, existed, .. }, Some(sealed)) => json!({"response": {
                "status": if *existed { "200 OK" } else { "201 Created" },
                "location": location(key, sealed.version),
                "etag": format!("W/\"{}\"", sealed.version),
                "lastModified": sealed.at.to_string(),
            }}),
            (Step::Exists { key, version }, _) => json!({"response": {
                "status": "200 OK",
                "location": location(key, *version),
                "etag": format!("W/\"{version}\""),
            }}),
            _ => json!({"response": {"status": "204 No Content"}}),
        }
    }
}

/// Brings in a resource as an import has it: a transaction or batch is done, anything else is put under its
/// own id, or created where it has none.
pub async fn take(
    record: &dyn record::Record,
    permit: &policy::Permit,
    grant: &dyn crate::Granting,
    resource: Value,
) -> Reply {
    let rest = Rest {
        record,
        read: None,
        write: Some(permit),
        hospital: Some(permit),
        grant,
        base: "/fhir",
    };
    let text = |name: &str| {
        resource
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let kind = text("resourceType").unwrap_or_default();
    let is_work = matches!(text("type").as_deref(), Some("transaction" | "batch"));
    match text("id") {
        _ if kind == "Bundle" && is_work => rest.bundle(resource).await,
        Some(id) => rest.update(&kind, &id, resource, None).await,
        None => rest.create(&kind, resource, None).await,
    }
}

/// The subjects of the resources in the bundle, by type and id.
fn beside(entries: &[Entry], steps: &[Step]) -> Beside {
    let pairs = entries.iter().zip(steps).filter_map(|(entry, step)| {
        let (key, resource) = (step.written()?, entry.resource.as_ref()?);
        let subject = if key.kind == "Patient" {
            key.id.parse().ok()
        } else {
            compartment::patient_of(resource)
        };
        Some(((key.kind.clone(), key.id.clone()), subject))
    });
    pairs.collect()
}

fn conflict_at(error: RecordError, order: &[usize], entries: &[Entry]) -> Failure {
    let place = match &error {
        RecordError::Conflict { index, .. } => order
            .get(*index)
            .and_then(|index| entries.get(*index))
            .map(|entry| entry.place.clone()),
        _ => None,
    };
    let failure = Failure::from(error);
    match place {
        Some(place) => failure.below(&place),
        None => failure,
    }
}

/// One entry's answer in a batch, or of reading in a transaction.
fn response(reply: &Reply) -> Value {
    let mut response = json!({"status": reply.status.to_string()});
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            set(&mut response, name, Value::String(value));
        }
    };
    put("location", reply.location.clone());
    put("etag", reply.etag());
    put("lastModified", reply.last_modified.map(|at| at.to_string()));
    let mut entry = json!({});
    if reply.status >= 400 {
        set(
            &mut response,
            "outcome",
            reply.body.clone().unwrap_or_default(),
        );
    } else if let Some(body) = &reply.body {
        set(&mut entry, "resource", body.clone());
    }
    set(&mut entry, "response", response);
    entry
}

fn answer(kind: &str, entries: Vec<Value>) -> Reply {
    let mut bundle = json!({"resourceType": "Bundle", "type": kind});
    if !entries.is_empty() {
        set(&mut bundle, "entry", Value::Array(entries));
    }
    Reply::body(200, bundle)
}
