//! Several nodes over one database, with clients that come and go at random: everybody receives each change once and in
//! order.

use std::time::Duration;

use app::ops::Op;
use proptest::test_runner::{RngAlgorithm, TestRng};
use taskwire::{credentials::Credentials, http::socket::SocketLimits, hub::HubSettings};

use crate::support::{
    client::Copy,
    database::Database,
    node::{create, mutation, new_task},
    served::Served,
};

/// Random numbers that are the same for the same seed.
struct Dice(TestRng);

impl Dice {
    fn new(seed: u64) -> Self {
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Self(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
    }

    fn below(&mut self, limit: u64) -> u64 {
        use proptest::prelude::Rng;
        self.0.next_u64() % limit
    }
}

async fn storm(seed: u64) {
    const WRITES: u64 = 400;
    let database = Database::sqlite();
    let settings = HubSettings {
        // Small, so that the log and snapshots are needed too.
        ring_changes: 16,
        frame_bytes: 2_000,
        small_replay_bytes: 8_000,
        poll_every: Duration::from_millis(100),
        ..HubSettings::default()
    };
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Served::with(&database, settings.clone(), SocketLimits::default()).await);
    }
    let board = nodes[0].node.create_board().await.id;
    let addresses: Vec<_> = nodes.iter().map(|served| served.address).collect();

    let clients: Vec<_> = (0..12)
        .map(|number| {
            let addresses = addresses.clone();
            let mut dice = Dice::new(seed * 1_000 + number);
            tokio::spawn(async move {
                let mut copy = Copy::of(board, None);
                while copy.seq < Some(WRITES + 1) {
                    let address = addresses[dice.below(addresses.len() as u64) as usize];
                    let mut client = crate::support::client::Client::connect(address).await;
                    client.subscribe(board, copy.seq).await;
                    // Stays for some messages, then drops the connection with some of the sent messages unread.
                    for _ in 0..=dice.below(12) {
                        let message = client.hear().await;
                        copy.take(&message);
                        if copy.seq >= Some(WRITES + 1) {
                            break;
                        }
                    }
                }
                copy
            })
        })
        .collect();

    let mut dice = Dice::new(seed);
    let mut written = 0;
    while written < WRITES {
        let node = &nodes[dice.below(3) as usize].node;
        let count = (1 + dice.below(20)).min(WRITES - written);
        let op = |_| -> Op { create(new_task(), "Buy milk") };
        let writes: Vec<_> =
            (0..count).map(op).map(|op| node.writer.write(board, mutation(op), Credentials::local())).collect();
        for outcome in futures::future::join_all(writes).await {
            outcome.expect("accepted");
        }
        written += count;
    }
    for client in clients {
        let copy = client.await.expect("a client that saw each change once, in order");
        assert_eq!(copy.seq, Some(WRITES + 1), "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_each_change_once_and_in_order() {
    for seed in 1..=5 {
        storm(seed).await;
    }
}
