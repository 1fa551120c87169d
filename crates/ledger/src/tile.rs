use vocabulary::Digest;

use crate::{LedgerError, Nodes};

/// Levels of the tree in one tile (C2SP `tlog-tiles`).
pub const TILE_HEIGHT: u8 = 8;
/// Hashes in a full tile.
pub const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;

/// The hashes of one tile, as `tlog-tiles` lays them out for a tree of `size` leaves: the complete
/// subtrees `index * 256 ..` on tree level `level * 8`. A tile at the right edge is partial; one that the
/// tree does not have is `None`.
pub fn tile(
    level: u8,
    index: u64,
    size: u64,
    nodes: &impl Nodes,
) -> Result<Option<Vec<Digest>>, LedgerError> {
    let height = u32::from(level) * u32::from(TILE_HEIGHT);
    let on_level = size.checked_shr(height).unwrap_or(0);
    let (Ok(height), Some(first)) = (u8::try_from(height), index.checked_mul(TILE_WIDTH)) else {
        return Ok(None);
    };
    let last = on_level.min(first.saturating_add(TILE_WIDTH));
    if first >= last {
        return Ok(None);
    }
    (first..last)
        .map(|position| nodes.node(height, position))
        .collect::<Result<_, _>>()
        .map(Some)
}
