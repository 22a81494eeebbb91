//! When to connect, when to ask whether the server is there, and when to give a connection up.
//!
//! A state machine without a socket, a clock or randomness: what happens goes in, with the time and a random number, and
//! what to do comes out. So each wait here has a limit and a way on, and the tests can live through hours of a bad network in
//! a moment.
//!
//! - **Silence proves nothing, an unanswered ping does.** Who looks at the page has one sent after five quiet seconds, and the
//!   connection is given up four seconds later; for whoever comes back one is sent at once, and it is given up half a second
//!   later. On a slow line that patience grows with each connection lost to it.
//! - **A server that is not there is looked for**, over HTTP, about once a second while somebody looks at the page: that
//!   costs a missing server nothing, and finds it within a second of its return.
//! - **A server that is there and refuses is left alone** for longer each time. The pause shrinks again only by real progress:
//!   an edit that was decided, or a connection that held.

/// A moment, or a time, in milliseconds of a clock that does not jump.
pub type Millis = u64;

/// After so long without a word the server is asked whether it is there.
pub const QUIET: Millis = 5_000;
/// As [`QUIET`], in a tab that nobody sees.
pub const QUIET_UNSEEN: Millis = 20_000;
/// How long it has to answer a ping.
pub const ANSWER_WITHIN: Millis = 4_000;
/// What is done so much later than it was due is done by a page that could not hear either.
const LATE: Millis = 200;
/// How long a connection may take until it is open, and until the first word.
pub const OPEN_WITHIN: Millis = 8_000;
/// How long it has to answer somebody who came back. Not long: what looks for it over HTTP may itself be sent on connections that died
/// while nobody looked, and a new socket is always a new connection.
const ANSWER_ON_RETURN: Millis = 500;
/// How long a connection that is being opened is still waited for once the server has answered elsewhere, at first.
const OPEN_AFTER_OTHERS: Millis = 1_000;
/// A connection that was of use for so long was a good one.
const GOOD_AFTER: Millis = 10_000;
/// The first wait before connecting again is at most this, the next at most twice this…
const PAUSE_FIRST: Millis = 500;
/// … up to this.
const PAUSE_MOST: Millis = 30_000;
/// However often the tab is looked at, it connects no oftener than this because of it.
const WAKES_APART: Millis = 1_000;
/// How long to wait before looking for the server again, at first…
const LOOK_FIRST: Millis = 250;
/// … and at most, while somebody looks at the page, …
const LOOK_MOST: Millis = 700;
/// … while the browser says that there is no network, …
const LOOK_MOST_OFFLINE: Millis = 5_000;
/// … and while nobody looks.
const LOOK_MOST_UNSEEN: Millis = 15_000;
/// How long one look may take.
pub const LOOK_WITHIN: Millis = 2_000;
/// How many of them may be under way: one that is lost on the way is not to hold up the next.
const LOOKS_AT_ONCE: u32 = 4;
/// So many milliseconds are between pages that find at once that the server is back.
const RETURN_SPREAD: f64 = 200.0;
/// After so many connections in a row on which not a word was heard, from a server that is there, it is asked why.
const UNHEARD_UNTIL_ASKED: u32 = 2;

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It is time: see [`Reconnect::due`].
    Tick,
    /// The socket is open, and a first ping was sent.
    Opened,
    /// The server said something.
    Heard,
    /// The server decided an edit of this page.
    Decided,
    /// The server will close the connection, and asks to be left alone for so long.
    Goodbye(Millis),
    /// The socket could not be opened, it broke, or the server closed it with this code.
    Lost(Option<u16>),
    /// The network or the tab came or went.
    Environment {
        /// The browser says that there is a network.
        online: bool,
        /// Somebody may be looking at the page.
        visible: bool,
    },
    /// What came of looking for the server.
    Looked(Found),
    /// What the server, or what stands in its place, answered when it was asked why there is no connection.
    Diagnosed(Option<ConnectError>),
}

/// What was found where the server should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The server.
    Server,
    /// Something that answers in its place, such as a proxy that does not reach it either.
    Other,
    /// No answer.
    Nothing,
}

/// Why a server that is there cannot be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectError {
    /// The address of this page is not one that the server knows as its own.
    Origin,
    /// The server would have it, but no WebSocket gets through to it.
    NoSockets,
    /// The server has as many connections as it takes, of everybody or of this person or address, or is stopping.
    Full,
    /// Something answers in its place, with this status.
    Other(u16),
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Open a socket; one that there still is is dropped.
    Open,
    /// Drop the socket.
    Drop,
    /// Ask the server on the socket whether it is there.
    Ping,
    /// Look over HTTP whether it is there.
    Look,
    /// Ask over HTTP why there is no connection.
    Diagnose,
}

/// How the page stands with the server, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The first connection is being made.
    Connecting,
    /// The socket is open, and the server has answered on it.
    Live,
    /// The connection was lost and is being made again.
    Reconnecting,
    /// The browser says that there is no network.
    Offline,
    /// The server no longer knows who this is: the session was ended, or it expired.
    SignedOut,
}

/// See the [module](self).
#[derive(Clone, Debug)]
pub struct Reconnect {
    phase: Phase,
    online: bool,
    visible: bool,
    was_live: bool,
    /// Connections in a row that brought nothing.
    failures: u32,
    /// Connections in a row that were lost to silence.
    silences: u32,
    /// Connections in a row on which nothing was heard.
    unheard: u32,
    /// How often in a row one was waited for less long because the server had answered elsewhere.
    hurries: u32,
    /// How long the server asked to be left alone.
    goodbye: Option<Millis>,
    opened_last: Option<Millis>,
    server: Server,
    looks: Looks,
    connect_error: Option<ConnectError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No socket, until then.
    Waiting {
        until: Millis,
    },
    /// A socket that is not open yet.
    Opening {
        until: Millis,
        /// Whether somebody came back meanwhile.
        came_back: bool,
    },
    Open(Open),
    /// Nothing is done until somebody looks at the page again, perhaps after signing in.
    SignedOut,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Open {
    since: Millis,
    /// When something was heard last; `None` before the first word.
    heard: Option<Millis>,
    /// Until when a ping has to be answered.
    asked: Option<Millis>,
    /// Whether that ping was sent because somebody came back.
    came_back: bool,
    has_decided: bool,
}

impl Open {
    fn has_held(&self) -> bool {
        self.heard.is_some_and(|heard| heard.saturating_sub(self.since) >= GOOD_AFTER)
    }
}

/// What is known of the server while there is no connection.
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
    /// Nothing was tried yet; the first [`Event::Tick`] connects.
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

    /// How the page stands with the server.
    pub fn status(&self) -> Status {
        match self.phase {
            Phase::SignedOut => Status::SignedOut,
            Phase::Open(Open { heard: Some(_), .. }) => Status::Live,
            _ if !self.online => Status::Offline,
            _ if self.was_live || self.failures > 0 => Status::Reconnecting,
            _ => Status::Connecting,
        }
    }

    /// Why there is no connection, where that is known and will not pass by itself.
    pub fn connect_error(&self) -> Option<ConnectError> {
        self.connect_error
    }

    /// When the next [`Event::Tick`] has something to do.
    pub fn due(&self) -> Option<Millis> {
        let own = match self.phase {
            Phase::Waiting { until } | Phase::Opening { until, .. } => Some(until),
            Phase::Open(open) => Some(self.open_due(open)),
            Phase::SignedOut => None,
        };
        own.into_iter().chain(self.looks.next).min()
    }

    /// Takes in what happens; tells what to do for it, in order. `random` is between 0 and 1.
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
                // The page was busy, or asleep: the answer may be there, and not read yet.
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

    /// When an open connection wants something done.
    fn open_due(&self, open: Open) -> Millis {
        let quiet = if self.visible { QUIET } else { QUIET_UNSEEN };
        open.asked.unwrap_or(open.heard.unwrap_or(open.since) + quiet)
    }

    fn open(&mut self, now: Millis) -> Vec<Step> {
        self.opened_last = Some(now);
        self.phase = Phase::Opening { until: now + self.patience(OPEN_WITHIN), came_back: false };
        // What has not become a connection by then may have been sent into the void.
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
        // It did not refuse, so it is connected to as soon as it is found; unless it was there, and the connection alone was swallowed.
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

    /// The connection is gone. `told` if the server said so itself.
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
        // What has said something is there; what asked to be left alone is not looked for either.
        if told || goodbye.is_some() { Vec::new() } else { self.look(now, random) }
    }

    /// At first anything, so that not all come at once; later more each time.
    fn pause(&self, random: f64) -> Millis {
        let most = (PAUSE_FIRST << self.failures.min(16)).min(PAUSE_MOST) as f64;
        let least = if self.failures == 0 { 0.0 } else { most / 2.0 };
        (least + (most - least) * random) as Millis
    }

    /// On a line where much was given up for slow, answers are awaited for longer.
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
            // It is asked already. (That it was there a moment ago says nothing: a clock may stand still while a machine sleeps.)
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
                // While nobody looked, the next look was put off for much longer.
                self.looks.next = Some(self.looks.next.map_or(soonest, |next| next.min(soonest)));
                Vec::new()
            }
        }
    }

    fn look_unless_known(&mut self, now: Millis, random: f64) -> Vec<Step> {
        let is_first = !self.was_live && self.failures == 0;
        if is_first || self.server == Server::There { Vec::new() } else { self.look(now, random) }
    }

    /// Looks for the server now, and again and again until it is known to be there.
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
            // What was not heard from a server that was not there says nothing of it.
            self.unheard = 0;
        }
        let hurried = now + (OPEN_AFTER_OTHERS << self.hurries.min(3));
        match &mut self.phase {
            Phase::Waiting { until } if was_away => {
                // It did not refuse; it was not there.
                self.failures = self.failures.min(1);
                *until = (*until).min(now + (RETURN_SPREAD * random) as Millis);
                Vec::new()
            }
            // What was sent into the void is not waited for.
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
