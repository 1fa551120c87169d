//! What must be true when everybody has heard everything.

use std::collections::{BTreeMap, BTreeSet};

use room::{Did, Grade, NewEntity, Ordered, Room, SanctionHistory, Standing, wire::Participant};
use vocabulary::ActorId;

use crate::{
    Hospital, locks,
    model::{Fate, Model, actor},
};

impl Hospital {
    /// Who must be outside by the journal is outside, nobody else keeps order than there can be, and one who
    /// needs a companion has one.
    fn check_order(&self) {
        let people = self.room.people();
        let deeds = self.journal.iter().filter_map(|kept| {
            let deed: room::Deed = serde_json::from_value(kept.act.clone()).unwrap();
            deed.order
        });
        self.check_appeals();
        let mut last: BTreeMap<ActorId, Did> = BTreeMap::new();
        for Ordered { whom, did, .. } in deeds {
            let is_let_back = matches!(
                did,
                Did::AppealGranted {
                    against: Grade::PutOut | Grade::Blocked,
                    ..
                }
            );
            let counts = is_let_back
                || matches!(
                    did,
                    Did::Admitted { .. }
                        | Did::PutOut { .. }
                        | Did::Blocked { .. }
                        | Did::Lifted
                        | Did::CameInUrgently { .. }
                );
            if counts {
                last.insert(whom, did);
            }
        }
        for person in &people {
            let did = last.get(&person.actor);
            let is_out = matches!(did, Some(Did::PutOut { .. } | Did::Blocked { .. }));
            assert!(!is_out, "{} is inside after {did:?}", person.actor);
            if person.actor.as_str() == "actor4" {
                let Some(Did::Admitted { companion }) = did else {
                    panic!("the child is inside after {did:?}");
                };
                let companion = companion.as_ref();
                assert!(people.iter().any(|one| Some(&one.actor) == companion));
            }
        }
        let places: BTreeSet<u16> = people.iter().map(|one| one.place).collect();
        assert_eq!(places.len(), people.len(), "two sit in one place");
        let hosts = people.iter().filter(|one| one.standing == Standing::Host);
        let mut hosts: Vec<_> = hosts.map(|one| &one.actor).collect();
        hosts.dedup();
        assert!(hosts.len() <= 1, "{hosts:?}");
        let may = |one: &&Participant| {
            ["actor0", "actor1"].contains(&one.actor.as_str()) && one.standing != Standing::Observer
        };
        if people.iter().any(|one| may(&one)) {
            assert_eq!(hosts.len(), 1, "somebody may be the host and nobody is");
        }
    }

    /// No appeal was answered by who gave the sanction, and each was answered once at most; what is read from the
    /// journal without the room says the same as the room does.
    fn check_appeals(&self) {
        let mut history = SanctionHistory::default();
        for kept in &self.journal {
            history.read(kept.clone()).unwrap();
        }
        for sanction in history.all() {
            let answer = sanction.appeal.as_ref().and_then(|one| one.answer.as_ref());
            if let Some(answer) = answer {
                assert_ne!(answer.by, sanction.by, "{sanction:?}");
                assert_ne!(answer.by, sanction.actor, "{sanction:?}");
                assert!(!answer.granted || sanction.over.is_some(), "{sanction:?}");
            }
        }
        let answers = self.journal.iter().filter(|kept| {
            let did = kept.act["order"]["did"].as_str().unwrap_or_default();
            did == "appeal-granted" || did == "appeal-refused"
        });
        let answered = history.all().filter(|one| {
            let appeal = one.appeal.as_ref();
            appeal.is_some_and(|appeal| appeal.answer.is_some())
        });
        assert_eq!(answers.count(), answered.count());
        for sanction in self.room.sanctions(self.now) {
            let read = history.all().find(|one| one.number == sanction.number);
            assert_eq!(read, Some(&sanction));
        }
    }

    /// What was acknowledged is in the journal, once, as the work of who was told so, in the order in which they asked.
    fn check_done(&self) {
        let mut all = BTreeSet::new();
        for (who, model) in self.models.iter().enumerate() {
            let done: Vec<u64> = model.done().collect();
            assert!(done.is_sorted(), "client {who}: out of order: {done:?}");
            for number in done {
                assert!(all.insert(number), "act {number} is two acts");
                let kept = &self.journal[usize::try_from(number).unwrap()];
                assert_eq!((kept.number, &kept.actor), (number, &actor(who)));
            }
        }
    }

    /// Everybody is seen where they are, whichever way their poses went and by whatever clock.
    fn check_poses(&self) {
        let inside = |model: &&Model| model.inside && model.seat.is_some();
        for viewer in self.models.iter().filter(inside) {
            for other in self.models.iter().filter(inside) {
                let (own, id) = (viewer.seat.unwrap(), other.seat.unwrap().participant);
                if own.participant == id {
                    continue;
                }
                let seen = viewer.seen.get(&id);
                let seen = seen.map(|pose| pose.head.position_m);
                let is = other.pose.map(|pose| pose.head.position_m);
                assert_eq!(seen, is, "{id} as {own:?} sees them");
            }
        }
    }

    pub fn check(&self) {
        self.check_done();
        self.check_poses();
        locks::check(&self.journal);
        assert_eq!(
            &Room::replay(self.journal.clone()).unwrap(),
            self.room.world()
        );
        for (who, model) in self.models.iter().enumerate() {
            if model.inside {
                let room = self.room.world().entities();
                assert_eq!(&model.entities, room, "client {who} sees another room");
                assert_eq!(model.people, self.room.people(), "client {who}");
                assert!(
                    self.models
                        .iter()
                        .all(|other| !other.inside || other.leading == model.leading),
                    "client {who} is led another way"
                );
                for led in &model.leading {
                    let who = model.people.iter().find(|one| one.id == led.participant);
                    assert!(
                        who.is_some_and(|one| one.may_act),
                        "{led:?} leads from outside"
                    );
                }
                assert_eq!(
                    locks::hands(&model.holds),
                    locks::hands(&self.room.holdings()),
                    "client {who}"
                );
                assert_eq!(model.waiting, self.room.knocking(self.now), "client {who}");
                assert_eq!(
                    model.sanctions,
                    self.room.sanctions(self.now),
                    "client {who}"
                );
            } else {
                assert!(model.entities.is_empty(), "client {who} sees from the door");
            }
        }
        self.check_order();
        let journal = self
            .journal
            .iter()
            .map(|kept| kept.act.to_string())
            .collect::<Vec<_>>();
        for (act, fate) in self.models.iter().flat_map(|model| &model.acts) {
            let act: room::Act = serde_json::from_value(act.clone()).unwrap();
            let room::Act::Add {
                entity: NewEntity::Annotation(note),
            } = act
            else {
                continue;
            };
            // Each note's text is its own; it is in the journal as an `add` once or never.
            let added =
                |line: &&String| line.contains(r#""act":"add""#) && line.contains(&note.text);
            let times = journal.iter().filter(added).count();
            match fate {
                Fate::Done(_) => assert_eq!(times, 1, "{} was acknowledged", note.text),
                Fate::Refused(_) => assert_eq!(times, 0, "{} was refused: {fate:?}", note.text),
                Fate::Unknown => assert!(times <= 1, "{} was done twice", note.text),
                Fate::Open => panic!("{} was never answered", note.text),
            }
        }
    }
}
