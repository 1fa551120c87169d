//! The tree and its proofs against the vectors of Certificate Transparency and for all small sizes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of tests fail as tests do"
)]

use ledger::{
    ConsistencyProof, Frontier, InclusionProof, LedgerError, Nodes, Signer, TILE_WIDTH, Tree,
    Verifier, empty_root, leaf_hash, node_hash, prove_consistency, prove_inclusion, root, tile,
};
use vocabulary::Digest;

/// The eight leaves of `merkle_tree_test` in Google's certificate-transparency code.
const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

/// The roots of the trees over the first 1 to 8 of them, from the same place.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn vectors() -> Vec<Vec<u8>> {
    LEAVES
        .iter()
        .map(|leaf| hex::decode(leaf).unwrap())
        .collect()
}

fn digests(texts: &[&str]) -> Vec<Digest> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn roots_are_those_of_certificate_transparency() {
    assert_eq!(
        empty_root().to_string(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    let mut tree = Tree::default();
    for (leaf, expected) in vectors().iter().zip(ROOTS) {
        tree.append(leaf);
        assert_eq!(tree.root().to_string(), expected, "size {}", tree.size());
    }
}

#[test]
fn proofs_are_those_of_certificate_transparency() {
    let leaves = vectors();
    let tree = Tree::of(leaves.iter().map(Vec::as_slice));
    // (index, size, path), from the same test.
    let inclusions: [(u64, u64, &[&str]); 3] = [
        (
            0,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            &[
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            3,
            &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
        ),
    ];
    for (index, size, path) in inclusions {
        let proof = prove_inclusion(index, size, &tree).unwrap();
        assert_eq!(proof.path, digests(path), "leaf {index} of {size}");
    }
    let consistencies: [(u64, u64, &[&str]); 4] = [
        (1, 1, &[]),
        (
            1,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            &[
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            &[
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ];
    for (first, second, path) in consistencies {
        let proof = prove_consistency(first, second, &tree).unwrap();
        assert_eq!(proof.path, digests(path), "{first} in {second}");
    }
}

/// RFC 6962 section 2.1, word for word, as an independent reference.
fn naive_root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => empty_root(),
        [leaf] => leaf_hash(&leaf.0),
        _ => {
            let mut k = 1;
            while k * 2 < leaves.len() {
                k *= 2;
            }
            node_hash(&naive_root(&leaves[..k]), &naive_root(&leaves[k..]))
        }
    }
}

#[test]
fn all_proofs_of_small_trees_hold_and_no_other() {
    const SIZE: u64 = 70;
    let leaves: Vec<Digest> = (0..SIZE).map(|n| Digest::of(&n.to_be_bytes())).collect();
    let tree = Tree::of(leaves.iter().map(|leaf| leaf.0.as_slice()));
    let roots: Vec<Digest> = (0..=leaves.len())
        .map(|size| naive_root(&leaves[..size]))
        .collect();
    for size in 0..=SIZE {
        let expected = &roots[usize::try_from(size).unwrap()];
        assert_eq!(root(size, &tree).unwrap(), *expected);
        assert_eq!(Frontier::load(size, &tree).unwrap().root(), *expected);
        for index in 0..size {
            let proof = prove_inclusion(index, size, &tree).unwrap();
            let entry = &leaves[usize::try_from(index).unwrap()];
            assert_eq!(proof.verify(entry, expected), Ok(()), "{index} in {size}");
            refuse_changed_inclusion(&proof, entry, expected);
        }
        for first in 0..=size {
            let proof = prove_consistency(first, size, &tree).unwrap();
            let old = &roots[usize::try_from(first).unwrap()];
            assert_eq!(proof.verify(old, expected), Ok(()), "{first} in {size}");
            refuse_changed_consistency(&proof, old, expected);
        }
    }
}

fn refuse_changed_inclusion(proof: &InclusionProof, entry: &Digest, root: &Digest) {
    assert!(proof.verify(&Digest::of(b"another"), root).is_err());
    assert!(proof.verify(entry, &Digest::of(b"another")).is_err());
    for position in 0..proof.path.len() {
        let mut changed = proof.clone();
        changed.path[position].0[7] ^= 1;
        assert_eq!(changed.verify(entry, root), Err(LedgerError::WrongRoot));
        changed.path.remove(position);
        assert!(changed.verify(entry, root).is_err());
    }
    let mut longer = proof.clone();
    longer.path.push(*root);
    assert!(longer.verify(entry, root).is_err());
    let moved = InclusionProof {
        index: proof.index ^ 1,
        ..proof.clone()
    };
    if proof.size > 1 {
        assert!(moved.verify(entry, root).is_err());
    }
}

fn refuse_changed_consistency(proof: &ConsistencyProof, old: &Digest, new: &Digest) {
    let other = Digest::of(b"another");
    if proof.first > 0 {
        assert!(proof.verify(&other, new).is_err());
        assert!(proof.verify(old, &other).is_err());
    }
    for position in 0..proof.path.len() {
        let mut changed = proof.clone();
        changed.path[position].0[7] ^= 1;
        assert!(changed.verify(old, new).is_err());
        changed.path.remove(position);
        assert!(changed.verify(old, new).is_err());
    }
    let mut longer = proof.clone();
    longer.path.push(*new);
    assert!(longer.verify(old, new).is_err());
}

#[test]
fn proofs_outside_of_the_tree_are_refused() {
    let tree = Tree::of([b"a".as_slice(), b"b"]);
    assert!(prove_inclusion(2, 2, &tree).is_err());
    assert!(prove_inclusion(0, 3, &tree).is_err());
    assert!(prove_consistency(2, 1, &tree).is_err());
    assert!(prove_consistency(1, 5, &tree).is_err());
}

#[test]
fn tiles_hold_the_subtrees_of_their_level() {
    let leaves: Vec<Digest> = (0..600_u64).map(|n| Digest::of(&n.to_be_bytes())).collect();
    let tree = Tree::of(leaves.iter().map(|leaf| leaf.0.as_slice()));
    let full = tile(0, 1, 600, &tree).unwrap().unwrap();
    assert_eq!(full.len() as u64, TILE_WIDTH);
    assert_eq!(full[0], leaf_hash(&leaves[256].0));
    assert_eq!(tile(0, 2, 600, &tree).unwrap().unwrap().len(), 88);
    let upper = tile(1, 0, 600, &tree).unwrap().unwrap();
    assert_eq!(
        upper,
        vec![naive_root(&leaves[..256]), naive_root(&leaves[256..512])]
    );
    assert_eq!(upper[1], tree.node(8, 1).unwrap());
    for (level, index) in [(0, 3), (1, 1), (2, 0), (200, 0), (0, u64::MAX)] {
        assert_eq!(
            tile(level, index, 600, &tree).unwrap(),
            None,
            "{level}/{index}"
        );
    }
}

#[test]
fn a_checkpoint_is_a_signed_note_and_no_byte_of_it_can_change() {
    let signer = Signer::new("yuanyi.local/ledger", &[7; 32]).unwrap();
    let verifier: Verifier = signer.verifier().to_string().parse().unwrap();
    let checkpoint = signer.sign(8, ROOTS[7].parse().unwrap());
    let lines: Vec<&str> = checkpoint.note.lines().collect();
    assert_eq!(
        lines[..4],
        [
            "yuanyi.local/ledger",
            "8",
            "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=",
            ""
        ]
    );
    assert!(lines[4].starts_with("\u{2014} yuanyi.local/ledger "));
    assert_eq!(verifier.open(&checkpoint.note), Ok(checkpoint.clone()));
    for position in 0..checkpoint.note.len() {
        let mut bytes = checkpoint.note.clone().into_bytes();
        bytes[position] ^= 1;
        if let Ok(changed) = String::from_utf8(bytes) {
            assert!(verifier.open(&changed).is_err(), "byte {position}");
        }
    }
    let other = Signer::new("yuanyi.local/ledger", &[8; 32]).unwrap();
    assert_eq!(
        other.verifier().open(&checkpoint.note),
        Err(LedgerError::NotSigned)
    );
    assert!(Signer::new("two words", &[7; 32]).is_err());
}

/// The example of the C2SP `signed-note` specification.
#[test]
fn verifier_keys_are_written_as_c2sp_does() {
    let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let verifier: Verifier = text.parse().unwrap();
    assert_eq!(verifier.to_string(), text);
    assert!(
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
            .parse::<Verifier>()
            .is_err()
    );
}
