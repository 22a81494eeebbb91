//! The rights of a caller at the moment when they are used.
//!
//! A [`Principal`] from before a wait has only the rights of that time. So code that hands out bytes after a wait takes
//! [`Rights`] rather than a `Principal`: they are looked up on each use, and there is no way to use outdated ones.

use std::sync::Arc;

use app::{
    access::{BoardAccess, Principal},
    id::BoardId,
};
use tokio::sync::watch;

use super::{Directory, Store};
use crate::{clock, credentials::Credentials};

/// The rights of a caller, as of the newest directory.
#[derive(Debug)]
pub struct Rights {
    credentials: Credentials,
    directory: watch::Receiver<Arc<Directory>>,
    /// The principal in the directory that was used last; `None` if the credentials are not valid any more.
    principal: Option<Principal>,
    revision: i64,
    /// Counts how often the principal has changed. 0 before the first look-up.
    version: u64,
}

impl Rights {
    /// The rights of a caller on the server of a store.
    pub fn new(store: &Store, credentials: Credentials) -> Self {
        Self { credentials, directory: store.watch_directory(), principal: None, revision: 0, version: 0 }
    }

    /// The caller's credentials.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The newest directory.
    pub fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.directory.borrow())
    }

    /// The revision of the directory in which the rights were last looked up.
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// Counts how often the principal has changed, as of the last look-up.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The caller's principal at this moment; `None` if the credentials are not valid any more.
    pub fn now(&mut self) -> Option<&Principal> {
        if self.version == 0 || self.directory.has_changed().unwrap_or(false) {
            self.look();
        }
        self.principal.as_ref()
    }

    /// As [`Self::now`], but also notices what has expired since the last look-up.
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

    /// Whether the caller may see a board with this access list.
    pub fn let_in(&mut self, board: BoardId, access: &BoardAccess) -> bool {
        self.now().is_some_and(|principal| principal.role_on(board, access).is_some())
    }
}
