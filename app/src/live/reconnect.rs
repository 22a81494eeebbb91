//! The decisions when to connect, when to ping, and when to give up a connection.
//!
//! This is a state machine without a socket, a clock or randomness: events go in, with the time and a random number,
//! and steps come out. So every wait has a limit and a way to continue, and tests can simulate hours of a bad network
//! in a moment.
//!
//! - **Silence proves nothing; an unanswered ping does.** While somebody looks at the page, a ping is sent after five
//!   quiet seconds, and the connection is given up four seconds later. When somebody returns to the page, a ping is
//!   sent at once, and the connection is given up half a second later. On a slow line these limits double with each
//!   connection that was lost to silence, twice at most.
//! - **A server that is not reachable is polled** over HTTP, every 0.5 to 0.7 seconds while somebody looks at the page.
//!   This costs a missing server nothing, and finds the server within a second of its return.
//! - **A server that is reachable and refuses gets growing pauses.** The pause shrinks only after real progress: a
//!   decided edit, or a connection that held.

/// A time or a duration, in milliseconds of a monotonic clock.
pub type Millis = u64;

/// The time without a message after which a ping is sent.
pub const QUIET: Millis = 5_000;
/// Like [`QUIET`], in a tab that nobody sees.
pub const QUIET_UNSEEN: Millis = 20_000;
/// The time limit for the answer to a ping.
pub const ANSWER_WITHIN: Millis = 4_000;
/// If a timeout is handled this much later than it was due, the page was blocked or asleep and could not receive the
/// answer either.
const LATE: Millis = 200;
/// The time limit for opening a connection, and the limit for the first message on it.
pub const OPEN_WITHIN: Millis = 8_000;
/// The time limit for the answer to a ping when somebody returns to the page. It is short, because the HTTP requests
/// that poll the server may themselves use connections that died while nobody looked, whereas a new socket is always a
/// new connection.
const ANSWER_ON_RETURN: Millis = 500;
/// The first value of the time limit for opening a connection, after the server has answered an HTTP request.
const OPEN_AFTER_OTHERS: Millis = 1_000;
/// A connection that received messages for this long counts as good.
const GOOD_AFTER: Millis = 10_000;
/// The upper bound of the first pause before a connection; it doubles with each failure …
const PAUSE_FIRST: Millis = 500;
/// … up to this.
const PAUSE_MOST: Millis = 30_000;
/// The minimal time between connections that are opened because somebody looks at the tab.
const WAKES_APART: Millis = 1_000;
/// The pause between polls of the server: the first …
const LOOK_FIRST: Millis = 250;
/// … and the longest, while somebody looks at the page, …
const LOOK_MOST: Millis = 700;
/// … while the browser reports that there is no network, …
const LOOK_MOST_OFFLINE: Millis = 5_000;
/// … and while nobody looks at the page.
const LOOK_MOST_UNSEEN: Millis = 15_000;
/// The time limit for one poll.
pub const LOOK_WITHIN: Millis = 2_000;
/// The most polls in progress. There may be several, so that a lost one does not delay the next.
const LOOKS_AT_ONCE: u32 = 4;
/// The time over which pages spread their connections when they find at once that the server is back, in milliseconds.
const RETURN_SPREAD: f64 = 200.0;
/// After this many connections in a row without any message, from a server that is reachable, the page asks for the
/// reason.
const UNHEARD_UNTIL_ASKED: u32 = 2;

/// An input of the state machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A timer: see [`Reconnect::due`].
    Tick,
    /// The socket is open, and a first ping was sent.
    Opened,
    /// A message from the server arrived.
    Heard,
    /// The server decided an edit of this page.
    Decided,
    /// The server will close the connection, and asks the page to wait this long before it reconnects.
    Goodbye(Millis),
    /// The socket could not be opened, broke, or was closed by the server with this code.
    Lost(Option<u16>),
    /// The network or the visibility of the tab has changed.
    Environment {
        /// Whether the browser reports a network.
        online: bool,
        /// Whether somebody may be looking at the page.
        visible: bool,
    },
    /// The result of a poll.
    Looked(Found),
    /// The response of the server, or of a proxy in its place, to the question why there is no connection.
    Diagnosed(Option<ConnectError>),
}

/// The result of a poll of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The server answered.
    Server,
    /// Something else answered, such as a proxy that does not reach the server either.
    Other,
    /// Nothing answered.
    Nothing,
}

/// The reason why a reachable server cannot be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectError {
    /// The server does not recognise the address of this page as its own.
    Origin,
    /// The server would accept the connection, but something between blocks WebSockets.
    NoSockets,
    /// The server has reached its limit of connections, in total or for this person or address, or is stopping.
    Full,
    /// Something else answers in its place, with this status.
    Other(u16),
}

/// An output of the state machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Open a socket, and drop the existing one.
    Open,
    /// Drop the socket.
    Drop,
    /// Send a ping on the socket.
    Ping,
    /// Poll the server over HTTP.
    Look,
    /// Ask over HTTP why there is no connection.
    Diagnose,
}

/// The state of the connection, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The first connection is being opened.
    Connecting,
    /// The socket is open, and the server has answered on it.
    Live,
    /// The connection was lost or could not be opened, and is being opened again.
    Reconnecting,
    /// The browser reports that there is no network.
    Offline,
    /// The session has ended or expired, so the server does not know the person any more.
    SignedOut,
}

/// The state machine. See the [module](self).
#[derive(Clone, Debug)]
pub struct Reconnect {
    phase: Phase,
    online: bool,
    visible: bool,
    was_live: bool,
    /// The number of connections in a row without progress.
    failures: u32,
    /// The number of connections in a row that were lost to silence.
    silences: u32,
    /// The number of connections in a row without any message.
    unheard: u32,
    /// How often in a row the time limit for opening was shortened because the server answered an HTTP request.
    hurries: u32,
    /// The wait that the server requested with its goodbye.
    goodbye: Option<Millis>,
    opened_last: Option<Millis>,
    server: Server,
    looks: Looks,
    connect_error: Option<ConnectError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// There is no socket until this time.
    Waiting {
        until: Millis,
    },
    /// A socket is being opened.
    Opening {
        until: Millis,
        /// Whether somebody returned to the page meanwhile.
        came_back: bool,
    },
    Open(Open),
    /// Nothing is done until somebody looks at the page again, perhaps after signing in.
    SignedOut,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Open {
    since: Millis,
    /// The time of the last message; `None` before the first.
    heard: Option<Millis>,
    /// The time limit for the answer to a ping.
    asked: Option<Millis>,
    /// Whether the ping was sent because somebody returned to the page.
    came_back: bool,
    has_decided: bool,
}

impl Open {
    fn has_held(&self) -> bool {
        self.heard.is_some_and(|heard| heard.saturating_sub(self.since) >= GOOD_AFTER)
    }
}

/// The reachability of the server, as far as it is known while there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Server {
    Unknown,
    Away,
    There,
}

#[derive(Clone, Copy, Debug, Default)]
struct Looks {
    next: Option<Millis>,
    made: u32,
    under_way: u32,
}

impl Reconnect {
    /// Creates the initial state. The first [`Event::Tick`] connects.
    pub fn new(online: bool, visible: bool) -> Self {
        Self {
            phase: Phase::Waiting { until: 0 },
            online,
            visible,
            was_live: false,
            failures: 0,
            silences: 0,
            unheard: 0,
            hurries: 0,
            goodbye: None,
            opened_last: None,
            server: Server::Unknown,
            looks: Looks::default(),
            connect_error: None,
        }
    }

    /// Returns the state of the connection.
    pub fn status(&self) -> Status {
        match self.phase {
            Phase::SignedOut => Status::SignedOut,
            Phase::Open(Open { heard: Some(_), .. }) => Status::Live,
            _ if !self.online => Status::Offline,
            _ if self.was_live || self.failures > 0 => Status::Reconnecting,
            _ => Status::Connecting,
        }
    }

    /// Returns the reason why there is no connection, if it is known and will not pass by itself.
    pub fn connect_error(&self) -> Option<ConnectError> {
        self.connect_error
    }

    /// Returns the time at which the next [`Event::Tick`] has something to do.
    pub fn due(&self) -> Option<Millis> {
        let own = match self.phase {
            Phase::Waiting { until } | Phase::Opening { until, .. } => Some(until),
            Phase::Open(open) => Some(self.open_due(open)),
            Phase::SignedOut => None,
        };
        own.into_iter().chain(self.looks.next).min()
    }

    /// Handles an event. Returns the steps to carry out, in order. `random` is between 0 and 1.
    pub fn on(&mut self, event: Event, now: Millis, random: f64) -> Vec<Step> {
        match event {
            Event::Tick => self.tick(now, random),
            Event::Opened => {
                if let Phase::Opening { .. } = self.phase {
                    let asked = Some(now + self.patience(OPEN_WITHIN));
                    let open = Open { since: now, heard: None, asked, came_back: false, has_decided: false };
                    self.phase = Phase::Open(open);
                    self.looks.next = None;
                }
                Vec::new()
            }
            Event::Heard | Event::Decided => {
                self.heard(now, event == Event::Decided);
                Vec::new()
            }
            Event::Goodbye(pause) => {
                self.goodbye = Some(pause.min(PAUSE_MOST));
                Vec::new()
            }
            Event::Lost(Some(crate::protocol::CLOSED_SIGNED_OUT)) => {
                self.phase = Phase::SignedOut;
                self.looks = Looks { next: None, ..self.looks };
                vec![Step::Drop]
            }
            Event::Lost(code) => self.lost(code.is_some(), now, random),
            Event::Environment { online, visible } => self.environment(online, visible, now, random),
            Event::Looked(found) => self.looked(found, now, random),
            Event::Diagnosed(connect_error) => {
                if !matches!(self.phase, Phase::Open(Open { heard: Some(_), .. })) {
                    self.connect_error = connect_error;
                }
                Vec::new()
            }
        }
    }

    fn tick(&mut self, now: Millis, random: f64) -> Vec<Step> {
        let mut steps = match self.phase {
            Phase::Waiting { until } if until <= now => self.open(now),
            Phase::Opening { until, .. } if until <= now => self.lost_to_silence(now, random),
            Phase::Open(open) if self.open_due(open) <= now => match open.asked {
                // The page was busy or asleep, so the answer may have arrived without having been read.
                Some(by) if now - by >= LATE => {
                    self.phase = Phase::Open(Open { asked: Some(now + LATE), ..open });
                    Vec::new()
                }
                Some(_) => self.lost_to_silence(now, random),
                None => self.ask(false, now),
            },
            _ => Vec::new(),
        };
        if self.looks.next.is_some_and(|next| next <= now) {
            steps.extend(self.look(now, random));
        }
        steps
    }

    /// Returns the time at which an open connection needs a ping or is given up.
    fn open_due(&self, open: Open) -> Millis {
        let quiet = if self.visible { QUIET } else { QUIET_UNSEEN };
        open.asked.unwrap_or(open.heard.unwrap_or(open.since) + quiet)
    }

    fn open(&mut self, now: Millis) -> Vec<Step> {
        self.opened_last = Some(now);
        self.phase = Phase::Opening { until: now + self.patience(OPEN_WITHIN), came_back: false };
        // If the socket is not open by then, its packets may have been lost, so the server is polled.
        self.looks.next.get_or_insert(now + OPEN_AFTER_OTHERS);
        vec![Step::Open]
    }

    fn ask(&mut self, came_back: bool, now: Millis) -> Vec<Step> {
        let by = now + self.patience(if came_back { ANSWER_ON_RETURN } else { ANSWER_WITHIN });
        let Phase::Open(open) = &mut self.phase else { return Vec::new() };
        open.asked = Some(open.asked.map_or(by, |before| before.min(by)));
        open.came_back |= came_back;
        vec![Step::Ping]
    }

    fn heard(&mut self, now: Millis, is_decision: bool) {
        let Phase::Open(open) = &mut self.phase else { return };
        open.heard = Some(now);
        open.asked = None;
        open.came_back = false;
        open.has_decided |= is_decision;
        if open.has_held() {
            self.silences = 0;
        }
        self.was_live = true;
        self.unheard = 0;
        self.hurries = 0;
        self.connect_error = None;
        self.server = Server::There;
        self.looks = Looks { under_way: self.looks.under_way, ..Looks::default() };
    }

    fn lost_to_silence(&mut self, now: Millis, random: f64) -> Vec<Step> {
        self.silences += 1;
        let came_back =
            matches!(self.phase, Phase::Open(Open { came_back: true, .. }) | Phase::Opening { came_back: true, .. });
        // The server did not refuse, so the page connects as soon as it is reachable. Exception: the server was
        // reachable and only the connection was lost.
        let is_swallowed = matches!(self.phase, Phase::Opening { .. }) && self.server == Server::There;
        if !is_swallowed {
            self.server = Server::Away;
        }
        let mut steps = vec![Step::Drop];
        steps.extend(self.lost(false, now, random));
        if came_back && let Phase::Waiting { until } = &mut self.phase {
            *until = (*until).min(now + (RETURN_SPREAD * random) as Millis);
        }
        steps
    }

    /// Handles the loss of the connection. `told` if the server closed it with a code.
    fn lost(&mut self, told: bool, now: Millis, random: f64) -> Vec<Step> {
        match self.phase {
            Phase::Open(open) => {
                if open.has_held() || open.has_decided {
                    self.failures = 0;
                } else {
                    self.failures += 1;
                }
                if open.heard.is_none() {
                    self.unheard += 1;
                }
            }
            Phase::Opening { .. } => {
                self.failures += 1;
                self.unheard += 1;
            }
            Phase::Waiting { .. } | Phase::SignedOut => return Vec::new(),
        }
        let goodbye = self.goodbye.take();
        let until = now + goodbye.unwrap_or_else(|| self.pause(random));
        self.phase = Phase::Waiting { until };
        self.server = match self.server {
            _ if told => Server::There,
            Server::Away => Server::Away,
            Server::There | Server::Unknown => Server::Unknown,
        };
        self.looks = Looks { under_way: self.looks.under_way, ..Looks::default() };
        // A server that closed the connection is reachable. A server that asked for a pause is not polled either.
        if told || goodbye.is_some() { Vec::new() } else { self.look(now, random) }
    }

    /// Returns the pause before the next connection. The first is anything from 0, so that pages do not all reconnect
    /// at once; later ones grow.
    fn pause(&self, random: f64) -> Millis {
        let most = (PAUSE_FIRST << self.failures.min(16)).min(PAUSE_MOST) as f64;
        let least = if self.failures == 0 { 0.0 } else { most / 2.0 };
        (least + (most - least) * random) as Millis
    }

    /// Extends a time limit after connections that were lost to silence, because the line may be slow.
    fn patience(&self, at_first: Millis) -> Millis {
        at_first << self.silences.min(2)
    }

    fn environment(&mut self, online: bool, visible: bool, now: Millis, random: f64) -> Vec<Step> {
        let went_away = !online || !visible;
        self.online = online;
        self.visible = visible;
        if !online && matches!(self.phase, Phase::Open(_) | Phase::Opening { .. }) {
            let mut steps = vec![Step::Drop];
            steps.extend(self.lost(false, now, random));
            return steps;
        }
        if went_away {
            return Vec::new();
        }
        match self.phase {
            // A ping is already in progress. (A recent message proves nothing: the clock may stand still while the
            // machine sleeps.)
            Phase::Open(Open { asked: Some(_), came_back: true, .. }) => Vec::new(),
            Phase::Open(Open { heard: Some(_), .. }) => {
                let mut steps = self.ask(true, now);
                steps.extend(self.look(now, random));
                steps
            }
            Phase::Open(_) => Vec::new(),
            Phase::Waiting { .. } | Phase::SignedOut => {
                let soonest = self.opened_last.map_or(now, |last| last + WAKES_APART);
                if soonest <= now {
                    let mut steps = self.open(now);
                    steps.extend(self.look_unless_known(now, random));
                    return steps;
                }
                let until = match self.phase {
                    Phase::Waiting { until } => until.min(soonest),
                    _ => soonest,
                };
                self.phase = Phase::Waiting { until };
                self.look_unless_known(now, random)
            }
            Phase::Opening { ref mut came_back, .. } => {
                *came_back = true;
                let soonest = self.opened_last.map_or(now, |last| last + WAKES_APART);
                if soonest <= now {
                    return self.look(now, random);
                }
                // While nobody looked, the next poll was scheduled for much later.
                self.looks.next = Some(self.looks.next.map_or(soonest, |next| next.min(soonest)));
                Vec::new()
            }
        }
    }

    fn look_unless_known(&mut self, now: Millis, random: f64) -> Vec<Step> {
        let is_first = !self.was_live && self.failures == 0;
        if is_first || self.server == Server::There { Vec::new() } else { self.look(now, random) }
    }

    /// Polls the server now, and again until it is known to be reachable.
    fn look(&mut self, now: Millis, random: f64) -> Vec<Step> {
        let most = match (self.visible, self.online) {
            (false, _) => LOOK_MOST_UNSEEN,
            (true, false) => LOOK_MOST_OFFLINE,
            (true, true) => LOOK_MOST,
        };
        let pause = (LOOK_FIRST << self.looks.made.min(8)).min(most) as f64;
        self.looks.next = Some(now + (pause * (0.75 + random / 4.0)) as Millis);
        self.looks.made += 1;
        if self.looks.under_way >= LOOKS_AT_ONCE {
            return Vec::new();
        }
        self.looks.under_way += 1;
        vec![Step::Look]
    }

    fn looked(&mut self, found: Found, now: Millis, random: f64) -> Vec<Step> {
        self.looks.under_way = self.looks.under_way.saturating_sub(1);
        if found != Found::Server {
            if !matches!(self.phase, Phase::Open(_)) && self.server != Server::There {
                self.server = Server::Away;
                self.connect_error = None;
            }
            return Vec::new();
        }
        self.looks.next = None;
        let was_away = std::mem::replace(&mut self.server, Server::There) == Server::Away;
        if was_away {
            // Connections without a message say nothing if the server was not reachable.
            self.unheard = 0;
        }
        let hurried = now + (OPEN_AFTER_OTHERS << self.hurries.min(3));
        match &mut self.phase {
            Phase::Waiting { until } if was_away => {
                // The server did not refuse; it was not reachable.
                self.failures = self.failures.min(1);
                *until = (*until).min(now + (RETURN_SPREAD * random) as Millis);
                Vec::new()
            }
            // Packets that were sent before the server was reachable are lost, so the connection is opened anew.
            Phase::Opening { .. } if was_away => {
                self.failures = self.failures.min(1);
                self.open(now)
            }
            Phase::Opening { until, came_back: true } => {
                *until = (*until).min(now + OPEN_AFTER_OTHERS);
                Vec::new()
            }
            Phase::Opening { until, .. } => {
                *until = (*until).min(hurried);
                self.hurries += 1;
                Vec::new()
            }
            Phase::Waiting { .. } if self.unheard >= UNHEARD_UNTIL_ASKED => vec![Step::Diagnose],
            _ => Vec::new(),
        }
    }
}
