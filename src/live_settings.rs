//! The settings that may change while the server runs, as they are now.
//!
//! Whoever uses one asks for the [`Values`] at that moment, and keeps no copy. They follow the directory, which has what was set while servers
//! run, so every node has a change within a second. What each setting is, and what it is without a value there, is for
//! [`crate::settings::runtime`] to say.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{
    mail::Mail,
    store::{Store, StoredSettings},
};

/// The settings at one moment.
#[derive(Clone)]
pub struct Values {
    /// The name of the server, as people see it.
    pub server_name: Arc<str>,
    /// The domains whose people get an account by signing in with the provider.
    pub sign_up_domains: Vec<String>,
    /// Where mail is sent, if it is.
    pub mail: Option<Arc<Mail>>,
    /// How long changes are kept in the log; `None` for ever.
    pub log: Option<Duration>,
    /// How long deleted boards are kept; `None` for ever.
    pub deleted_boards: Option<Duration>,
    /// How long the events of the audit log are kept.
    pub audit: Duration,
    /// How many requests a minute a caller may send to REST; 0 for no limit.
    pub api_rate: u32,
    /// How many sockets one person may have on this node.
    pub sockets_per_person: usize,
    /// How many sockets one address may have on this node.
    pub sockets_per_address: usize,
}

type Resolve = dyn Fn(&StoredSettings) -> Values + Send + Sync;

/// The settings that may change while the server runs. Cheap to clone.
#[derive(Clone)]
pub struct LiveSettings {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    resolve: Box<Resolve>,
    /// The newest, and what they were made from.
    newest: Mutex<(Arc<StoredSettings>, Arc<Values>)>,
}

impl fmt::Debug for LiveSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveSettings").finish_non_exhaustive()
    }
}

impl LiveSettings {
    /// The settings of a database. `resolve` makes them from what was set while servers run.
    pub fn new(store: Store, resolve: impl Fn(&StoredSettings) -> Values + Send + Sync + 'static) -> Self {
        let stored = Arc::clone(store.directory().settings());
        let newest = Mutex::new((Arc::clone(&stored), Arc::new(resolve(&stored))));
        Self { shared: Arc::new(Shared { store, resolve: Box::new(resolve), newest }) }
    }

    /// The settings as this node knows them now.
    pub fn now(&self) -> Arc<Values> {
        let Shared { store, resolve, newest } = &*self.shared;
        let directory = store.directory();
        let stored = directory.settings();
        // It is replaced as a whole.
        let mut newest = newest.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&newest.0, stored) {
            // The directory is read again for many reasons. Only a change of a setting is one to connect to the mail server anew.
            if newest.0 != *stored {
                newest.1 = Arc::new(resolve(stored));
            }
            newest.0 = Arc::clone(stored);
        }
        Arc::clone(&newest.1)
    }
}
