use policy::{Action, Permit, Scope};
use record::{
    Batch, NewFact, Precondition, Record, RecordError, ResourceKey, ResourceVersion, Sealed,
};
use serde_json::{Value, json};

use crate::{
    Granting, Issue, Reply, Search, decode_query, definitions,
    json::set,
    parse_search, primitive,
    reply::Failure,
    url::encode,
    validate::unsupported,
    writing::{Beside, Ready},
};

/// FHIR's interactions over a record, with the permits that the caller was given. What a permit is missing
/// for is refused.
#[derive(Clone, Copy)]
pub struct Rest<'a> {
    /// The record.
    pub record: &'a dyn Record,
    /// For reading.
    pub read: Option<&'a Permit>,
    /// For writing facts about patients.
    pub write: Option<&'a Permit>,
    /// For writing what is about no patient: a `write-record` permit on the hospital.
    pub hospital: Option<&'a Permit>,
    /// For writing what decides who sees a patient; asked where that is written.
    pub grant: &'a dyn Granting,
    /// The server's own FHIR address, such as `http://localhost:8080/fhir`.
    pub base: &'a str,
}

impl Rest<'_> {
    /// Reads the current version, or the one asked for.
    pub async fn read(&self, kind: &str, id: &str, version: Option<&str>) -> Reply {
        self.try_read(kind, id, version)
            .await
            .unwrap_or_else(Reply::from)
    }

    async fn try_read(
        &self,
        kind: &str,
        id: &str,
        version: Option<&str>,
    ) -> Result<Reply, Failure> {
        let permit = self.reading()?;
        let key = key_of(kind, id)?;
        let version = match version {
            Some(text) => Some(text.parse().map_err(|_| Failure::not_found())?),
            None => None,
        };
        let found = self.record.resource(permit, &key, version).await?;
        let found = found
            .filter(|found| self.may_show(found))
            .ok_or_else(Failure::not_found)?;
        if found.body.is_some() {
            return Ok(Reply::version(200, found));
        }
        let (zh, en) = (
            "该资源已删除；历史版本仍可读取。",
            "the resource was deleted; its earlier versions can be read.",
        );
        Err(Failure::new(410, "deleted", "", zh, en))
    }

    /// All versions, newest first, as a `history` bundle.
    pub async fn history(&self, kind: &str, id: &str) -> Reply {
        self.try_history(kind, id).await.unwrap_or_else(Reply::from)
    }

    async fn try_history(&self, kind: &str, id: &str) -> Result<Reply, Failure> {
        let key = key_of(kind, id)?;
        let versions = self.record.history(self.reading()?, &key).await?;
        let versions: Vec<_> = versions
            .into_iter()
            .filter(|found| self.may_show(found))
            .collect();
        if versions.is_empty() {
            return Err(Failure::not_found());
        }
        let entries: Vec<Value> = versions
            .iter()
            .map(|version| {
                let method = if version.body.is_some() {
                    "PUT"
                } else {
                    "DELETE"
                };
                let mut entry = json!({
                    "fullUrl": format!("{}/{kind}/{id}", self.base),
                    "request": {"method": method, "url": format!("{kind}/{id}")},
                    "response": {
                        "status": if version.body.is_some() { "200" } else { "204" },
                        "etag": format!("W/\"{}\"", version.version),
                        "lastModified": version.at.to_string(),
                    },
                });
                if let Some(body) = &version.body {
                    set(&mut entry, "resource", body.clone());
                }
                entry
            })
            .collect();
        let bundle = json!({
            "resourceType": "Bundle", "type": "history", "total": entries.len(), "entry": entries,
        });
        Ok(Reply::body(200, bundle))
    }

    /// Searches a type by its decoded parameters; answers a `searchset` bundle.
    pub async fn search(&self, kind: &str, parameters: &[(String, String)]) -> Reply {
        self.try_search(kind, parameters)
            .await
            .unwrap_or_else(Reply::from)
    }

    async fn try_search(
        &self,
        kind: &str,
        parameters: &[(String, String)],
    ) -> Result<Reply, Failure> {
        let permit = self.reading()?;
        let mut search = parse_search(kind, parameters, self.base).map_err(|issues| Failure {
            status: 400,
            issues,
        })?;
        let names_patient = search
            .query
            .terms
            .iter()
            .any(|term| matches!(term.parameter.as_str(), "patient" | "_id"));
        if kind == "AuditEvent" && !names_patient && !is_for_all(permit) {
            let (zh, en) = (
                "请用 patient 指明患者。",
                "name the patient by the parameter patient.",
            );
            return Err(Failure::new(403, "forbidden", "patient", zh, en));
        }
        if search.count_only {
            search.query.limit = 0;
        }
        let page = self.record.search(permit, &search.query).await?;
        Ok(Reply::body(
            200,
            self.searchset(&search, page.rows, page.total),
        ))
    }

    fn searchset(&self, search: &Search, rows: Vec<ResourceVersion>, total: usize) -> Value {
        let (limit, offset) = (search.query.limit, search.query.offset);
        let link = |relation: &str, offset: usize| {
            let mut pairs = search.asked.clone();
            pairs.push(("_count".to_owned(), limit.to_string()));
            if offset > 0 {
                pairs.push(("_offset".to_owned(), offset.to_string()));
            }
            let query: Vec<String> = pairs
                .iter()
                .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
                .collect();
            let url = format!("{}/{}?{}", self.base, search.query.kind, query.join("&"));
            json!({"relation": relation, "url": url})
        };
        let mut links = vec![link("self", offset)];
        if limit > 0 && offset > 0 {
            links.push(link("previous", offset.saturating_sub(limit)));
        }
        if limit > 0 && offset + limit < total {
            links.push(link("next", offset + limit));
        }
        let mut bundle =
            json!({"resourceType": "Bundle", "type": "searchset", "total": total, "link": links});
        let entries: Vec<Value> = rows
            .into_iter()
            .filter_map(|row| {
                Some(json!({
                    "fullUrl": format!("{}/{}/{}", self.base, row.key.kind, row.key.id),
                    "resource": row.body?,
                    "search": {"mode": "match"},
                }))
            })
            .collect();
        // An empty array is no valid FHIR.
        if !entries.is_empty() {
            set(&mut bundle, "entry", Value::Array(entries));
        }
        bundle
    }

    /// Creates a resource; with `if_none_exist` only where that search finds none.
    pub async fn create(&self, kind: &str, body: Value, if_none_exist: Option<&str>) -> Reply {
        self.try_create(kind, body, if_none_exist)
            .await
            .unwrap_or_else(Reply::from)
    }

    async fn try_create(
        &self,
        kind: &str,
        body: Value,
        if_none_exist: Option<&str>,
    ) -> Result<Reply, Failure> {
        if let Some(query) = if_none_exist
            && let Some(existing) = self.the_one(kind, query).await?
        {
            return Ok(Reply::version(200, existing));
        }
        let ready = self
            .ready(
                kind,
                &new_id(),
                body,
                Precondition::Version(0),
                &Beside::new(),
            )
            .await?;
        self.commit_one(ready, 201).await
    }

    /// Updates a resource, or creates it under the id given. `if_match` is the header's value.
    pub async fn update(&self, kind: &str, id: &str, body: Value, if_match: Option<&str>) -> Reply {
        self.try_update(kind, id, body, if_match)
            .await
            .unwrap_or_else(Reply::from)
    }

    async fn try_update(
        &self,
        kind: &str,
        id: &str,
        body: Value,
        if_match: Option<&str>,
    ) -> Result<Reply, Failure> {
        if body
            .get("id")
            .is_some_and(|given| given.as_str() != Some(id))
        {
            let (zh, en) = ("id 与网址中的不一致。", "id is not the one in the address.");
            return Err(Failure::new(400, "value", format!("{kind}.id"), zh, en));
        }
        let (precondition, existed) = self.replacing(kind, id, if_match).await?;
        let ready = self
            .ready(kind, id, body, precondition, &Beside::new())
            .await?;
        self.commit_one(ready, if existed { 200 } else { 201 })
            .await
    }

    /// Deletes a resource; its versions stay. One that is not there any more is deleted already.
    pub async fn delete(&self, kind: &str, id: &str, if_match: Option<&str>) -> Reply {
        self.try_delete(kind, id, if_match)
            .await
            .unwrap_or_else(Reply::from)
    }

    async fn try_delete(
        &self,
        kind: &str,
        id: &str,
        if_match: Option<&str>,
    ) -> Result<Reply, Failure> {
        let nothing = Reply {
            status: 204,
            version: None,
            last_modified: None,
            location: None,
            body: None,
        };
        let (precondition, existed) = self.replacing(kind, id, if_match).await?;
        if !existed {
            return Ok(nothing);
        }
        let fact = NewFact::DeleteResource {
            key: key_of(kind, id)?,
        };
        self.commit(vec![(fact, precondition)]).await?;
        Ok(nothing)
    }

    fn reading(&self) -> Result<&Permit, Failure> {
        self.read
            .filter(|permit| permit.action() == Action::ReadRecord)
            .ok_or_else(Failure::not_permitted)
    }

    /// Who asked for what, or agreed to what, about no patient in particular is for the hospital's programs only; a
    /// search does not find it either.
    fn may_show(&self, found: &ResourceVersion) -> bool {
        let is_open = found.subject.is_some() || !record::tells_of_accounts(&found.key.kind);
        is_open || self.read.is_some_and(is_for_all)
    }

    async fn commit_one(&self, ready: Ready, status: u16) -> Result<Reply, Failure> {
        let Ready {
            key,
            subject,
            precondition,
            body,
        } = ready;
        let fact = NewFact::PutResource {
            key: key.clone(),
            subject,
            body: body.clone(),
        };
        let sealed = self.commit(vec![(fact, precondition)]).await?;
        let sealed = sealed
            .first()
            .ok_or_else(|| RecordError::Damaged("no seal".to_owned()))?;
        let body = stamped(body, sealed);
        let location = Some(format!(
            "{}/{}/{}/_history/{}",
            self.base, key.kind, key.id, sealed.version
        ));
        Ok(Reply {
            status,
            version: Some(sealed.version),
            last_modified: Some(sealed.at),
            location,
            body: Some(body),
        })
    }

    pub(crate) async fn commit(
        &self,
        facts: Vec<(NewFact, Precondition)>,
    ) -> Result<Vec<Sealed>, RecordError> {
        let Some(permit) = self.write_permit().or(self.hospital) else {
            return Err(RecordError::NotPermitted);
        };
        self.record
            .commit(Batch {
                actor: permit.actor().clone(),
                facts,
            })
            .await
    }

    /// The one resource that a condition finds; none, or a failure where there are several.
    pub(crate) async fn the_one(
        &self,
        kind: &str,
        query: &str,
    ) -> Result<Option<ResourceVersion>, Failure> {
        let mut search =
            parse_search(kind, &decode_query(query), self.base).map_err(|issues| Failure {
                status: 400,
                issues,
            })?;
        if search.query.terms.is_empty() {
            let (zh, en) = (
                "条件中没有搜索参数。",
                "the condition has no search parameter.",
            );
            return Err(Failure::new(400, "required", "", zh, en));
        }
        search.query.limit = 2;
        let mut page = self
            .record
            .search(self.writing(kind)?, &search.query)
            .await?;
        if page.total > 1 {
            let (zh, en) = (
                "条件匹配多个资源；请给出更窄的条件。",
                "several resources match the condition; make it narrower.",
            );
            return Err(Failure::new(412, "multiple-matches", "", zh, en));
        }
        Ok(page.rows.pop())
    }
}

pub(crate) fn is_for_all(permit: &Permit) -> bool {
    matches!(permit.scope(), Scope::All)
}

pub(crate) fn key_of(kind: &str, id: &str) -> Result<ResourceKey, Failure> {
    if !definitions::is_supported(kind) {
        return Err(Failure {
            status: 404,
            issues: vec![unsupported()],
        });
    }
    if !primitive::is_id(id) {
        let (zh, en) = (
            "id 只能由 1–64 个字母、数字、“-”或“.”组成。",
            "an id is 1 to 64 letters, digits, '-' or '.'.",
        );
        return Err(Failure {
            status: 400,
            issues: vec![Issue::at("value", "id", zh, en)],
        });
    }
    Ok(ResourceKey {
        kind: kind.to_owned(),
        id: id.to_owned(),
    })
}

pub(crate) fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The body as the record keeps it, with version and time in `meta`.
pub(crate) fn stamped(mut body: Value, sealed: &Sealed) -> Value {
    if let Some(object) = body.as_object_mut() {
        let meta = object.entry("meta").or_insert_with(|| json!({}));
        if let Some(meta) = meta.as_object_mut() {
            meta.insert("versionId".to_owned(), json!(sealed.version.to_string()));
            meta.insert("lastUpdated".to_owned(), json!(sealed.at.to_string()));
        }
    }
    body
}
