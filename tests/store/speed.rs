//! Measures the speed of the store. This is not a test that can fail; run it with `cargo nextest run --release -p
//! taskwire --test store --run-ignored only --no-capture speed`.

use std::time::{Duration, Instant};

use futures::future::join_all;

use crate::support::{
    database::Database,
    node::{Node, create, new_task},
};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn creates_a_second_on_sqlite() {
    measure(Database::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn creates_a_second_on_postgres() {
    measure(Database::postgres().await).await;
}

async fn measure(database: Database) {
    let node = Node::on(&database).await;
    for (clients, boards, creates) in [(1, 1, 2_000), (64, 1, 9_000), (64, 16, 60_000), (256, 16, 60_000)] {
        let boards: Vec<_> = join_all((0..boards).map(|_| node.create_board())).await;
        let began = Instant::now();
        let clients_at_work = (0..clients).map(|client| {
            let (node, board) = (node.clone(), boards[client % boards.len()].id);
            tokio::spawn(async move {
                let mut slowest = Duration::ZERO;
                for _ in 0..creates / clients {
                    let asked = Instant::now();
                    node.accepted(board, create(new_task(), "Buy milk")).await;
                    slowest = slowest.max(asked.elapsed());
                }
                slowest
            })
        });
        let slowest = join_all(clients_at_work).await.into_iter().map(|slowest| slowest.expect("no error")).max();
        let rate = (creates / clients * clients) as f64 / began.elapsed().as_secs_f64();
        println!("{clients} clients, {} boards: {rate:.0} creates/s, slowest {slowest:?}", boards.len());
    }
}
