//! The rate limit of the REST interface: how many requests one caller may send.
//!
//! A caller is a person, whatever credentials they use, or, without an account, an address. The limit is a token bucket that holds the
//! requests of a minute, so a burst passes, and what exceeds it waits its turn. Every response says how much is left, in the headers
//! of the [IETF draft](https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/). Each node counts by itself.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::{Extension, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header::RETRY_AFTER},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};

use super::{
    admission::ClientKey,
    problem::{Code, Problem},
};
use crate::live_settings::LiveSettings;

/// The header that says what the limit is.
pub const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// The header that says how much of it is left.
pub const LEFT: HeaderName = HeaderName::from_static("ratelimit");

const MINUTE: Duration = Duration::from_secs(60);
/// From so many callers on, the counters of those that have their whole quota again are removed at once instead of in the next minute.
const MANY_CALLERS: usize = 100_000;
/// At most so many callers are counted. Further ones share a counter, so that memory is bounded.
const MAX_CALLERS: usize = 200_000;

type Limiter =
    RateLimiter<Option<ClientKey>, DefaultKeyedStateStore<Option<ClientKey>>, DefaultClock, StateInformationMiddleware>;

/// The rate limit as the settings have it now. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Rates {
    settings: LiveSettings,
    newest: Arc<Mutex<(u32, Option<Arc<ApiRate>>)>>,
}

impl Rates {
    /// The rate limit of these settings.
    pub fn new(settings: LiveSettings) -> Self {
        let per_minute = settings.now().api_rate;
        Self { settings, newest: Arc::new(Mutex::new((per_minute, ApiRate::new(per_minute)))) }
    }

    /// The counters, if requests are limited. With another limit, everybody begins anew.
    pub fn now(&self) -> Option<Arc<ApiRate>> {
        let per_minute = self.settings.now().api_rate;
        // It is replaced as a whole.
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.0 != per_minute {
            *newest = (per_minute, ApiRate::new(per_minute));
        }
        newest.1.clone()
    }
}

/// The counters of all callers.
#[derive(Debug)]
pub struct ApiRate {
    per_minute: NonZeroU32,
    limiter: Limiter,
}

/// What is left to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Left {
    requests: u32,
    /// How many seconds until the whole quota is there again.
    whole_in: u32,
    /// How many seconds until the next request is allowed; 0 if it is already.
    next_in: u64,
}

impl ApiRate {
    /// A limit of so many requests a minute; none, if that is 0.
    pub fn new(per_minute: u32) -> Option<Arc<Self>> {
        let per_minute = NonZeroU32::new(per_minute)?;
        let limiter = RateLimiter::keyed(Quota::per_minute(per_minute)).with_middleware();
        Some(Arc::new(Self { per_minute, limiter }))
    }

    /// Removes the counters of callers that have their whole quota again.
    pub fn forget_old(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }

    /// Counts a request.
    fn count(&self, caller: ClientKey) -> Left {
        let callers = self.limiter.len();
        if callers >= MANY_CALLERS && callers.is_multiple_of(1_000) {
            self.limiter.retain_recent();
        }
        let is_full = callers >= MAX_CALLERS;
        let (requests, next_in) = match self.limiter.check_key(&Some(caller).filter(|_| !is_full)) {
            Ok(state) => (state.remaining_burst_capacity(), Duration::ZERO),
            Err(until) => (0, until.wait_time_from(self.limiter.clock().now())),
        };
        let used = u64::from(self.per_minute.get() - requests.min(self.per_minute.get()));
        let whole_in = (used * MINUTE.as_secs()).div_ceil(u64::from(self.per_minute.get()));
        Left { requests, whole_in: whole_in as u32, next_in: next_in.as_millis().div_ceil(1_000) as u64 }
    }

    fn tell(&self, left: Left, headers: &mut HeaderMap) {
        let policy = format!("\"requests\";q={};w={}", self.per_minute, MINUTE.as_secs());
        let left = format!("\"requests\";r={};t={}", left.requests, left.whole_in);
        for (name, value) in [(POLICY, policy), (LEFT, left)] {
            headers.extend(HeaderValue::try_from(value).ok().map(|value| (name, value)));
        }
    }
}

/// Limits the requests to REST. It comes after the guard, which knows the caller.
pub async fn limit(
    State(rates): State<Rates>,
    Extension(caller): Extension<ClientKey>,
    request: Request,
    next: Next,
) -> Response {
    let Some(rate) = rates.now() else { return next.run(request).await };
    let left = rate.count(caller);
    let mut response = match left.next_in {
        0 => next.run(request).await,
        seconds => {
            metrics::counter!("taskwire_api_requests_limited_total").increment(1);
            let detail = format!(
                "you sent more than {} requests in a minute, the maximum; try again in {seconds} s",
                rate.per_minute
            );
            Problem::new(Code::RateLimited, detail).with_header(RETRY_AFTER, seconds.into()).into_response()
        }
    };
    rate.tell(left, response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: [u8; 4]) -> ClientKey {
        ClientKey::at(address.into())
    }

    #[test]
    fn each_caller_has_so_many_requests_a_minute() {
        let rate = ApiRate::new(3).unwrap();
        let ana = at([192, 0, 2, 1]);
        let left: Vec<Left> = (0..4).map(|_| rate.count(ana)).collect();
        assert_eq!(left[0], Left { requests: 2, whole_in: 20, next_in: 0 });
        assert_eq!(left[2], Left { requests: 0, whole_in: 60, next_in: 0 });
        assert_eq!(left[3], Left { requests: 0, whole_in: 60, next_in: 20 });
        assert_eq!(rate.count(at([192, 0, 2, 2])).requests, 2, "others are not affected");
        assert!(ApiRate::new(0).is_none(), "0 is no limit");
    }

    #[test]
    fn callers_without_number_take_no_memory_without_limit() {
        let rate = ApiRate::new(2).unwrap();
        for caller in 0..MAX_CALLERS as u32 + 10 {
            rate.count(at(caller.to_be_bytes()));
        }
        assert!(rate.limiter.len() <= MAX_CALLERS + 1, "{}", rate.limiter.len());
        assert_ne!(rate.count(at([255, 0, 0, 1])).next_in, 0, "the callers beyond the maximum share a counter");
    }
}
