//! What may be written, under which permit, and whom it is about.

use std::collections::BTreeMap;

use policy::{Action, Permit};
use record::{Precondition, RecordError, ResourceKey, written_by};
use serde_json::Value;
use vocabulary::PatientId;

use crate::{
    Rest, compartment, definitions,
    index::referred,
    relations::is_task_of,
    reply::Failure,
    rest::{is_for_all, key_of},
    validate::validate,
};

/// A resource that is ready to be committed.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) key: ResourceKey,
    pub(crate) subject: Option<PatientId>,
    pub(crate) precondition: Precondition,
    pub(crate) body: Value,
}

/// Subjects of resources that are not in the record yet, but in the same bundle.
pub(crate) type Beside = BTreeMap<(String, String), Option<PatientId>>;

impl Rest<'_> {
    /// The precondition for replacing what is there now, and whether there is something. The version that
    /// was seen is always demanded, so that whose record it is cannot change in between.
    pub(crate) async fn replacing(
        &self,
        kind: &str,
        id: &str,
        if_match: Option<&str>,
    ) -> Result<(Precondition, bool), Failure> {
        let key = key_of(kind, id)?;
        let permit = self.writing(kind)?;
        let current = match self.record.resource(permit, &key, None).await {
            Err(RecordError::NotPermitted) => return Err(Failure::not_permitted()),
            current => current?,
        };
        let subject = current
            .as_ref()
            .and_then(|current| current.subject.as_ref());
        if current.is_some() && !self.may_write(kind, subject) {
            return Err(Failure::not_permitted());
        }
        if let Some(body) = current.as_ref().and_then(|current| current.body.as_ref()) {
            let is_account = kind == "AuditEvent";
            if is_account || written_by(body).is_some() {
                return Err(Failure::written_elsewhere());
            }
            // What is one's own to do one may end: it lets in nobody but oneself.
            if !is_task_of(body, permit.actor()) {
                self.may_decide_access(subject, body).await?;
            }
        }
        let version = current.as_ref().map_or(0, |current| current.version);
        if let Some(tag) = if_match {
            let wanted: u64 = tag
                .trim()
                .trim_start_matches("W/")
                .trim_matches('"')
                .parse()
                .map_err(|_| {
                    Failure::new(
                        400,
                        "value",
                        "",
                        "If-Match 应为 W/\"版本号\"。",
                        "If-Match is W/\"version\".",
                    )
                })?;
            if wanted != version {
                let (zh, en) = (
                    "资源已有更新的版本；请重新读取。",
                    "there is another version by now; read it again.",
                );
                return Err(Failure::new(412, "conflict", "", zh, en));
            }
        }
        let existed = current.is_some_and(|current| current.body.is_some());
        Ok((Precondition::Version(version), existed))
    }

    /// Checks a resource and whether it may be written.
    pub(crate) async fn ready(
        &self,
        kind: &str,
        id: &str,
        mut body: Value,
        precondition: Precondition,
        beside: &Beside,
    ) -> Result<Ready, Failure> {
        let key = key_of(kind, id)?;
        let issues = validate(&body);
        if !issues.is_empty() {
            return Err(Failure {
                status: 422,
                issues,
            });
        }
        if body.get("resourceType").and_then(Value::as_str) != Some(kind) {
            let (zh, en) = (
                "资源类型与网址不一致。",
                "the resource type is not the one in the address.",
            );
            return Err(Failure::new(400, "value", "resourceType", zh, en));
        }
        if let Some(object) = body.as_object_mut() {
            object.insert("id".to_owned(), Value::String(id.to_owned()));
        }
        let subject = self.subject(kind, &body, beside).await?;
        if !self.may_write(kind, subject.as_ref()) {
            return Err(Failure::not_permitted());
        }
        if written_by(&body).is_some() {
            return Err(Failure::written_elsewhere());
        }
        self.may_decide_access(subject.as_ref(), &body).await?;
        self.stays_with(&key, &precondition, subject.as_ref())
            .await?;
        Ok(Ready {
            key,
            subject,
            precondition,
            body,
        })
    }

    /// A resource stays with the patient whom it was first about.
    async fn stays_with(
        &self,
        key: &ResourceKey,
        precondition: &Precondition,
        subject: Option<&PatientId>,
    ) -> Result<(), Failure> {
        if matches!(precondition, Precondition::Version(0)) {
            return Ok(());
        }
        let before = self
            .record
            .resource(self.writing(&key.kind)?, key, None)
            .await?;
        match before.and_then(|before| before.subject) {
            Some(before) if Some(&before) != subject => {
                let (zh, en) = (
                    "资源不能改属另一患者；请新建。",
                    "a resource cannot move to another patient; create a new one.",
                );
                Err(Failure::new(422, "business-rule", key.kind.clone(), zh, en))
            }
            _ => Ok(()),
        }
    }

    /// Whom a resource is about. `Provenance` and the like are about those whom their targets are about.
    async fn subject(
        &self,
        kind: &str,
        body: &Value,
        beside: &Beside,
    ) -> Result<Option<PatientId>, Failure> {
        let mut patients = compartment::patients_of(body);
        if patients.is_empty() {
            for parameter in ["target", "entity", "focus", "based-on"] {
                for (kind, id) in referred(kind, parameter, body) {
                    patients.extend(self.subject_of(kind, id, beside).await?);
                }
            }
        }
        let one = patients.pop_first();
        if !patients.is_empty() {
            let (zh, en) = (
                "一份资源只能关于一位患者。",
                "a resource is about one patient; this one names several.",
            );
            return Err(Failure::new(422, "business-rule", kind, zh, en));
        }
        let is_for_all = self.write_permit().is_some_and(is_for_all);
        if one.is_none() && definitions::is_about_patients(kind) && !is_for_all {
            let (zh, en) = (
                "请指明患者（Patient/…）。",
                "name the patient whom it is about, as Patient/….",
            );
            return Err(Failure::new(422, "business-rule", kind, zh, en));
        }
        Ok(one)
    }

    async fn subject_of(
        &self,
        kind: &str,
        id: &str,
        beside: &Beside,
    ) -> Result<Option<PatientId>, Failure> {
        if let Some(subject) = beside.get(&(kind.to_owned(), id.to_owned())) {
            return Ok(subject.clone());
        }
        let (Ok(key), Some(permit)) = (key_of(kind, id), self.write_permit()) else {
            return Ok(None);
        };
        match self.record.resource(permit, &key, None).await {
            Err(RecordError::NotPermitted) => Err(Failure::not_permitted()),
            found => Ok(found?.and_then(|found| found.subject)),
        }
    }

    /// The permit for writing, if that is what it is for.
    pub(crate) fn write_permit(&self) -> Option<&Permit> {
        self.write
            .filter(|permit| permit.action() == Action::WriteRecord)
    }

    /// A permit under which to look at what is to be written.
    pub(crate) fn writing(&self, kind: &str) -> Result<&Permit, Failure> {
        let hospital = self
            .hospital
            .filter(|_| !definitions::is_about_patients(kind));
        self.write_permit()
            .or(hospital)
            .ok_or_else(Failure::not_permitted)
    }

    fn may_write(&self, kind: &str, subject: Option<&PatientId>) -> bool {
        let for_all = self.write_permit().is_some_and(is_for_all);
        match subject {
            Some(_) => self
                .write_permit()
                .is_some_and(|permit| permit.covers(subject)),
            None => for_all || (self.hospital.is_some() && !definitions::is_about_patients(kind)),
        }
    }
}

impl Failure {
    /// For what a scenario or the audit wrote: votes, plans and signatures are changed by those who may, in
    /// the scenario, and an account of what was done is not changed at all.
    fn written_elsewhere() -> Self {
        let (zh, en) = (
            "该资源由情景或审计写入，不能经 FHIR 写入、更改或删除；请在该情景中操作。",
            "a scenario or the audit writes this resource; it is not written, changed or deleted by FHIR: act in the scenario.",
        );
        Self::new(403, "forbidden", "meta.tag", zh, en)
    }
}
