//! What was sealed before, for telling whether a late reading is new.

use std::{collections::VecDeque, sync::Arc};

use record::{Reading, RecordError, SeriesId, SignalSeries};
use vocabulary::Digest;

use crate::{StorageError, reader::Readers};

use super::{
    chunks::{self, Chunk, Known},
    unsealed::{SealedBefore, slice},
};

/// Chunks that are kept open, since late readings come in numbers.
const OPEN: usize = 16;

/// Chunks of a series from a time on.
struct Listed {
    id: SeriesId,
    before: u64,
    from_us: i64,
    chunks: Vec<Chunk>,
}

/// Reads the index and the journal.
pub struct Earlier {
    readers: Arc<Readers>,
    listed: VecDeque<Listed>,
    open: VecDeque<(Digest, Option<Arc<[Reading]>>)>,
}

impl Earlier {
    /// Over a pool of readers.
    pub fn new(readers: Arc<Readers>) -> Self {
        Self {
            readers,
            listed: VecDeque::new(),
            open: VecDeque::new(),
        }
    }

    /// The chunks of a series that hold a time.
    fn chunks_at(
        &mut self,
        series: &SignalSeries,
        at_us: i64,
        before: u64,
    ) -> Result<Vec<Chunk>, RecordError> {
        let id = series.id();
        let known = self.listed.iter().position(|listed| listed.id == id);
        let fits = known
            .and_then(|place| self.listed.get(place))
            .is_some_and(|listed| listed.before == before && listed.from_us <= at_us);
        if !fits {
            if let Some(place) = known {
                self.listed.remove(place);
            }
            let chunks = self.readers.read_now(|reader| {
                let query = record::SeriesQuery {
                    id: Some(id.clone()),
                    ..record::SeriesQuery::default()
                };
                let found = chunks::series(reader.connection, &query, None)?;
                let Some(found) = found.first() else {
                    return Ok(Vec::new());
                };
                let span = (at_us, i64::MAX);
                Ok(chunks::within(reader.connection, found.row, span, before)?)
            })?;
            self.listed.push_front(Listed {
                id: id.clone(),
                before,
                from_us: at_us,
                chunks,
            });
            self.listed.truncate(OPEN);
        }
        let listed = self.listed.iter().find(|listed| listed.id == id);
        let chunks = listed
            .map(|listed| listed.chunks.iter())
            .into_iter()
            .flatten();
        let holds = |chunk: &&Chunk| chunk.first_us <= at_us && at_us <= chunk.last_us;
        Ok(chunks.filter(holds).cloned().collect())
    }

    /// The readings of a chunk; `None` where they were removed.
    fn readings(&mut self, chunk: &Chunk) -> Result<Option<Arc<[Reading]>>, RecordError> {
        if let Some((_, readings)) = self
            .open
            .iter()
            .find(|(digest, _)| *digest == chunk.readings)
        {
            return Ok(readings.clone());
        }
        let readings = self
            .readers
            .read_now(|reader| Ok(chunks::readings(reader.connection, reader.log, chunk)?))?;
        let readings: Option<Arc<[Reading]>> = readings.map(Arc::from);
        self.open.push_front((chunk.readings, readings.clone()));
        self.open.truncate(OPEN);
        Ok(readings)
    }

    fn at(
        &mut self,
        series: &SignalSeries,
        at_us: i64,
        before: u64,
    ) -> Result<Option<Vec<Reading>>, RecordError> {
        let mut found = Vec::new();
        for chunk in self.chunks_at(series, at_us, before)? {
            let Some(readings) = self.readings(&chunk)? else {
                return Ok(None);
            };
            found.extend_from_slice(slice(&readings, at_us, at_us.saturating_add(1)));
        }
        Ok(Some(found))
    }
}

impl SealedBefore for Earlier {
    fn of_channel(&mut self, series: &SignalSeries) -> Result<Vec<Known>, StorageError> {
        let found = self
            .readers
            .read_now(|reader| Ok(chunks::of_channel(reader.connection, series)?));
        found.map_err(store)
    }

    fn readings_at(
        &mut self,
        series: &SignalSeries,
        at_us: i64,
        before: u64,
    ) -> Result<Option<Vec<Reading>>, StorageError> {
        self.at(series, at_us, before).map_err(store)
    }
}

/// What the pool of readers says, as an error of this crate.
fn store(error: RecordError) -> StorageError {
    match error {
        RecordError::Full => StorageError::Full,
        other => StorageError::damaged(crate::index::INDEX, 0, other.to_string()),
    }
}
