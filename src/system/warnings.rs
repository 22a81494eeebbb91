//! What works less well than it should, in words, with what to do about it.

use std::{path::PathBuf, time::Duration};

use app::system::{Finding, Node, Report, Status};

use super::{Disk, Known, System, figures::FIGURES};
use crate::{
    clock,
    doctor::{
        backups, counted_time,
        database::judge_clock,
        files::{judge_room, judge_wal},
        redis,
    },
    store::{Backlog, ClockReport},
};

const NODES: &str = "nodes";
const OUTBOX: &str = "outbox";
const LOG: &str = "log";
const SERVER: &str = "server";

/// A node that has not reported for this long is missed. It reports every ten seconds.
const MISSED: Duration = Duration::from_secs(60);
/// A job that has waited for this long is late.
const LATE: Duration = Duration::from_secs(60);
/// How much older than twice its retention the log may be: after a long pause, it is trimmed over days.
const LOG_SLACK: Duration = Duration::from_secs(2 * 24 * 60 * 60);

impl System {
    /// The warnings, the worst first.
    pub(super) fn warnings(&self, known: &Known) -> Vec<Finding> {
        let mut found: Vec<Finding> = self.of_this_node(known);
        found.extend(of_other_nodes(&known.nodes));
        found.extend(known.backlog.iter().filter_map(of_backlog));
        found.extend(self.of_files(known));
        found.extend(self.of_log(known));
        found.retain(|finding| finding.status != Status::Ok);
        found.sort_by_key(|finding| std::cmp::Reverse(finding.status));
        found
    }

    fn of_this_node(&self, known: &Known) -> Vec<Finding> {
        let shared = &self.shared;
        let mut found = Vec::new();
        let state = shared.hub.redis_state();
        if let Some(words) = state.warning() {
            found.push(Finding::warning("redis", words, redis::remedy_for(state)));
        }
        if let (Some(settings), Some(schedule)) = (shared.backups.settings(), &known.backups) {
            found.push(backups::judge(schedule, settings));
        }
        // These are told more exactly elsewhere.
        let told: Vec<String> =
            state.warning().map(str::to_owned).into_iter().chain(shared.backups.warnings()).collect();
        let is_told = |reason: &String| told.contains(reason) || reason.starts_with("jobs of the outbox");
        if let Some((Node { report: Report { ready, reasons, .. }, .. }, _)) = known.nodes.first() {
            let remedy = "do what it says; the log of the server has more";
            let judged = |reason: &String| match ready {
                true => Finding::warning(SERVER, reason.clone(), remedy),
                false => Finding::error(SERVER, reason.clone(), remedy),
            };
            found.extend(reasons.iter().filter(|reason| !is_told(reason)).map(judged));
        }
        found
    }

    fn of_files(&self, known: &Known) -> Vec<Finding> {
        let value = |name: &str| {
            let index = FIGURES.iter().position(|figure| figure.name == name);
            index.and_then(|index| known.figures[index]).map(|value| value as u64)
        };
        let database = value("database_size").unwrap_or_default();
        let backup = known.backups.as_ref().and_then(|schedule| schedule.good.as_ref()).map_or(0, |good| good.bytes);
        let of_disk = |Disk { holds, folder, room }: &Disk| match *holds {
            "database" => judge_room(folder, *room, database),
            _ => backups::judge_room(folder, *room, backup),
        };
        let mut found: Vec<Finding> = known.disks.iter().map(of_disk).collect();
        let log = self.shared.sqlite.as_ref().map(|files| PathBuf::from(files.log.file_name().unwrap_or_default()));
        found.extend(log.zip(value("wal_size")).map(|(log, bytes)| judge_wal(&log, bytes)));
        found
    }

    /// Whether the log reaches back much further than it should.
    fn of_log(&self, known: &Known) -> Option<Finding> {
        let (retention, oldest) = (self.shared.live.now().log?, known.slow.oldest_change?);
        let age = Duration::from_millis((clock::now().as_millis() - oldest.as_millis()).max(0).unsigned_abs());
        (age > retention * 2 + LOG_SLACK).then(|| {
            Finding::warning(
                LOG,
                format!(
                    "the log of changes reaches back to {oldest}, and is to be kept for {}",
                    counted_time(retention)
                ),
                "see in the log of the server why old changes are not deleted; after a clock that was wrong, or a long pause, it takes \
                 some days",
            )
        })
    }
}

fn of_other_nodes(nodes: &[(Node, Duration)]) -> Vec<Finding> {
    let newest = nodes.iter().map(|(node, _)| version(&node.version)).max().unwrap_or_default();
    let mut found = Vec::new();
    for (node, silent) in nodes {
        let Node { name, version: of_node, report, .. } = node;
        if *silent > MISSED {
            found.push(Finding::warning(
                NODES,
                format!("the node {name} has not reported for {}", counted_time(*silent)),
                "look into its log; if it was taken away for good, it leaves this list a day after its last report",
            ));
            continue;
        }
        if version(of_node) < newest {
            found.push(Finding::warning(
                NODES,
                format!("the node {name} runs Taskwire {of_node}, and another node a newer version"),
                "update it: once a newer version has changed the database, an older one saves nothing more",
            ));
        }
        if !node.answers && !report.ready {
            let reasons = report.reasons.join("; ");
            found.push(Finding::error(NODES, format!("the node {name} is not ready: {reasons}"), "look into its log"));
        }
        let ahead = report.figures.iter().find(|figure| figure.name == "clock_ahead").and_then(|figure| figure.value);
        if let Some(ahead) = ahead {
            let judged = judge_clock(ClockReport { ahead_ms: (ahead * 1_000.0) as i64, took: Duration::ZERO });
            found.push(Finding { detail: format!("on the node {name}, {}", judged.detail), ..judged });
        }
    }
    found
}

fn of_backlog(Backlog { topic, jobs, oldest, last_error, .. }: &Backlog) -> Option<Finding> {
    if *oldest <= LATE && last_error.is_none() {
        return None;
    }
    let error = last_error.as_ref().map(|error| format!("; the last error: {error}")).unwrap_or_default();
    let detail =
        format!("{jobs} in the outbox ({topic}), of which the oldest has waited for {}{error}", counted_time(*oldest));
    let remedy = match topic.as_str() {
        "mail" => {
            "check the installation: it tries the mail server; then correct --smtp (TASKWIRE_SMTP_URL). A mail is tried for a day"
        }
        _ => "look into the log of the server; it is tried again by itself",
    };
    Some(Finding::warning(OUTBOX, detail, remedy))
}

/// A version, to be compared.
fn version(text: &str) -> Vec<u64> {
    text.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, version: &str, report: Report) -> Node {
        let at = clock::now();
        let (id, name, version) = (name.to_owned(), name.to_owned(), version.to_owned());
        Node { id, name, version, started_at: at, seen_at: at, answers: false, report }
    }

    #[test]
    fn nodes_that_are_old_away_or_not_ready_are_named() {
        let ready = || Report { ready: true, ..Report::default() };
        let broken = Report { ready: false, reasons: vec!["the disk is full".to_owned()], ..Report::default() };
        let nodes = [
            (node("a", "0.10.0", ready()), Duration::ZERO),
            (node("b", "0.9.3", ready()), Duration::from_secs(59)),
            (node("c", "0.10.0", broken), Duration::ZERO),
            (node("d", "0.9.3", ready()), Duration::from_secs(180)),
        ];
        let found: Vec<String> = of_other_nodes(&nodes).iter().map(Finding::line).collect();
        assert_eq!(found.len(), 3, "{found:#?}");
        assert!(found[0].contains("the node b runs Taskwire 0.9.3"), "{found:#?}");
        assert!(found[1].contains("the node c is not ready: the disk is full"), "{found:#?}");
        assert!(found[2].contains("the node d has not reported for 3 minutes"), "{found:#?}");
    }

    #[test]
    fn jobs_that_fail_or_are_late_are_told_of() {
        let backlog = |oldest, error: Option<&str>| Backlog {
            topic: "mail".to_owned(),
            jobs: 2,
            oldest: Duration::from_secs(oldest),
            next_due: Duration::ZERO,
            last_error: error.map(str::to_owned),
        };
        assert_eq!(of_backlog(&backlog(60, None)), None);
        assert!(of_backlog(&backlog(61, None)).unwrap().detail.contains("2 in the outbox (mail)"));
        let found = of_backlog(&backlog(1, Some("451 later"))).unwrap();
        assert!(found.line().contains("the last error: 451 later. To do: check the installation"), "{found:?}");
    }
}
