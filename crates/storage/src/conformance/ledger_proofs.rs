//! The ledger over the journal.

use record::Record;
use serde_json::json;

use super::words::{all, commit, put};

pub async fn every_entry_is_proven(record: &dyn Record) {
    let empty = record.checkpoint().await.unwrap();
    assert_eq!((empty.size, empty.root), (0, ledger::empty_root()));
    let mut checkpoints = Vec::new();
    for n in 0..11 {
        let facts = vec![put("Basic", &format!("x{n}"), None, json!({"n": n}))];
        commit(record, facts).await.unwrap();
        checkpoints.push(record.checkpoint().await.unwrap());
    }
    let last = checkpoints.last().unwrap();
    assert_eq!(last.size, 11);
    let leaves = record.leaves(0..11).await.unwrap();
    assert_eq!(record.leaves(3..5).await.unwrap(), leaves[3..5]);
    assert_eq!(
        ledger::Tree::of(leaves.iter().map(|leaf| leaf.0.as_slice())).root(),
        last.root
    );
    for (sequence, leaf) in (0..).zip(&leaves) {
        let bytes = record.entry_bytes(&all(), sequence).await.unwrap().unwrap();
        assert_eq!(vocabulary::Digest::of(&bytes), *leaf);
        let proof = record.inclusion(sequence, 11).await.unwrap().unwrap();
        proof.verify(leaf, &last.root).unwrap();
    }
    for earlier in &checkpoints {
        let proof = record
            .consistency(earlier.size, last.size)
            .await
            .unwrap()
            .unwrap();
        proof.verify(&earlier.root, &last.root).unwrap();
    }
    assert_eq!(record.inclusion(11, 11).await.unwrap(), None);
    assert_eq!(record.inclusion(0, 12).await.unwrap(), None);
    assert_eq!(record.consistency(2, 12).await.unwrap(), None);
    assert_eq!(record.consistency(3, 2).await.unwrap(), None);
}
