//! What a journal must never show of locks, and what goes from hand to hand.

use std::collections::BTreeMap;

use room::{Change, Entity, KeptAct, Placed, World, wire::Holding};

/// What is locked stays where it is and is not taken away, whatever anybody does.
pub fn check(journal: &[KeptAct]) {
    let mut entities: BTreeMap<u32, Placed> = BTreeMap::new();
    for kept in journal {
        let deed: room::Deed = serde_json::from_value(kept.act.clone()).unwrap();
        for Change { id, placed } in deed.changes {
            let before = entities.get(&id);
            let under = before.or(placed.as_ref()).and_then(|one| one.entity.on());
            let under = under.and_then(|on| entities.get(&on)?.locked.as_ref());
            assert!(
                !under.is_some_and(|locked| locked.marks),
                "a closed mark changed"
            );
            if let Some(before) = before.filter(|before| before.locked.is_some()) {
                let now = placed.as_ref();
                let now = now.unwrap_or_else(|| panic!("locked, and taken away: {kept:?}"));
                // Who takes a lock back that they set with a thing in hand takes back both.
                let is_free = now.locked.is_none() && deed.act == room::ActKind::Undo;
                let is_there = now.stands() == before.stands();
                assert!(is_there || is_free, "locked, and moved: {kept:?}");
            }
            match placed {
                Some(placed) => entities.insert(id, placed),
                None => entities.remove(&id),
            };
        }
    }
}

/// How much went from one hand to another in between.
pub fn passed(before: &[Holding], now: &[Holding]) -> usize {
    let passed = |now: &&Holding| {
        let mut before = before.iter();
        before.any(|was| was.entity == now.entity && was.participant != now.participant)
    };
    now.iter().filter(passed).count()
}

/// How many boards and pages were carried to another place in between.
pub fn carried(before: &[Holding], now: &[Holding], world: &World) -> usize {
    let is_carried = |now: &&Holding| {
        let placed = world.entities().get(&now.entity);
        let is_hologram = placed.is_some_and(|one| matches!(one.entity, Entity::Hologram(_)));
        let mut before = before.iter();
        !is_hologram && before.any(|was| was.entity == now.entity && was.transform != now.transform)
    };
    now.iter().filter(is_carried).count()
}

/// Who has hold of what, and who asks for it; where it is comes with poses.
pub fn hands(holds: &[Holding]) -> Vec<(u32, u16, &[u16])> {
    let hands = holds.iter();
    hands
        .map(|hold| (hold.entity, hold.participant, hold.asked.as_slice()))
        .collect()
}
