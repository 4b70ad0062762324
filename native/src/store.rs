//! The two stores behind one face: memory, and a directory.
//!
//! Nothing here may depend on what is stored.

use std::collections::VecDeque;
use std::io;

use logboat_core::chunk::Chunk;
use logboat_core::memory_store::{Completion, MemoryStore};
use logboat_core::shard::input::{StorageEffect, StoreError};

use crate::disk_store::{DiskStore, Warmed};
use crate::send::Piece;

/// Where everything is kept.
#[derive(Debug)]
pub enum Store {
    /// Nothing outlives the process.
    Memory(MemoryStore),
    /// A data directory.
    Disk(Box<DiskStore>),
}

impl Store {
    /// Begins what `effect` says; what ends at once is put into `done`, [`Self::poll`] brings the rest.
    pub fn execute(&mut self, effect: StorageEffect, done: &mut Vec<Completion>) {
        match self {
            Self::Memory(store) => done.extend(store.execute(effect)),
            Self::Disk(store) => store.execute(effect, done),
        }
    }

    /// Brings what has ended since the last call: operations, and ranges that were brought into memory.
    pub fn poll(&mut self, done: &mut Vec<Completion>, warm: &mut Vec<Warmed>) {
        match self {
            Self::Memory(_) => {}
            Self::Disk(store) => store.poll(done, warm),
        }
    }

    /// The core has recovered.
    pub fn started(&mut self) {
        match self {
            Self::Memory(_) => {}
            Self::Disk(store) => store.started(),
        }
    }

    /// The store that ranges of files come from.
    pub fn disk(&mut self) -> Option<&mut DiskStore> {
        match self {
            Self::Memory(_) => None,
            Self::Disk(store) => Some(store),
        }
    }

    /// Puts what `chunk` stands for behind `pieces`, so that it can be sent whatever happens to its object.
    ///
    /// # Errors
    /// The object, or a part of the range, is not there.
    pub fn pin(&mut self, chunk: Chunk, pieces: &mut VecDeque<Piece>) -> io::Result<()> {
        let (object, at, len) = match chunk {
            Chunk::Bytes(bytes) => {
                pieces.push_back(Piece::Bytes(bytes));
                return Ok(());
            }
            Chunk::Stored { object, at, len } => (object, at, len),
        };
        match self {
            Self::Memory(store) => {
                let mut missing = u64::from(len);
                for slice in store.slices(object, at, len) {
                    missing -= slice.len() as u64;
                    pieces.push_back(Piece::Bytes(slice));
                }
                if missing == 0 { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
            }
            Self::Disk(store) => match store.open_object(object) {
                Ok(file) => {
                    pieces.push_back(Piece::File { file, at, len });
                    Ok(())
                }
                Err(StoreError::Missing | StoreError::Full) => Err(io::ErrorKind::NotFound.into()),
                Err(StoreError::Failed(reason)) => Err(io::Error::other(reason)),
            },
        }
    }
}
