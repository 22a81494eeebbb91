//! Rate limits on sign-in attempts.
//!
//! There are three limits, because each alone fails: by *address*, against one machine that tries many accounts; by *account
//! and address*, against one machine that tries many passwords for one account; and by *account*, against many machines that
//! share the work. With the last one, an attacker could lock a person out. So it does not count attempts from browsers in which
//! the person has signed in before: those are recognised by a cookie, and have a limit of their own.
//!
//! The counts are in this node's memory, so several nodes together allow more attempts.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use app::id::ActorId;
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock};

use super::{AccountError, Accounts, DAY};
use crate::{
    clock::now,
    credentials::ClientInfo,
    http::forwarded::network,
    secret::{Secret, SecretHash},
};

/// How many known browsers are kept for each person.
const MAX_DEVICES: i64 = 20;
/// How long a browser stays known; its cookie lasts as long.
pub(super) const DEVICE: Duration = Duration::from_secs(365 * DAY);

/// Where a sign-in attempt comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The client.
    pub client: ClientInfo,
    /// The browser, if the person is known to have signed in with it before.
    pub device: Option<SecretHash>,
}

/// The rate limits. See the [module](self).
pub struct Attempts {
    by_address: DefaultKeyedRateLimiter<IpAddr>,
    by_account_and_address: DefaultKeyedRateLimiter<(String, IpAddr)>,
    by_account: DefaultKeyedRateLimiter<String>,
    by_device: DefaultKeyedRateLimiter<SecretHash>,
    mails: DefaultKeyedRateLimiter<String>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            by_address: RateLimiter::keyed(quota(60, Duration::from_secs(2))),
            by_account_and_address: RateLimiter::keyed(quota(10, Duration::from_secs(30))),
            by_account: RateLimiter::keyed(quota(50, Duration::from_secs(60))),
            by_device: RateLimiter::keyed(quota(10, Duration::from_secs(30))),
            mails: RateLimiter::keyed(quota(3, Duration::from_secs(20 * 60))),
        }
    }
}

impl Attempts {
    /// Counts an attempt. If there were too many, returns how long to wait.
    pub fn count(&self, email: &str, from: &Origin) -> Result<(), Duration> {
        let (email, address) = (email.trim().to_lowercase(), network(from.client.address));
        check(&self.by_address, &address)?;
        match from.device {
            Some(device) => check(&self.by_device, &device),
            None => {
                check(&self.by_account_and_address, &(email.clone(), address))?;
                check(&self.by_account, &email)
            }
        }
    }

    /// Counts an unauthenticated request that is as expensive as an attempt: for a password reset, or with a link.
    pub fn count_stranger(&self, address: IpAddr) -> Result<(), Duration> {
        check(&self.by_address, &network(address))
    }

    /// Counts a mail to an address.
    pub fn count_mail(&self, email: &str) -> Result<(), Duration> {
        check(&self.mails, &email.trim().to_lowercase())
    }

    /// Removes the counters that have not been used for long.
    pub fn forget_old(&self) {
        self.by_address.retain_recent();
        self.by_account_and_address.retain_recent();
        self.by_account.retain_recent();
        self.by_device.retain_recent();
        self.mails.retain_recent();
    }
}

/// The failed sign-ins that the audit log is told of. For each account and address, the first of a minute is written at once, and the
/// others are counted and written together. There is a limit on all of them, so that nobody can fill the disk by guessing.
pub struct Failures {
    this_minute: Mutex<HashMap<(ActorId, IpAddr), Failure>>,
    all: DefaultDirectRateLimiter,
}

/// Failed sign-ins of a minute, from one address to one account.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The account.
    pub person: ActorId,
    /// The client.
    pub client: ClientInfo,
    /// How many are not written yet.
    pub attempts: u64,
}

impl Default for Failures {
    fn default() -> Self {
        // 2,880 a day, each of which may be followed by one that says how many more there were.
        Self { this_minute: Mutex::default(), all: RateLimiter::direct(quota(200, Duration::from_secs(30))) }
    }
}

impl Failures {
    /// Counts a failure. Returns it if it is to be written at once.
    pub fn count(&self, person: ActorId, client: &ClientInfo) -> Option<Failure> {
        match self.this_minute().entry((person, network(client.address))) {
            Entry::Occupied(mut known) => known.get_mut().attempts += 1,
            Entry::Vacant(unknown) if self.all.check().is_ok() => {
                let failure = unknown.insert(Failure { person, client: client.clone(), attempts: 0 });
                return Some(Failure { attempts: 1, ..failure.clone() });
            }
            Entry::Vacant(_) => {}
        }
        None
    }

    /// Ends the minute. Returns the failures that were only counted.
    pub fn end_minute(&self) -> Vec<Failure> {
        let counted = std::mem::take(&mut *self.this_minute());
        counted.into_values().filter(|failure| failure.attempts > 0).collect()
    }

    // No code that can panic runs while this lock is held.
    fn this_minute(&self) -> MutexGuard<'_, HashMap<(ActorId, IpAddr), Failure>> {
        self.this_minute.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Accounts {
    /// Whether the person with this e-mail address has signed in with this browser before.
    pub async fn known_device(&self, device: &str, email: &str) -> Result<Option<SecretHash>, AccountError> {
        let Some(hash) = SecretHash::of_sealed(device, self.store().seal()) else { return Ok(None) };
        let Some(person) = self.store().directory().account_of(email).map(|account| account.id) else {
            return Ok(None);
        };
        Ok(self.store().is_known_device(hash, person).await?.then_some(hash))
    }

    /// Records that a person has signed in with a browser. Returns the secret to be set as that browser's cookie.
    pub async fn remember_device(&self, person: ActorId) -> Result<Secret, AccountError> {
        let secret = Secret::sealed("", self.store().seal());
        let mut note = self.store().note().await?;
        note.insert_known_device(secret.hash(), person, now()).await?;
        note.keep_known_devices(person, MAX_DEVICES).await?;
        note.commit().await?;
        Ok(secret)
    }

    /// Counts an expensive unauthenticated request.
    pub fn count_stranger(&self, address: IpAddr) -> Result<(), AccountError> {
        self.limit(self.shared.attempts.count_stranger(address))
    }

    pub(super) fn limit(&self, counted: Result<(), Duration>) -> Result<(), AccountError> {
        counted.map_err(|wait| {
            metrics::counter!("taskwire_sign_ins_total", "outcome" => "limited").increment(1);
            AccountError::TooMany(wait)
        })
    }
}

fn quota(burst: u32, one_per: Duration) -> Quota {
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    Quota::with_period(one_per).map_or(Quota::per_minute(burst), |quota| quota.allow_burst(burst))
}

fn check<Key: Clone + std::hash::Hash + Eq>(limit: &DefaultKeyedRateLimiter<Key>, key: &Key) -> Result<(), Duration> {
    limit.check_key(key).map_err(|until| until.wait_time_from(limit.clock().now()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str) -> Origin {
        Origin { client: address.parse::<IpAddr>().unwrap().into(), device: None }
    }

    #[test]
    fn one_address_does_not_get_far_with_one_account() {
        let attempts = Attempts::default();
        let allowed = (0..100).take_while(|_| attempts.count("ana@example.com", &from("192.0.2.1")).is_ok()).count();
        assert_eq!(allowed, 10);
        assert!(attempts.count("ANA@example.com ", &from("192.0.2.1")).is_err(), "however it is written");
        assert!(attempts.count("ana@example.com", &from("192.0.2.2")).is_ok(), "from elsewhere");
        assert!(attempts.count("ben@example.com", &from("192.0.2.1")).is_ok(), "somebody else");
    }

    #[test]
    fn many_addresses_do_not_get_far_either_and_lock_nobody_out() {
        let attempts = Attempts::default();
        let strangers = (0..1_000).map(|number| from(&format!("198.51.{}.{}", number / 250, number % 250)));
        let allowed = strangers.take_while(|from| attempts.count("ana@example.com", from).is_ok()).count();
        assert_eq!(allowed, 50);
        let device = Some(SecretHash::of("the browser that ana uses"));
        assert!(attempts.count("ana@example.com", &Origin { device, ..from("203.0.113.9") }).is_ok());
    }

    #[test]
    fn failures_are_written_once_a_minute_for_each_account_and_address() {
        let (failures, ana) = (Failures::default(), app::new_id());
        let client = |address: &str| from(address).client;
        let at_once = (0..1_000).filter_map(|_| failures.count(ana, &client("192.0.2.1"))).count();
        assert_eq!(at_once, 1);
        assert!(failures.count(ana, &client("192.0.2.2")).is_some(), "from elsewhere");
        let counted = failures.end_minute();
        assert_eq!(counted.iter().map(|failure| failure.attempts).collect::<Vec<_>>(), [999]);
        assert!(failures.end_minute().is_empty());
        assert!(failures.count(ana, &client("192.0.2.1")).is_some(), "in the next minute");
    }

    #[test]
    fn no_number_of_addresses_fills_the_log() {
        let (failures, ana) = (Failures::default(), app::new_id());
        let clients = (0..100_000u32).map(|number| IpAddr::from(number.to_be_bytes()).into());
        let at_once = clients.filter_map(|client| failures.count(ana, &client)).count();
        assert!((200..=201).contains(&at_once), "{at_once}");
        assert!(failures.end_minute().is_empty());
    }
}
