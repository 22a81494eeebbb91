//! The report of a run.

use std::{collections::BTreeMap, sync::atomic::Ordering, time::Duration};

use crate::{
    Arguments,
    check::Found,
    record::{Promise, Record},
};

/// One line of the table, for one kind of fault.
#[derive(Default)]
struct Row {
    times: u64,
    deliveries: u64,
    worst: u64,
    slowest: u64,
    never: u64,
}

/// Prints the report. Returns whether every promise was kept.
pub fn print(arguments: &Arguments, record: &Record, found: &Found, took: Duration, unasked: u64) -> bool {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for episode in record.episodes() {
        let row = rows.entry(episode.fault.clone()).or_default();
        row.times += 1;
        row.deliveries += episode.deliveries.load(Ordering::Relaxed);
        row.worst = row.worst.max(episode.worst.load(Ordering::Relaxed));
        let recovered = episode.recovered.load(Ordering::Relaxed);
        row.slowest = row.slowest.max(recovered);
        row.never += u64::from(recovered == 0);
    }
    println!();
    println!("| fault | times | deliveries | stalest at a connected watcher | all current again after |");
    println!("|---|---:|---:|---:|---:|");
    for (fault, row) in &rows {
        let Row { times, deliveries, worst, slowest, never } = row;
        let slowest = match (fault.as_str(), *never) {
            ("before the first", _) => "–".to_owned(),
            (_, 0) => format!("{} ms", slowest / 1_000),
            (_, never) => format!("never ({never} of {times})"),
        };
        println!("| {fault} | {times} | {deliveries} | {} ms | {slowest} |", worst / 1_000);
    }
    let count = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
    let counts = &record.counts;
    println!();
    println!(
        "{} changes in {:.0} s ({:.0} a second), {} deliveries, {} answers yes and {} no, {} sent again, {} connections, \
         {} snapshots, {} looks by REST for what was taken away, {unasked} ends of a node unasked",
        found.changes,
        took.as_secs_f64(),
        found.changes as f64 / took.as_secs_f64(),
        count(&counts.deliveries),
        count(&counts.accepted),
        count(&counts.refused),
        count(&counts.resent),
        count(&counts.connections),
        count(&counts.snapshots),
        count(&counts.probes),
    );
    println!();
    println!("| promise | broken |");
    println!("|---|---:|");
    let mut kept = true;
    for promise in Promise::ALL {
        let broken = record.broken(promise);
        kept &= broken == 0;
        println!("| {promise} | {broken} |");
    }
    println!();
    let seed = arguments.seed;
    if kept {
        println!("Every promise was kept (seed {seed}).");
    } else {
        println!("BROKEN. Repeat it with --seed {seed}.");
    }
    kept
}
