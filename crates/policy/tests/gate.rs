//! The default policies, as a table, and what must hold whatever is asked.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use async_trait::async_trait;
use futures::executor::block_on;
use parking_lot::Mutex;
use policy::{
    Action, Actor, DEFAULT_POLICIES, Decision, Gate, Licence, Object, RefusalKind, Relations, Role,
    Scope, Witness, WitnessError,
};
use proptest::prelude::*;
use vocabulary::{ActorId, PatientId, ProjectId, RoomId, Timestamp};

#[derive(Default)]
struct Book {
    decisions: Mutex<Vec<Decision>>,
    torn: bool,
}

#[async_trait]
impl Witness for Book {
    async fn witness(&self, decision: &Decision) -> Result<(), WitnessError> {
        if self.torn {
            return Err(WitnessError("no room".into()));
        }
        self.decisions.lock().push(decision.clone());
        Ok(())
    }
}

fn gate() -> Gate {
    Gate::new(DEFAULT_POLICIES, Arc::new(|| Timestamp(0))).unwrap()
}

fn actor(role: Role) -> Actor {
    Actor {
        id: ActorId::new("a").unwrap(),
        name: "A".to_owned(),
        roles: BTreeSet::from([role]),
        patient: None,
    }
}

fn patient(id: &str) -> PatientId {
    PatientId::new(id).unwrap()
}

fn object(word: &str) -> Object {
    let named = |name, patient| Object::Room {
        room: RoomId::new(name).unwrap(),
        patient,
    };
    let room = |patient| named("r", patient);
    match word {
        "p" => Object::Patient(patient("p")),
        "room-of-p" => room(Some(patient("p"))),
        "empty-room" => room(None),
        "staff-room" => named("research-round", None),
        "everyone" => Object::Everyone,
        "own-project" => project(&["a"], &["c"]),
        "watched-project" => project(&["b"], &["a", "c"]),
        "own-and-watched-project" => project(&["a"], &["a"]),
        "foreign-project" => project(&["b"], &["c"]),
        "hospital" => Object::Hospital,
        other => panic!("{other}"),
    }
}

fn project(members: &[&str], custodians: &[&str]) -> Object {
    let ids = |ids: &[&str]| ids.iter().map(|id| ActorId::new(*id).unwrap()).collect();
    Object::Project {
        project: ProjectId::new("lung").unwrap(),
        members: ids(members),
        custodians: ids(custodians),
    }
}

/// Relations to patient `p`, by word; `self` makes the actor the patient.
fn relate(actor: &mut Actor, words: &str) -> Relations {
    let mut relations = Relations::default();
    for word in words.split('+') {
        match word {
            "none" => true,
            "team" => relations.care_team.insert(patient("p")),
            "invited" => relations.invited.insert(patient("p")),
            "beside" => relations.accompanies.insert(patient("p")),
            "refused" => relations.refused_consent.insert(patient("p")),
            "self" => actor.patient.replace(patient("p")).is_none(),
            other => panic!("{other}"),
        };
    }
    relations
}

/// Role, relation to `p`, object: the actions granted; all others are refused.
const TABLE: &[(Role, &str, &str, &str)] = &[
    (
        Role::TerminalDoctor,
        "team",
        "p",
        "read-record write-record read-imaging store-imaging request-consult grant-access vote sign read-ledger \
         release-to-research release-to-teaching answer-alert trace-contacts",
    ),
    (
        Role::Expert,
        "team",
        "p",
        "read-record write-record read-imaging store-imaging request-consult grant-access vote sign read-ledger \
         release-to-research release-to-teaching answer-alert trace-contacts",
    ),
    (
        Role::Nurse,
        "team",
        "p",
        "read-record write-record read-imaging store-imaging read-ledger answer-alert",
    ),
    (
        Role::Expert,
        "invited",
        "p",
        "read-record read-imaging read-ledger vote sign release-to-teaching answer-alert",
    ),
    (
        Role::TerminalDoctor,
        "invited",
        "p",
        "read-record read-imaging read-ledger vote sign release-to-teaching answer-alert",
    ),
    (Role::Nurse, "invited", "p", ""),
    (
        Role::Patient,
        "self",
        "p",
        "read-record read-imaging read-ledger report-own",
    ),
    (
        Role::Patient,
        "self+refused",
        "p",
        "read-record read-imaging read-ledger report-own",
    ),
    (Role::Patient, "team", "p", ""),
    (Role::RelatedPerson, "beside", "p", ""),
    (Role::RelatedPerson, "beside+team+invited", "p", ""),
    (Role::RelatedPerson, "beside+team", "everyone", ""),
    (Role::RelatedPerson, "beside", "hospital", ""),
    (Role::RelatedPerson, "beside", "empty-room", ""),
    (Role::RelatedPerson, "beside", "staff-room", ""),
    (Role::RelatedPerson, "beside", "room-of-p", "enter-room"),
    (Role::RelatedPerson, "none", "room-of-p", ""),
    (Role::RelatedPerson, "team+invited", "room-of-p", ""),
    (Role::RelatedPerson, "beside+refused", "room-of-p", ""),
    // The relation alone lets nobody in: the account has to be one of a relative or carer.
    (Role::Patient, "beside", "room-of-p", ""),
    (Role::Nurse, "self", "p", ""),
    (Role::Manager, "team+invited", "p", ""),
    (Role::Researcher, "team+invited", "p", ""),
    (Role::Trainee, "team+invited", "p", ""),
    (Role::Admin, "team+invited", "p", ""),
    (
        Role::System,
        "none",
        "p",
        "read-record write-record read-imaging store-imaging grant-access read-ledger",
    ),
    (Role::System, "refused", "p", "write-record store-imaging"),
    (
        Role::System,
        "none",
        "everyone",
        "read-record write-record read-imaging store-imaging read-ledger",
    ),
    (Role::ImagingSource, "none", "p", "store-imaging"),
    (Role::ImagingSource, "refused", "p", "store-imaging"),
    (Role::ImagingReader, "none", "p", "read-imaging"),
    (Role::ImagingReader, "refused", "p", ""),
    (Role::WorklistReader, "none", "p", "read-worklist"),
    (Role::WorklistReader, "refused", "p", ""),
    (Role::TerminalDoctor, "none", "p", ""),
    (Role::Expert, "none", "p", ""),
    (Role::Nurse, "none", "p", ""),
    (Role::Patient, "none", "p", ""),
    (Role::TerminalDoctor, "team+refused", "p", ""),
    (Role::Expert, "team+invited+refused", "p", ""),
    (Role::Nurse, "team+refused", "p", ""),
    (
        Role::TerminalDoctor,
        "team",
        "room-of-p",
        "enter-room request-consult invite-expert vote sign",
    ),
    (
        Role::Expert,
        "invited",
        "room-of-p",
        "enter-room invite-expert vote sign",
    ),
    (Role::Nurse, "team", "room-of-p", "enter-room"),
    (Role::Patient, "self", "room-of-p", "enter-room"),
    (Role::Expert, "none", "room-of-p", ""),
    (Role::Expert, "invited+refused", "room-of-p", ""),
    (Role::Trainee, "none", "room-of-p", ""),
    (Role::Admin, "team", "room-of-p", ""),
    (Role::Trainee, "none", "empty-room", "enter-room"),
    (Role::Patient, "self", "empty-room", "enter-room"),
    (
        Role::TerminalDoctor,
        "none",
        "empty-room",
        "enter-room read-record",
    ),
    (Role::Nurse, "none", "empty-room", "enter-room"),
    (Role::Nurse, "none", "staff-room", "enter-room"),
    (Role::Researcher, "none", "staff-room", "enter-room"),
    (Role::Patient, "self", "staff-room", ""),
    (
        Role::Manager,
        "none",
        "hospital",
        "read-record review-sanctions read-figures",
    ),
    (
        Role::Expert,
        "none",
        "hospital",
        "read-record read-figures open-identity trace-contacts",
    ),
    (Role::Nurse, "none", "hospital", "read-record"),
    (Role::Patient, "self", "hospital", "read-record"),
    (
        Role::Technician,
        "none",
        "hospital",
        "read-record maintain-devices",
    ),
    (Role::Technician, "team+invited", "p", ""),
    (Role::Technician, "team", "everyone", ""),
    (
        Role::Admin,
        "none",
        "hospital",
        "read-record write-record delete-imaging read-ledger administer open-identity review-sanctions",
    ),
    (
        Role::TerminalDoctor,
        "team",
        "everyone",
        "read-record write-record read-imaging store-imaging read-ledger",
    ),
    (Role::Researcher, "none", "own-project", "read-research"),
    (Role::Researcher, "none", "foreign-project", ""),
    // A researcher who is also named a custodian, and a custodian who also works with the copies.
    (Role::Researcher, "none", "watched-project", "read-research"),
    (
        Role::Manager,
        "none",
        "own-and-watched-project",
        "read-research",
    ),
    (Role::Expert, "team", "own-project", ""),
    (
        Role::Manager,
        "none",
        "watched-project",
        "read-research open-identity",
    ),
    (
        Role::Expert,
        "none",
        "watched-project",
        "read-research open-identity read-teaching",
    ),
    (Role::Trainee, "none", "own-project", "read-teaching"),
    (
        Role::Trainee,
        "none",
        "watched-project",
        "read-research open-identity",
    ),
    (Role::Trainee, "team", "foreign-project", ""),
    (Role::Admin, "none", "foreign-project", ""),
    (Role::System, "none", "own-project", ""),
    (Role::ImagingSource, "none", "everyone", "store-imaging"),
    (Role::ImagingReader, "none", "everyone", "read-imaging"),
    (Role::WorklistReader, "none", "everyone", "read-worklist"),
    (Role::ImagingReader, "none", "hospital", ""),
    (Role::ImagingReader, "none", "empty-room", ""),
    (Role::ImagingReader, "team", "room-of-p", ""),
    (Role::Manager, "none", "everyone", ""),
    (Role::Admin, "team", "everyone", ""),
];

#[test]
fn each_role_may_do_what_the_table_says_and_nothing_else() {
    let gate = gate();
    for (role, relation, word, granted) in TABLE {
        let mut actor = actor(*role);
        let relations = relate(&mut actor, relation);
        let expected: BTreeSet<&str> = granted.split_whitespace().collect();
        for action in Action::ALL {
            let book = Book::default();
            let object = object(word);
            let permit = block_on(gate.permit(&actor, action, &object, &relations, &book));
            let case = format!("{role:?} {relation} {action:?} {word}");
            assert_eq!(permit.is_ok(), expected.contains(action.as_str()), "{case}");
            let decisions = book.decisions.lock();
            assert!(decisions.len() <= 1 && decisions.iter().all(|d| d.granted == permit.is_ok()));
            if let Ok(permit) = permit {
                assert!(!permit.covers(Some(&patient("someone-else"))) || *role >= Role::System);
                assert_eq!(
                    permit.covers(Some(&patient("p"))),
                    *word != "hospital" && !word.ends_with("-room") && !word.ends_with("project"),
                    "{case}"
                );
            }
        }
    }
}

#[test]
fn a_search_covers_those_permitted_one_by_one() {
    let gate = gate();
    let set = |ids: &[&str]| ids.iter().map(|id| patient(id)).collect::<BTreeSet<_>>();
    let relations = Relations {
        care_team: set(&["t1", "t2", "refuses"]),
        invited: set(&["i", "refuses-too"]),
        refused_consent: set(&["refuses", "refuses-too", "t2"]),
        ..Relations::default()
    };
    let read = gate.explain(
        &actor(Role::Expert),
        Action::ReadRecord,
        &Object::Everyone,
        &relations,
    );
    assert_eq!(read.scope, Scope::Patients(Arc::new(set(&["t1", "i"]))));
    assert_eq!(read.policies, ["search-own-patients"]);
    let write = gate.explain(
        &actor(Role::Expert),
        Action::WriteRecord,
        &Object::Everyone,
        &relations,
    );
    assert_eq!(write.scope, Scope::Patients(Arc::new(set(&["t1"]))));
    let system = actor(Role::System);
    let all = gate.explain(
        &system,
        Action::ReadRecord,
        &Object::Everyone,
        &Relations::default(),
    );
    assert_eq!(all.scope, Scope::All);
    let refused = gate.explain(&system, Action::ReadRecord, &Object::Everyone, &relations);
    assert!(!refused.granted);
}

#[test]
fn who_has_lost_the_licence_enters_no_room_and_still_treats() {
    let gate = gate();
    let room = Object::Room {
        room: vocabulary::RoomId::new("r").unwrap(),
        patient: Some(patient("p")),
    };
    let explain = |licence, action, object: &Object| {
        let relations = Relations {
            care_team: BTreeSet::from([patient("p")]),
            licence,
            ..Relations::default()
        };
        gate.explain(&actor(Role::TerminalDoctor), action, object, &relations)
    };
    for licence in [Licence::NotRecorded, Licence::Valid] {
        assert!(explain(licence, Action::EnterRoom, &room).granted);
    }
    let ended = explain(Licence::Ended, Action::EnterRoom, &room);
    assert_eq!(
        (ended.granted, &ended.policies[..]),
        (false, &["licence-ended-room".to_owned()][..])
    );
    let record = Object::Patient(patient("p"));
    assert!(explain(Licence::Ended, Action::ReadRecord, &record).granted);
}

#[test]
fn an_application_entity_searches_all_but_those_who_refuse() {
    let gate = gate();
    let relations = Relations {
        refused_consent: BTreeSet::from([patient("refuses")]),
        ..Relations::default()
    };
    let explain = |role, action| gate.explain(&actor(role), action, &Object::Everyone, &relations);
    let read = explain(Role::ImagingReader, Action::ReadImaging);
    assert_eq!(read.policies, ["ae-reads"]);
    assert!(read.scope.covers(&patient("p")) && !read.scope.covers(&patient("refuses")));
    // What is delivered is kept whoever it shows.
    let store = explain(Role::ImagingSource, Action::StoreImaging);
    assert_eq!(store.scope, Scope::All);
    assert!(!explain(Role::ImagingSource, Action::ReadImaging).granted);
}

#[test]
fn the_same_decision_is_witnessed_once_a_minute_whatever_it_says() {
    let now = Arc::new(AtomicI64::new(1_000_000));
    let clock = Arc::clone(&now);
    let gate = Gate::new(
        DEFAULT_POLICIES,
        Arc::new(move || Timestamp(clock.load(Ordering::Relaxed))),
    )
    .unwrap();
    let book = Book::default();
    let doctor = actor(Role::TerminalDoctor);
    let team = relate(&mut doctor.clone(), "team");
    let ask = |relations: &Relations| {
        let object = object("p");
        let _ = block_on(gate.permit(&doctor, Action::ReadRecord, &object, relations, &book));
        book.decisions.lock().len()
    };
    assert_eq!([ask(&team), ask(&team)], [1, 1]);
    now.fetch_add(59_999, Ordering::Relaxed);
    assert_eq!(ask(&team), 1);
    now.fetch_add(1, Ordering::Relaxed);
    assert_eq!([ask(&team), ask(&team)], [2, 2]);
    // Decided again each time: a refusal counts at once, though the grant was just witnessed.
    let refused = relate(&mut doctor.clone(), "team+refused");
    assert_eq!([ask(&refused), ask(&refused)], [3, 3]);
    assert!(!book.decisions.lock()[2].granted);
    now.fetch_add(60_000, Ordering::Relaxed);
    assert_eq!([ask(&refused), ask(&refused)], [4, 4]);
}

#[test]
fn whoever_asks_for_what_they_may_not_see_pushes_out_no_grant() {
    let gate = gate();
    let book = Book::default();
    let mut doctor = actor(Role::TerminalDoctor);
    let none = Relations::default();
    let team = relate(&mut doctor, "team");
    for number in 0..20_001 {
        let foreign = Object::Patient(patient(&format!("foreign-{number}")));
        let asked = gate.permit(&doctor, Action::ReadRecord, &foreign, &none, &book);
        assert!(block_on(asked).is_err());
    }
    let before = book.decisions.lock().len();
    let own = object("p");
    for _ in 0..2 {
        let asked = gate.permit(&doctor, Action::ReadRecord, &own, &team, &book);
        block_on(asked).unwrap();
    }
    assert_eq!(book.decisions.lock().len(), before + 1);
}

#[test]
fn without_a_witness_there_is_no_permit_and_nothing_is_remembered() {
    let gate = gate();
    let mut li = actor(Role::TerminalDoctor);
    let relations = relate(&mut li, "team");
    let torn = Book {
        torn: true,
        ..Book::default()
    };
    let object = object("p");
    let refusal =
        block_on(gate.permit(&li, Action::ReadRecord, &object, &relations, &torn)).unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::NotWitnessed);
    let book = Book::default();
    block_on(gate.permit(&li, Action::ReadRecord, &object, &relations, &book)).unwrap();
    assert_eq!(book.decisions.lock().len(), 1);
}

#[test]
fn a_refusal_tells_nothing_about_the_patient() {
    let gate = gate();
    let book = Book::default();
    let mut li = actor(Role::TerminalDoctor);
    let refused = relate(&mut li, "team+refused");
    let ask = |id: &str| {
        let object = Object::Patient(patient(id));
        block_on(gate.permit(&li, Action::ReadRecord, &object, &refused, &book)).unwrap_err()
    };
    assert_eq!(ask("p").reason, ask("never-was-here").reason);
    assert_eq!(ask("p").policies, ["consent-refused"]);
}

fn relations() -> impl Strategy<Value = Relations> {
    let set =
        || prop::collection::btree_set((0..6_u8).prop_map(|n| patient(&format!("p{n}"))), 0..5);
    (set(), set(), set(), set()).prop_map(|(care_team, invited, accompanies, refused_consent)| {
        Relations {
            care_team,
            invited,
            accompanies,
            refused_consent,
            ..Relations::default()
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_one_but_programs_sees_an_unrelated_patient(
        roles in prop::collection::btree_set(prop::sample::select(&Role::ALL[..9]), 0..4),
        relations in relations(),
        action in prop::sample::select(&Action::ALL[..]),
        everyone: bool,
    ) {
        let stranger = patient("stranger");
        let actor = Actor { roles, patient: Some(patient("p0")), ..actor(Role::Nurse) };
        let object = if everyone { Object::Everyone } else { Object::Patient(stranger.clone()) };
        let answer = gate().explain(&actor, action, &object, &relations);
        prop_assert!(!answer.scope.covers(&stranger));
        prop_assert!(everyone || !answer.granted);
    }

    #[test]
    fn one_more_refusal_never_grants(
        roles in prop::collection::btree_set(prop::sample::select(&Role::ALL[..]), 0..4),
        relations in relations(),
        action in prop::sample::select(&Action::ALL[..]),
        asked in 0..6_u8,
        refusing in 0..6_u8,
    ) {
        let actor = Actor { roles, patient: Some(patient("p0")), ..actor(Role::Nurse) };
        let mut more = relations.clone();
        more.refused_consent.insert(patient(&format!("p{refusing}")));
        let gate = gate();
        let object = Object::Patient(patient(&format!("p{asked}")));
        let before = gate.explain(&actor, action, &object, &relations).granted;
        let after = gate.explain(&actor, action, &object, &more).granted;
        prop_assert!(before || !after);
        let scope = |relations| gate.explain(&actor, action, &Object::Everyone, relations).scope;
        let (before, after) = (scope(&relations), scope(&more));
        for n in 0..7_u8 {
            let one = patient(&format!("p{n}"));
            prop_assert!(before.covers(&one) || !after.covers(&one));
        }
    }
}
