//! Limits on responses in flight: how many are prepared at once, and how much memory those that are being sent hold; for one caller,
//! and for all.
//!
//! The page of a large board takes its time and its megabytes, and a client that does not read the page keeps them in memory. So each
//! caller has a few turns and a share of the memory. A caller who wants more waits for their own turns, or is told to try again
//! later; other callers do not notice.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::body::{Body, Bytes};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{admission::ClientKey, limits::HttpLimits};

/// The responses in flight on this node.
pub struct InFlight {
    limits: HttpLimits,
    turns: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    clients: HashMap<ClientKey, ClientUsage>,
    /// The size of the responses that are being sent, in bytes.
    sending: usize,
}

struct ClientUsage {
    turns: Arc<Semaphore>,
    sending: usize,
    /// How many turns, waits for one, and loads of this caller there are; the entry is removed when there are none.
    uses: usize,
}

/// The right to prepare a response, until this is dropped.
pub struct Turn {
    _all: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
    _load: Load,
}

/// Memory that is counted for a caller, until this is dropped.
struct Load {
    in_flight: Arc<InFlight>,
    who: ClientKey,
    bytes: usize,
}

impl InFlight {
    /// With nothing in flight.
    pub fn new(limits: HttpLimits) -> Arc<Self> {
        let turns = Arc::new(Semaphore::new(limits.preparing));
        Arc::new(Self { limits, turns, state: Mutex::default() })
    }

    /// The size of the responses that are being sent, in bytes, small ones excluded.
    pub fn sending(&self) -> usize {
        self.state().sending
    }

    /// Waits for a caller's turn to have a response prepared.
    pub async fn turn(self: &Arc<Self>, who: ClientKey) -> Option<Turn> {
        let load = self.load(who, 0)?;
        let own = {
            let state = self.state();
            Arc::clone(&state.clients.get(&who)?.turns)
        };
        // The caller's own semaphore first, so that somebody with many requests queues behind themselves and not in front of others.
        let own = own.acquire_owned().await.ok()?;
        let all = Arc::clone(&self.turns).acquire_owned().await.ok()?;
        Some(Turn { _all: all, _own: own, _load: load })
    }

    /// The body of a response, counted for its caller until it is sent or abandoned. `None` if the caller, or all callers together, have
    /// as much in flight as is allowed.
    pub fn carry(self: &Arc<Self>, who: ClientKey, bytes: Bytes) -> Option<Body> {
        if bytes.len() < self.limits.small_answer {
            return Some(Body::from(bytes));
        }
        let load = self.load(who, bytes.len())?;
        Some(Body::from(Bytes::from_owner(Counted { bytes, _load: load })))
    }

    fn load(self: &Arc<Self>, who: ClientKey, bytes: usize) -> Option<Load> {
        let HttpLimits { sending, sending_per_caller, preparing_per_caller, .. } = self.limits;
        let mut state = self.state();
        let own = state.clients.get(&who).map_or(0, |client| client.sending);
        // A single response is always allowed, however large it is.
        let fits = |under_way: usize, most: usize| under_way == 0 || under_way + bytes <= most;
        if bytes > 0 && !(fits(own, sending_per_caller) && fits(state.sending, sending)) {
            return None;
        }
        state.sending += bytes;
        metrics::gauge!("taskwire_http_sending_bytes").set(state.sending as f64);
        let turns = || Arc::new(Semaphore::new(preparing_per_caller));
        let client = state.clients.entry(who).or_insert_with(|| ClientUsage { turns: turns(), sending: 0, uses: 0 });
        client.sending += bytes;
        client.uses += 1;
        Some(Load { in_flight: Arc::clone(self), who, bytes })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        let mut state = self.in_flight.state();
        state.sending -= self.bytes;
        metrics::gauge!("taskwire_http_sending_bytes").set(state.sending as f64);
        let Some(client) = state.clients.get_mut(&self.who) else { return };
        client.sending -= self.bytes;
        client.uses -= 1;
        if client.uses == 0 {
            state.clients.remove(&self.who);
        }
    }
}

/// Bytes that are counted until the last of them is written or abandoned: the connection holds them longer than the body does.
struct Counted {
    bytes: Bytes,
    _load: Load,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn limits() -> HttpLimits {
        HttpLimits {
            preparing: 3,
            preparing_per_caller: 2,
            small_answer: 10,
            sending: 100,
            sending_per_caller: 60,
            ..HttpLimits::default()
        }
    }

    fn somebody(number: u8) -> ClientKey {
        ClientKey::at(IpAddr::from([192, 0, 2, number]))
    }

    #[tokio::test]
    async fn a_caller_has_so_many_turns_and_others_do_not_wait_for_theirs() {
        let in_flight = InFlight::new(limits());
        let (ana, ben) = (somebody(1), somebody(2));
        let first = in_flight.turn(ana).await.unwrap();
        let _second = in_flight.turn(ana).await.unwrap();
        let mut third = std::pin::pin!(in_flight.turn(ana));
        assert!(futures::poll!(third.as_mut()).is_pending());
        let bens = in_flight.turn(ben).await.unwrap();
        drop(first);
        let third = third.await.unwrap();
        let mut fourth = Box::pin(in_flight.turn(ben));
        assert!(futures::poll!(fourth.as_mut()).is_pending(), "three are enough for all");
        drop((bens, third, fourth));
        assert_eq!(in_flight.state().clients.len(), 1, "who has nothing under way is forgotten");
    }

    #[test]
    fn what_is_sent_counts_until_the_last_of_it_is_gone() {
        let in_flight = InFlight::new(limits());
        let (ana, ben) = (somebody(1), somebody(2));
        let carry = |who, bytes: usize| in_flight.carry(who, Bytes::from(vec![0; bytes]));
        let first = carry(ana, 50).unwrap();
        assert!(carry(ana, 50).is_none(), "a client has a share");
        assert!(carry(ana, 9).is_some(), "small answers always go");
        let _bens = carry(ben, 40).unwrap();
        assert!(carry(somebody(3), 20).is_none(), "there is only so much in all");
        drop(first);
        assert_eq!(in_flight.sending(), 40);
        assert!(carry(ana, 50).is_some());
    }

    #[tokio::test]
    async fn an_answer_that_alone_is_more_than_a_share_goes_when_nothing_else_does() {
        let in_flight = InFlight::new(limits());
        let body = in_flight.carry(somebody(1), Bytes::from(vec![0; 500])).unwrap();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        assert_eq!((bytes.len(), in_flight.sending()), (500, 500), "it was read, and is held all the same");
        drop(bytes);
        assert_eq!(in_flight.sending(), 0);
    }
}
