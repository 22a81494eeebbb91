//! Tests that the page's connection survives bad networks and bad servers: in simulated time, with a simulated server.

use app::live::reconnect::{ConnectError, Event, Found, LOOK_WITHIN, Millis, Reconnect, Status, Step};
use proptest::prelude::*;

/// The state of the server, and of the network between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum World {
    /// Everything works.
    Up,
    /// The server accepts connections, sends one message on each, and closes it: as while writes fail and an edit is
    /// unsent.
    Closing,
    /// The server answers over HTTP, but refuses sockets.
    Refusing,
    /// The server answers over HTTP; requests for a socket are never answered.
    Swallowing,
    /// The server is down; requests fail at once.
    Down,
    /// The network is frozen: nothing is answered, and nothing fails.
    Frozen,
}

/// A page's connection, the state of its world, and the time.
struct Simulation {
    link: Reconnect,
    world: World,
    now: Millis,
    /// The events on their way to the page, each with its time of arrival.
    coming: Vec<(Millis, Event)>,
    random: fastrand::Rng,
    connects: Vec<Millis>,
    looks: Vec<Millis>,
    asked_why: u32,
    /// Since when the page is live; `None` while it is not.
    live_since: Option<Millis>,
    /// Whether a socket that was open when the network froze is still open.
    has_frozen_socket: bool,
}

impl Simulation {
    fn new(world: World, seed: u64) -> Self {
        Self {
            link: Reconnect::new(true, true),
            world,
            now: 0,
            coming: Vec::new(),
            random: fastrand::Rng::with_seed(seed),
            connects: Vec::new(),
            looks: Vec::new(),
            asked_why: 0,
            live_since: None,
            has_frozen_socket: false,
        }
    }

    fn event(&mut self, event: Event) {
        let random = self.random.f64();
        for step in self.link.on(event, self.now, random) {
            self.step(step);
        }
        match (self.link.status() == Status::Live, self.live_since) {
            (true, None) => self.live_since = Some(self.now),
            (false, _) => self.live_since = None,
            _ => {}
        }
    }

    fn step(&mut self, step: Step) {
        let socket = |event: &Event| !matches!(event, Event::Looked(_) | Event::Diagnosed(_));
        let mut soon = |event, after| self.coming.push((self.now + after, event));
        match (step, self.world) {
            (Step::Look, World::Up | World::Closing | World::Refusing | World::Swallowing) => {
                soon(Event::Looked(Found::Server), 2)
            }
            (Step::Look, World::Down) => soon(Event::Looked(Found::Nothing), 1),
            (Step::Look, World::Frozen) => soon(Event::Looked(Found::Nothing), LOOK_WITHIN),
            (Step::Diagnose, World::Down | World::Frozen) => soon(Event::Diagnosed(None), 1),
            (Step::Diagnose, _) => soon(Event::Diagnosed(Some(ConnectError::NoSockets)), 2),
            (Step::Ping, World::Up) => soon(Event::Heard, 1),
            (Step::Ping, _) => {}
            (Step::Drop | Step::Open, _) => {
                self.coming.retain(|(_, event)| !socket(event));
                self.has_frozen_socket = false;
            }
        }
        match step {
            Step::Look => self.looks.push(self.now),
            Step::Diagnose => self.asked_why += 1,
            Step::Open => {
                self.connects.push(self.now);
                let mut soon = |event, after| self.coming.push((self.now + after, event));
                match self.world {
                    World::Up => {
                        soon(Event::Opened, 2);
                        soon(Event::Heard, 3);
                    }
                    World::Closing => {
                        soon(Event::Opened, 2);
                        soon(Event::Heard, 3);
                        soon(Event::Lost(Some(1013)), 4);
                    }
                    World::Refusing => soon(Event::Lost(None), 3),
                    World::Down => soon(Event::Lost(None), 1),
                    World::Swallowing | World::Frozen => {}
                }
            }
            Step::Drop | Step::Ping => {}
        }
    }

    /// Changes the world. Open sockets break when the server goes down, and are cut off when the network freezes.
    fn change(&mut self, world: World) {
        if self.world == world {
            return;
        }
        self.world = world;
        self.coming.retain(|(_, event)| matches!(event, Event::Looked(Found::Nothing)));
        let is_open = self.link.status() == Status::Live;
        match world {
            World::Down if is_open => self.event(Event::Lost(None)),
            World::Closing if is_open => self.event(Event::Lost(Some(1013))),
            World::Refusing if is_open => self.event(Event::Lost(None)),
            _ => {}
        }
    }

    /// Lets this much time pass.
    fn live(&mut self, millis: Millis) {
        let end = self.now + millis;
        loop {
            let due = self.link.due();
            assert!(due.is_some() || self.link.status() == Status::SignedOut, "it waits without a limit");
            let next_event = self.coming.iter().enumerate().min_by_key(|(_, (at, _))| *at).map(|(i, (at, _))| (i, *at));
            let tick = due.unwrap_or(Millis::MAX).max(self.now);
            assert!(due.is_none_or(|due| due <= self.now + 130_000), "it waits for more than two minutes");
            match next_event {
                Some((index, at)) if at <= tick && at <= end => {
                    self.now = self.now.max(at);
                    let (_, event) = self.coming.remove(index);
                    self.event(event);
                }
                _ if tick <= end => {
                    self.now = tick;
                    self.event(Event::Tick);
                    assert!(self.link.due() != Some(tick) || !self.coming.is_empty(), "it would turn in place");
                }
                _ => break,
            }
        }
        self.now = end;
    }

    fn is_live(&self) -> bool {
        self.link.status() == Status::Live
    }
}

#[test]
fn the_first_connection_is_made_at_once_and_then_stays() {
    let mut page = Simulation::new(World::Up, 1);
    assert_eq!(page.link.status(), Status::Connecting);
    page.live(600_000);
    assert!(page.is_live());
    assert_eq!(page.connects, [0]);
}

#[test]
fn a_server_that_closes_every_connection_is_met_with_growing_pauses() {
    for seed in 0..50 {
        let mut page = Simulation::new(World::Closing, seed);
        page.live(31_000);
        assert!(page.connects.len() <= 8, "{} connections in 31 s", page.connects.len());
        page.connects.clear();
        page.live(300_000);
        assert!(page.connects.len() <= 22, "{} connections in 5 min", page.connects.len());
    }
}

#[test]
fn only_a_decided_edit_shortens_the_reconnect_pause() {
    let mut page = Simulation::new(World::Closing, 3);
    page.live(60_000);
    page.world = World::Up;
    page.live(31_000);
    assert!(page.is_live());
    page.event(Event::Decided);
    page.change(World::Closing);
    page.connects.clear();
    page.live(500);
    assert_eq!(page.connects.len(), 1, "after progress the next try is soon");
}

#[test]
fn a_silent_connection_is_given_up_within_ten_seconds_and_only_after_a_ping() {
    for seed in 0..50 {
        let mut page = Simulation::new(World::Up, seed);
        page.live(20_000 + 100 * seed);
        page.change(World::Frozen);
        page.live(10_000);
        assert!(!page.is_live());
        assert_eq!(page.link.status(), Status::Reconnecting);
    }
}

#[test]
fn a_silence_that_ends_in_time_costs_no_connection() {
    let mut page = Simulation::new(World::Up, 1);
    page.live(20_000);
    page.change(World::Frozen);
    page.live(3_000);
    page.change(World::Up);
    // The messages that were sent meanwhile arrive.
    page.event(Event::Heard);
    page.live(60_000);
    assert_eq!(page.connects.len(), 1);
}

#[test]
fn a_server_that_is_back_is_found_within_a_second() {
    for gone in [World::Down, World::Frozen] {
        for seed in 0..100 {
            let mut page = Simulation::new(World::Up, seed);
            page.live(15_000);
            page.change(gone);
            page.live(10_000 + 613 * seed);
            assert!(!page.is_live());
            page.change(World::Up);
            page.live(1_000);
            assert!(page.is_live(), "{gone:?}, seed {seed}");
        }
    }
}

#[test]
fn a_server_that_refuses_is_asked_why_and_left_alone_for_longer_each_time() {
    for world in [World::Refusing, World::Swallowing] {
        let mut page = Simulation::new(world, 5);
        page.live(31_000);
        assert!(page.connects.len() <= 8, "{world:?}: {} connections", page.connects.len());
        assert!(page.asked_why >= 1 && page.asked_why <= 7, "{world:?}: {}", page.asked_why);
        assert_eq!(page.link.connect_error(), Some(ConnectError::NoSockets), "{world:?}");
        page.world = World::Up;
        page.live(31_000);
        assert!(page.is_live(), "{world:?}");
        assert_eq!(page.link.connect_error(), None, "what is over is not told any more");
    }
}

#[test]
fn a_frozen_network_is_no_obstacle() {
    let mut page = Simulation::new(World::Up, 5);
    page.live(20_000);
    for world in [World::Frozen, World::Down] {
        page.change(world);
        page.live(120_000);
        // The first connection attempt after that may fail as well.
        page.change(World::Refusing);
        page.live(300);
        page.change(World::Up);
        page.live(5_000);
        assert!(page.is_live(), "{world:?}");
        assert_eq!(page.asked_why, 0, "{world:?}");
    }
}

#[test]
fn a_missing_server_is_no_obstacle() {
    let mut page = Simulation::new(World::Down, 5);
    page.live(120_000);
    assert_eq!((page.asked_why, page.link.connect_error()), (0, None));
    assert!(page.looks.len() >= 120, "it is looked for all the time");
    assert!(page.looks.len() <= 260, "but not without a pause: {}", page.looks.len());
}

#[test]
fn whoever_comes_back_finds_a_dead_connection_within_a_second() {
    // However long ago the last message arrived: clocks may stop while a machine sleeps.
    for millis in [20, 4_000, 20_000] {
        let mut page = Simulation::new(World::Up, 5);
        page.live(millis);
        // The laptop slept; the server has forgotten the connection, and does not report it.
        page.coming.clear();
        // Several browser events report the wake-up at once.
        for _ in 0..3 {
            page.event(Event::Environment { online: true, visible: true });
        }
        page.coming.retain(|(_, event)| matches!(event, Event::Looked(_)));
        assert!(page.looks.len() <= 1, "it looks once");
        page.live(1_000);
        assert!(page.is_live(), "after {millis} ms");
        assert_eq!(page.connects.len(), 2);
    }
}

#[test]
fn a_page_that_was_busy_reads_what_came_before_it_gives_up() {
    let mut page = Simulation::new(World::Up, 5);
    page.live(20_000);
    page.event(Event::Environment { online: true, visible: true });
    page.coming.clear();
    // Something blocked the page for two seconds; then its timer fires before the message is handled.
    page.now += 2_000;
    page.event(Event::Tick);
    assert!(page.is_live());
    page.event(Event::Heard);
    page.live(1_000);
    assert_eq!(page.connects.len(), 1);
}

#[test]
fn looking_at_the_tab_again_and_again_does_not_make_it_connect_more_than_once_a_second() {
    let mut page = Simulation::new(World::Closing, 5);
    for _ in 0..300 {
        page.event(Event::Environment { online: true, visible: true });
        page.live(100);
    }
    assert!(page.connects.len() <= 31, "{}", page.connects.len());
}

#[test]
fn whoever_comes_back_just_after_a_connection_was_begun_in_vain_does_not_wait_for_it() {
    for seed in 0..20 {
        let mut page = Simulation::new(World::Up, seed);
        page.live(20_000);
        page.change(World::Frozen);
        page.event(Event::Environment { online: true, visible: false });
        page.live(200_000);
        let begun = page.connects.len();
        while page.connects.len() == begun {
            page.live(10);
        }
        page.change(World::Up);
        page.event(Event::Environment { online: true, visible: true });
        page.live(3_000);
        assert!(page.is_live(), "{seed}: {:?}", page.link);
    }
}

#[test]
fn a_server_that_takes_leave_is_left_alone_for_as_long_as_it_asks() {
    let mut page = Simulation::new(World::Up, 5);
    page.live(20_000);
    page.connects.clear();
    page.looks.clear();
    page.event(Event::Goodbye(1_730));
    page.event(Event::Lost(Some(1001)));
    page.live(1_700);
    assert_eq!((page.connects.len(), page.looks.len()), (0, 0));
    page.live(40);
    assert_eq!(page.connects.len(), 1);
}

#[test]
fn whoever_is_signed_out_is_not_connected_until_they_come_back() {
    let mut page = Simulation::new(World::Up, 5);
    page.live(20_000);
    page.event(Event::Lost(Some(4401)));
    page.live(600_000);
    assert_eq!((page.link.status(), page.connects.len()), (Status::SignedOut, 1));
    page.event(Event::Environment { online: true, visible: true });
    page.live(100);
    assert!(page.is_live());
}

#[test]
fn without_a_network_it_says_so_and_comes_back_with_it() {
    let mut page = Simulation::new(World::Up, 5);
    page.live(20_000);
    page.world = World::Down;
    page.event(Event::Environment { online: false, visible: true });
    assert_eq!(page.link.status(), Status::Offline);
    page.live(60_000);
    assert_eq!(page.link.status(), Status::Offline);
    page.world = World::Up;
    page.event(Event::Environment { online: true, visible: true });
    page.live(500);
    assert!(page.is_live());
}

#[test]
fn on_a_slow_line_answers_are_awaited_for_longer_each_time() {
    // On each connection, the first message arrives after 20 s.
    let mut page = Simulation::new(World::Frozen, 5);
    let mut opened = 0;
    for _ in 0..3_000 {
        page.live(100);
        if page.connects.len() > opened {
            opened = page.connects.len();
            let now = page.now;
            page.coming.push((now, Event::Opened));
            page.coming.push((now + 20_000, Event::Heard));
        }
        if page.is_live() {
            break;
        }
    }
    assert!(page.is_live(), "after {opened} connections");
}

fn world() -> impl Strategy<Value = World> {
    prop_oneof![
        Just(World::Up),
        Just(World::Closing),
        Just(World::Refusing),
        Just(World::Swallowing),
        Just(World::Down),
        Just(World::Frozen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// Whatever happened before: soon after everything works again the page is live, and it says that it is live only
    /// if it is.
    #[test]
    fn whatever_happened_it_comes_back(
        seed: u64,
        past in proptest::collection::vec((world(), 0_u64..40_000, any::<bool>(), any::<bool>()), 0..25),
    ) {
        let mut page = Simulation::new(World::Up, seed);
        for (world, millis, visible, wake) in past {
            page.change(world);
            if wake {
                page.event(Event::Environment { online: true, visible });
            }
            page.live(millis);
            if world != World::Up && millis > 25_000 && page.link.status() == Status::Live {
                prop_assert!(page.live_since.is_some_and(|since| since + 150_000 > page.now));
            }
        }
        page.change(World::Up);
        page.event(Event::Environment { online: true, visible: true });
        page.live(10_000);
        prop_assert!(page.is_live(), "{:?}", page.link);
    }

    /// However often the server and the network fail and recover, the page makes at most one connection a second, plus
    /// three.
    #[test]
    fn connections_are_bounded(seed: u64, past in proptest::collection::vec((world(), 0_u64..2_000), 50..100)) {
        let mut page = Simulation::new(World::Up, seed);
        for (world, millis) in past {
            page.change(world);
            page.live(millis);
        }
        let seconds = page.now / 1_000;
        prop_assert!(page.connects.len() as u64 <= 3 + seconds, "{} in {seconds} s", page.connects.len());
        prop_assert!(page.looks.len() as u64 <= 10 + 4 * seconds, "{} looks in {seconds} s", page.looks.len());
    }
}
