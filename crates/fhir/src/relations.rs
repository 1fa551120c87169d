use std::collections::BTreeSet;

use policy::{Actor, Licence, Permit, Relations, Role};
use record::{Match, Record, RecordError, ResourceKey, ResourceQuery, ResourceVersion, Term};
use serde_json::Value;
use vocabulary::{ActorId, PatientId, Timestamp};

use crate::{
    audit::ACCOUNT,
    consents::{Consents, opts_out},
    date,
    licence::{LICENCE_TYPE, licences},
    research::{is_about_research, is_for_research},
};

/// The types of resources that can decide who sees a patient: see [`decides_access`].
pub const ACCESS_TYPES: &[&str] = &[
    "CareTeam",
    "Consent",
    "RelatedPerson",
    "ServiceRequest",
    "Task",
];
/// The types of resources that stand for accounts: people and programs.
const ACCOUNTS: &[&str] = &["Practitioner", "Device"];
/// A `ServiceRequest` in one of these states asks its performers in.
const ASKING: &[&str] = &["active"];
/// A `Task` in one of these states asks its owner in.
const OPEN: &[&str] = &["requested", "received", "accepted", "ready", "in-progress"];

/// Whether a resource is a fact from which [`care_relations`] works out who sees its patient: a care team, a
/// consent, a request that asks somebody in, a task that is somebody's to do or a relative who has an account.
pub fn decides_access(resource: &Value) -> bool {
    let is_in = |states: &[&str]| {
        let state = resource["status"].as_str();
        state.is_some_and(|state| states.contains(&state))
    };
    match resource["resourceType"].as_str() {
        Some("CareTeam" | "Consent") => true,
        Some("ServiceRequest") => {
            is_in(ASKING) && array(resource, "performer").any(names_an_account)
        }
        Some("Task") => is_in(OPEN) && names_an_account(&resource["owner"]),
        Some("RelatedPerson") => array(resource, "identifier").any(|one| one["system"] == ACCOUNT),
        _ => false,
    }
}

/// Whether a resource is a task that this account owns.
pub(crate) fn is_task_of(resource: &Value, account: &ActorId) -> bool {
    let owner = resource.pointer("/owner/reference").and_then(Value::as_str);
    resource["resourceType"] == "Task"
        && owner
            .and_then(crate::path::type_and_id)
            .is_some_and(|(kind, id)| ACCOUNTS.contains(&kind) && id == account.as_str())
}

/// Whether a reference leads to what may be an account.
fn names_an_account(reference: &Value) -> bool {
    let text = reference["reference"].as_str().unwrap_or_default();
    crate::path::type_and_id(text).is_some_and(|(kind, _)| ACCOUNTS.contains(&kind))
}

/// The relations of an actor to patients, by the care teams, consultations and consents in the record.
///
/// An account is known in the record as `Practitioner/{account}`, a program as `Device/{account}`, that of a relative or
/// carer by the identifier of system `urn:yuanyi:account` that their `RelatedPerson` has. `permit` is one of the hospital's
/// own; `consents` are those of this record.
///
/// - care team: an active `CareTeam` of which the account is a participant.
/// - invited: an active `ServiceRequest` with the account as performer, or an open `Task` that it owns.
/// - accompanies: a `RelatedPerson` of the account, active and within its period; for accounts of that role.
/// - refused: an active `Consent` whose provision denies, for this account or for everyone. A refusal for
///   everyone is about persons: the hospital's programs go on unless one names them. A refusal of research is
///   none of treatment: see [`crate::research_refusals`].
/// - licence: a qualification of the account's `Practitioner`, of code `virtual-room` in
///   `urn:yuanyi:licence`, within its period.
pub async fn care_relations(
    record: &dyn Record,
    permit: &Permit,
    consents: &Consents,
    actor: &Actor,
    now: Timestamp,
) -> Result<Relations, RecordError> {
    let mut who = Who {
        names: names(actor),
        is_program: actor.roles.contains(&Role::System),
        now,
    };
    let mut relations = Relations::default();
    for row in find(
        record,
        permit,
        "CareTeam",
        vec![refers("participant", &who.names)],
    )
    .await?
    {
        insert_if(&mut relations.care_team, &row, |body| who.is_on_team(body));
    }
    let requests = vec![refers("performer", &who.names), status(ASKING)];
    for row in find(record, permit, "ServiceRequest", requests).await? {
        insert_if(&mut relations.invited, &row, |body| who.is_asked(body));
    }
    let open = status(OPEN);
    for row in find(
        record,
        permit,
        "Task",
        vec![refers("owner", &who.names), open],
    )
    .await?
    {
        insert_if(&mut relations.invited, &row, |body| {
            body.pointer("/restriction/period")
                .is_none_or(|period| who.is_within(period))
        });
    }
    if actor.roles.contains(&Role::RelatedPerson) {
        for row in find(record, permit, "RelatedPerson", vec![account(&actor.id)]).await? {
            insert_if(&mut relations.accompanies, &row, |body| {
                who.is_beside(body, &actor.id)
            });
            // A patient refuses a relative by the name that these have in the record.
            who.names.push(format!("RelatedPerson/{}", row.key.id));
        }
    }
    consents.renew(record, permit).await?;
    relations.refused_consent = consents.refused(|consent| who.is_refused(consent));
    let key = ResourceKey {
        kind: LICENCE_TYPE.to_owned(),
        id: actor.id.to_string(),
    };
    let practitioner = record.resource(permit, &key, None).await?;
    if let Some(body) = practitioner.and_then(|version| version.body) {
        relations.licence = who.licence(&body);
    }
    Ok(relations)
}

/// The accounts of the people on a patient's active care teams, as far as the permit covers these.
pub async fn care_team(
    record: &dyn Record,
    permit: &Permit,
    patient: &PatientId,
    now: Timestamp,
) -> Result<BTreeSet<ActorId>, RecordError> {
    let about = vec![refers("subject", &[format!("Patient/{patient}")])];
    let mut found = BTreeSet::new();
    for row in find(record, permit, "CareTeam", about).await? {
        let Some(team) = row.body else { continue };
        let members = array(&team, "participant")
            .filter_map(|participant| participant.pointer("/member/reference")?.as_str())
            .filter_map(|member| ActorId::new(member.strip_prefix("Practitioner/")?).ok());
        for member in members {
            let who = Who {
                names: vec![format!("Practitioner/{member}")],
                is_program: false,
                now,
            };
            if who.is_on_team(&team) {
                found.insert(member);
            }
        }
    }
    Ok(found)
}

struct Who {
    names: Vec<String>,
    is_program: bool,
    now: Timestamp,
}

fn names(actor: &Actor) -> Vec<String> {
    ACCOUNTS
        .iter()
        .map(|kind| format!("{kind}/{}", actor.id))
        .collect()
}

fn refers(parameter: &str, names: &[String]) -> Term {
    Term {
        parameter: parameter.to_owned(),
        any_of: names.iter().cloned().map(Match::Reference).collect(),
    }
}

/// A search for who has this account.
fn account(id: &ActorId) -> Term {
    Term {
        parameter: "identifier".to_owned(),
        any_of: vec![Match::Token {
            system: Some(ACCOUNT.to_owned()),
            code: Some(id.to_string()),
        }],
    }
}

/// A search for resources in one of these states.
pub fn status(codes: &[&str]) -> Term {
    let any_of = codes
        .iter()
        .map(|code| Match::Token {
            system: None,
            code: Some((*code).to_owned()),
        })
        .collect();
    Term {
        parameter: "status".to_owned(),
        any_of,
    }
}

/// All pages of a search.
pub async fn find(
    record: &dyn Record,
    permit: &Permit,
    kind: &str,
    terms: Vec<Term>,
) -> Result<Vec<ResourceVersion>, RecordError> {
    const PAGE: usize = 1_000;
    let mut all: Vec<ResourceVersion> = Vec::new();
    loop {
        let query = ResourceQuery {
            kind: kind.to_owned(),
            terms: terms.clone(),
            sort: vec![record::Sort {
                parameter: "_id".to_owned(),
                descending: false,
            }],
            limit: PAGE,
            offset: all.len(),
        };
        let page = record.search(permit, &query).await?;
        let is_last = page.rows.len() < PAGE;
        all.extend(page.rows);
        if is_last {
            return Ok(all);
        }
    }
}

fn insert_if(
    into: &mut BTreeSet<PatientId>,
    row: &ResourceVersion,
    applies: impl Fn(&Value) -> bool,
) {
    if let (Some(subject), Some(body)) = (&row.subject, &row.body)
        && applies(body)
    {
        into.insert(subject.clone());
    }
}

impl Who {
    fn is_on_team(&self, team: &Value) -> bool {
        let is_active = matches!(team["status"].as_str(), None | Some("active"));
        let is_member = array(team, "participant").any(|participant| {
            self.is(&participant["member"]) && self.is_within(&participant["period"])
        });
        is_active && is_member && self.is_within(&team["period"])
    }

    /// A search may find what is written otherwise, such as in capitals; the account is that of the identifier as it is.
    fn is_beside(&self, related: &Value, account: &ActorId) -> bool {
        let is_theirs = array(related, "identifier")
            .any(|one| one["system"] == ACCOUNT && one["value"] == account.as_str());
        is_theirs && related["active"] != Value::Bool(false) && self.is_within(&related["period"])
    }

    /// A licence is one of the practitioner's qualifications; one who is active no more has none that is good.
    fn licence(&self, practitioner: &Value) -> Licence {
        let mut licences = licences(practitioner).peekable();
        if licences.peek().is_none() {
            return Licence::NotRecorded;
        }
        let is_active = practitioner["active"] != Value::Bool(false);
        if is_active && licences.any(|licence| self.is_within(&licence["period"])) {
            Licence::Valid
        } else {
            Licence::Ended
        }
    }

    fn is_asked(&self, request: &Value) -> bool {
        array(request, "performer").any(|performer| self.is(performer))
            && self.is_within(&request["occurrencePeriod"])
    }

    /// The innermost provision that speaks of this actor decides (FHIR R4 Consent.provision.provision is an
    /// exception to the one around it).
    fn is_refused(&self, consent: &Value) -> bool {
        if is_about_research(consent) {
            return false;
        }
        let provision = &consent["provision"];
        if provision.is_null() {
            // A consent without provisions says no more than its policy rule.
            return opts_out(consent) && !self.is_program;
        }
        self.denial(provision, false).unwrap_or(false)
    }

    fn denial(&self, provision: &Value, around: bool) -> Option<bool> {
        if !self.is_within(&provision["period"]) || is_for_research(provision) {
            return None;
        }
        let mut actors = array(provision, "actor").peekable();
        let is_for_everyone = actors.peek().is_none();
        let names_me = actors.any(|actor| self.is(&actor["reference"]));
        if !is_for_everyone && !names_me {
            return None;
        }
        let here = match provision["type"].as_str() {
            Some("deny") => names_me || !self.is_program,
            Some("permit") => false,
            _ => around,
        };
        // An exception for certain data, purposes or actions cannot be told apart here. One that denies
        // counts whole, which refuses too much; one that permits does not, unless it names only actors.
        let mut inner: Option<bool> = None;
        for exception in array(provision, "provision") {
            if let Some(denies) = self.denial(exception, here)
                && (denies || !is_partial(exception))
            {
                inner = Some(inner.unwrap_or(false) || denies);
            }
        }
        Some(inner.unwrap_or(here))
    }

    fn is(&self, reference: &Value) -> bool {
        let text = reference["reference"].as_str().unwrap_or_default();
        crate::path::type_and_id(text)
            .is_some_and(|(kind, id)| self.names.contains(&format!("{kind}/{id}")))
    }

    fn is_within(&self, period: &Value) -> bool {
        date::is_within(period, self.now)
    }
}

/// Whether a provision is about part of the record, or some uses of it, only.
fn is_partial(provision: &Value) -> bool {
    [
        "action",
        "securityLabel",
        "purpose",
        "class",
        "code",
        "dataPeriod",
        "data",
    ]
    .iter()
    .any(|name| !provision[*name].is_null())
}

pub(crate) fn array<'a>(value: &'a Value, name: &str) -> std::slice::Iter<'a, Value> {
    value[name]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::licence::LICENCE;
    use serde_json::json;

    #[test]
    fn a_licence_counts_within_its_period_while_its_holder_is_active() {
        let with = |period: Value, active: bool| {
            who().licence(&json!({
                "resourceType": "Practitioner", "id": "li", "active": active,
                "qualification": [
                    {"code": {"text": "MD"}},
                    {"code": {"coding": [{"system": LICENCE.0, "code": LICENCE.1}]}, "period": period},
                ],
            }))
        };
        assert_eq!(with(json!({"start": "2020-01-01"}), true), Licence::Valid);
        assert_eq!(with(json!({"end": "2020-06-15"}), true), Licence::Valid);
        assert_eq!(with(Value::Null, true), Licence::Valid);
        assert_eq!(with(json!({"end": "2020-06-14"}), true), Licence::Ended);
        assert_eq!(with(json!({"start": "2020-07-01"}), true), Licence::Ended);
        assert_eq!(with(Value::Null, false), Licence::Ended);
        let none = json!({"resourceType": "Practitioner", "active": false});
        assert_eq!(who().licence(&none), Licence::NotRecorded);
    }

    fn who() -> Who {
        let names = vec!["Practitioner/li".to_owned()];
        Who {
            names,
            is_program: false,
            now: "2020-06-15T00:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn what_asks_somebody_in_decides_access() {
        let li = json!({"reference": "Practitioner/li"});
        let far = json!({"reference": "https://h/fhir/Device/pump/_history/2"});
        let lab = json!({"reference": "Organization/lab"});
        for (resource, expect) in [
            (
                json!({"resourceType": "CareTeam", "status": "inactive"}),
                true,
            ),
            (json!({"resourceType": "Consent"}), true),
            (
                json!({"resourceType": "ServiceRequest", "status": "active", "performer": [lab, li]}),
                true,
            ),
            (
                json!({"resourceType": "ServiceRequest", "status": "draft", "performer": [li]}),
                false,
            ),
            (
                json!({"resourceType": "ServiceRequest", "status": "active", "performer": [lab]}),
                false,
            ),
            (
                json!({"resourceType": "ServiceRequest", "status": "active"}),
                false,
            ),
            (
                json!({"resourceType": "Task", "status": "ready", "owner": far}),
                true,
            ),
            (
                json!({"resourceType": "Task", "status": "completed", "owner": li}),
                false,
            ),
            (json!({"resourceType": "Task", "status": "ready"}), false),
            (
                json!({"resourceType": "RelatedPerson", "active": false, "identifier": [{"system": ACCOUNT, "value": "sun"}]}),
                true,
            ),
            (
                json!({"resourceType": "RelatedPerson", "identifier": [{"system": "urn:passport", "value": "sun"}]}),
                false,
            ),
            (
                json!({"resourceType": "Observation", "performer": [li]}),
                false,
            ),
            (json!(3), false),
        ] {
            assert_eq!(decides_access(&resource), expect, "{resource}");
        }
    }

    #[test]
    fn consent_denies_everyone_or_one_and_may_except() {
        let li = json!([{"reference": {"reference": "Practitioner/li"}}]);
        let chen = json!([{"reference": {"reference": "Practitioner/chen"}}]);
        let past = json!({"end": "2020-06-14"});
        for (provision, expect) in [
            (json!({"type": "deny"}), true),
            (json!({"type": "permit"}), false),
            (json!({"type": "deny", "actor": li}), true),
            (json!({"type": "deny", "actor": chen}), false),
            (json!({"type": "deny", "period": past}), false),
            (
                json!({"type": "permit", "provision": [{"type": "deny", "actor": li}]}),
                true,
            ),
            (
                json!({"type": "permit", "provision": [{"type": "deny", "actor": chen}]}),
                false,
            ),
            (
                json!({"type": "deny", "provision": [{"type": "permit", "actor": li}]}),
                false,
            ),
            (
                json!({"type": "deny", "provision": [{"type": "permit", "actor": li, "class": [{}]}]}),
                true,
            ),
        ] {
            let consent = json!({"provision": provision});
            assert_eq!(who().is_refused(&consent), expect, "{consent}");
        }
        let opted_out = json!({"policyRule": {"coding": [{"code": "OPTOUT"}]}});
        assert!(who().is_refused(&opted_out));
        let research = json!({"coding": [{"code": "research"}]});
        let consent = json!({"scope": research, "provision": {"type": "deny"}});
        assert!(!who().is_refused(&consent), "who treats is no researcher");
        let purpose = json!([{"code": "HRESCH"}]);
        let consent = json!({"provision": {"type": "deny", "purpose": purpose}});
        assert!(!who().is_refused(&consent), "who treats is no researcher");
        let program = Who {
            is_program: true,
            ..who()
        };
        assert!(!program.is_refused(&json!({"provision": {"type": "deny"}})));
        assert!(program.is_refused(&json!({"provision": {"type": "deny", "actor": li}})));
    }

    #[test]
    fn a_relative_counts_while_active_and_within_the_period_and_by_their_own_account() {
        let sun = ActorId::new("sun").unwrap();
        let of = |account: &str| json!([{"system": ACCOUNT, "value": account}]);
        for (related, expect) in [
            (json!({"identifier": of("sun")}), true),
            (
                json!({"identifier": of("sun"), "active": true, "period": {"start": "2020-06-15"}}),
                true,
            ),
            (json!({"identifier": of("sun"), "active": false}), false),
            (
                json!({"identifier": of("sun"), "period": {"end": "2020-06-14"}}),
                false,
            ),
            (
                json!({"identifier": of("sun"), "period": {"start": "2020-06-16"}}),
                false,
            ),
            (json!({"identifier": of("SUN")}), false),
            (
                json!({"identifier": [{"system": "urn:passport", "value": "sun"}]}),
                false,
            ),
        ] {
            assert_eq!(who().is_beside(&related, &sun), expect, "{related}");
        }
    }

    #[test]
    fn a_care_team_counts_while_it_is_active() {
        let member = json!({"member": {"reference": "Practitioner/li"}});
        let was = json!({"member": {"reference": "Practitioner/li"}, "period": {"end": "2019"}});
        for (team, expect) in [
            (json!({"participant": [member]}), true),
            (
                json!({"status": "active", "participant": [member], "period": {"start": "2020-06-15"}}),
                true,
            ),
            (
                json!({"status": "inactive", "participant": [member]}),
                false,
            ),
            (
                json!({"participant": [member], "period": {"start": "2021"}}),
                false,
            ),
            (json!({"participant": [was]}), false),
            (json!({"participant": [was, member]}), true),
        ] {
            assert_eq!(who().is_on_team(&team), expect, "{team}");
        }
    }
}
