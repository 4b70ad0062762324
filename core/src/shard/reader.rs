//! Finding batches: in the index in memory, or in the pages of sealed files.
//!
//! A page that is not in memory is asked for and the search begins anew when it is there. It must never read a batch.

use alloc::collections::BTreeMap;

use bytes::Bytes;

use super::state::State;
use crate::chunk::ObjectId;
use crate::image::PartitionId;
use crate::journal::index::{IndexEntry, PAGE_ENTRIES, PAGE_LEN, check_page};
use crate::partition::Partition;

/// Pages kept in memory: 1 MiB.
const MAX_PAGES: usize = 256;

/// A page that has to be read first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PageKey {
    /// The sealed file.
    pub object: ObjectId,
    /// First byte of the page in the file.
    pub at: u64,
}

/// Why an entry is not to be had at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// This page must be read first.
    Page(PageKey),
    /// The index is damaged.
    Damaged,
}

/// Pages of sealed files, the least recently used ones go first.
#[derive(Debug, Default)]
pub(crate) struct PageCache {
    pages: BTreeMap<PageKey, (Option<Bytes>, u64)>,
    clock: u64,
}

impl PageCache {
    /// Keeps a page that was read, or notes that it is damaged or missing.
    pub(crate) fn insert(&mut self, key: PageKey, page: Option<Bytes>) {
        if self.pages.len() >= MAX_PAGES {
            let oldest = self.pages.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key);
            oldest.and_then(|key| self.pages.remove(&key));
        }
        self.clock += 1;
        let page = page.filter(|page| check_page(page).is_ok());
        self.pages.insert(key, (page, self.clock));
    }

    /// Forgets the pages of a file.
    pub(crate) fn forget(&mut self, object: ObjectId) {
        self.pages.retain(|key, _| key.object != object);
    }

    fn get(&mut self, key: PageKey) -> Result<&Bytes, Unreadable> {
        self.clock += 1;
        let clock = self.clock;
        let (page, used) = self.pages.get_mut(&key).ok_or(Unreadable::Page(key))?;
        *used = clock;
        page.as_ref().ok_or(Unreadable::Damaged)
    }
}

/// A batch's place: in the sealed file with this number in the partition's list, or behind all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Position in [`Partition::files`]; its length for the file that is being written.
    pub file: usize,
    /// Number of the entry among the partition's in that file.
    pub entry: u32,
}

/// What is needed to find batches of one partition.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    /// The partition.
    pub partition: &'a Partition,
    id: PartitionId,
    index_at: &'a BTreeMap<ObjectId, u64>,
    active: ObjectId,
    pages: &'a mut PageCache,
}

impl<'a> Reader<'a> {
    /// A reader of partition `id`; `active` is the file that is being written.
    #[must_use]
    pub(crate) fn new(
        state: &'a State,
        id: PartitionId,
        active: ObjectId,
        pages: &'a mut PageCache,
    ) -> Option<Self> {
        let partition = state.partitions.get(&id)?;
        Some(Self { partition, id, index_at: &state.index_at, active, pages })
    }

    /// The batch at a place; none at the log's end.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub(crate) fn entry(
        &mut self,
        place: Place,
    ) -> Result<Option<(ObjectId, IndexEntry)>, Unreadable> {
        let Some(range) = self.partition.files.get(place.file) else {
            let entry = self.partition.active.get(place.entry as usize);
            return Ok(entry.map(|entry| (self.active, *entry)));
        };
        if place.entry >= range.entries {
            return self.entry(Place { file: place.file + 1, entry: 0 });
        }
        let number = range.first_entry + place.entry;
        let index_at = self.index_at.get(&range.object).ok_or(Unreadable::Damaged)?;
        let at = index_at + u64::from(number / PAGE_ENTRIES) * PAGE_LEN as u64;
        let page = self.pages.get(PageKey { object: range.object, at })?;
        let entry = IndexEntry::decode(page, number % PAGE_ENTRIES, self.id)
            .map_err(|_| Unreadable::Damaged)?;
        Ok(Some((range.object, entry)))
    }

    /// The place behind `place`.
    #[must_use]
    pub(crate) fn next(&self, place: Place) -> Place {
        match self.partition.files.get(place.file) {
            Some(range) if place.entry + 1 >= range.entries => {
                Place { file: place.file + 1, entry: 0 }
            }
            Some(_) | None => Place { file: place.file, entry: place.entry + 1 },
        }
    }

    /// The first batch that ends at `offset` or later.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub(crate) fn find(&mut self, offset: i64) -> Result<Place, Unreadable> {
        let file = self.partition.files.partition_point(|range| range.last_offset < offset);
        let Some(range) = self.partition.files.get(file) else {
            let entry =
                self.partition.active.partition_point(|entry| entry.last_offset < offset) as u32;
            return Ok(Place { file, entry });
        };
        let (mut low, mut high) = (0, range.entries);
        while low < high {
            let middle = u32::midpoint(low, high);
            match self.entry(Place { file, entry: middle })? {
                Some((_, entry)) if entry.last_offset < offset => low = middle + 1,
                Some(_) | None => high = middle,
            }
        }
        Ok(Place { file, entry: low })
    }

    /// The first batch, from `offset` on and in order of offset, with a timestamp of at least `timestamp`.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub(crate) fn find_timestamp(
        &mut self,
        offset: i64,
        timestamp: i64,
    ) -> Result<Option<(ObjectId, IndexEntry)>, Unreadable> {
        let mut place = self.find(offset)?;
        while let Some(range) = self.partition.files.get(place.file) {
            if range.max_timestamp < timestamp {
                place = Place { file: place.file + 1, entry: 0 };
                continue;
            }
            match self.entry(place)? {
                Some((object, entry)) if entry.max_timestamp >= timestamp => {
                    return Ok(Some((object, entry)));
                }
                Some(_) => place = self.next(place),
                None => break,
            }
        }
        let rest = self.partition.active.get(place.entry as usize..).unwrap_or(&[]);
        let found = rest.iter().find(|entry| entry.max_timestamp >= timestamp);
        Ok(found.map(|entry| (self.active, *entry)))
    }

    /// The largest timestamp from `offset` on, −1 where there is no record; pages are not needed for it.
    #[must_use]
    pub(crate) fn max_timestamp(&self, offset: i64) -> i64 {
        let files = self
            .partition
            .files
            .iter()
            .filter(|range| range.last_offset >= offset)
            .map(|range| range.max_timestamp);
        let active = self
            .partition
            .active
            .iter()
            .filter(|entry| entry.last_offset >= offset)
            .map(|e| e.max_timestamp);
        files.chain(active).max().unwrap_or(-1)
    }
}

#[cfg(test)]
mod tests;
