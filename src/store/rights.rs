//! What somebody may do, at the moment they are asked about.
//!
//! A [`Principal`] that was found before a wait tells what somebody might do then. So whatever hands out bytes after it may have
//! waited takes [`Rights`] in place of a `Principal`: they are looked up when they are used, and there is no other way to use them.

use std::sync::Arc;

use app::{
    access::{BoardAccess, Principal},
    id::BoardId,
};
use tokio::sync::watch;

use super::{Directory, Store};
use crate::{clock, credentials::Credentials};

/// What a caller may do, as of the newest directory.
#[derive(Debug)]
pub struct Rights {
    credentials: Credentials,
    directory: watch::Receiver<Arc<Directory>>,
    /// As of the directory that was looked at last; `None` where what the caller proves themselves with no longer holds.
    principal: Option<Principal>,
    revision: i64,
    /// Counts how often the principal became another one. 0 before the first look.
    version: u64,
}

impl Rights {
    /// What a caller may do on the server of a store.
    pub fn new(store: &Store, credentials: Credentials) -> Self {
        Self { credentials, directory: store.watch_directory(), principal: None, revision: 0, version: 0 }
    }

    /// Whose they are.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The directory they were looked up in last.
    pub fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.directory.borrow())
    }

    /// The revision of the directory they were looked up in last.
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// Counts how often they became others, as far as was looked.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What they are at this moment; `None` where what the caller proves themselves with no longer holds.
    pub fn now(&mut self) -> Option<&Principal> {
        if self.version == 0 || self.directory.has_changed().unwrap_or(false) {
            self.look();
        }
        self.principal.as_ref()
    }

    /// As [`Self::now`], where also time may have taken something away.
    pub fn look(&mut self) -> Option<&Principal> {
        let directory = Arc::clone(&self.directory.borrow_and_update());
        self.revision = directory.revision();
        let principal = directory.principal(&self.credentials, clock::now());
        if self.version == 0 || principal != self.principal {
            self.version += 1;
            self.principal = principal;
        }
        self.principal.as_ref()
    }

    /// Whether they let somebody see a board, given who has access to it.
    pub fn let_in(&mut self, board: BoardId, access: &BoardAccess) -> bool {
        self.now().is_some_and(|principal| principal.role_on(board, access).is_some())
    }
}
