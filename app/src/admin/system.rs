//! The state of the installation: warnings, nodes, charts of the last hour, and the parts that a server uses.

use leptos::prelude::*;

use super::{Frame, Reader, chart::chart};
use crate::{
    account::words::{ago, time_ago},
    system::{
        BackupState, Counts, DatabaseState, DiskState, Figure, Finding, History, MailState, Node, OutboxState,
        RedisInfo, Status, SystemState, Unit,
    },
    text::sentence,
    time::Timestamp,
};

/// The path of the page.
pub const PATH: &str = "/admin/system";
/// The path of the page that checks the installation.
pub const CHECKS: &str = "/admin/system/checks";

/// The figures in the table of nodes.
const OF_NODES: [&str; 9] = [
    "sockets",
    "subscriptions",
    "writes",
    "commit_p50",
    "commit_p99",
    "deliveries",
    "delivery_p50",
    "delivery_p99",
    "redis_round_trip",
];
/// The figures of which there are charts.
const CHARTS: [&str; 8] =
    ["sockets", "writes", "commit_p99", "deliveries", "delivery_p99", "outbox_jobs", "database_size", "wal_size"];

/// Renders the page.
pub fn page(reader: Reader, state: SystemState, history: &History) -> Frame {
    let SystemState { at, warnings, nodes, database, counts, outbox, redis, mail, backups, disks, .. } = state;
    let figures = nodes.first().map(|node| node.report.figures.clone()).unwrap_or_default();
    let charts = CHARTS.iter().filter_map(|name| history.series.iter().find(|series| series.figure.name == *name));
    let charts: Vec<_> = charts.filter_map(|series| chart(series, &history.at, at)).collect();
    let none = charts.is_empty().then(|| {
        view! { <p class="hint">"There are no numbers yet: they are taken every ten seconds."</p> }.into_any()
    });
    let body = view! {
        <div class="system-head">
            <p class="hint" data-live="when">
                {format!("As of {}. ", at.to_minute())}
                <a href=PATH>"Refresh"</a>
            </p>
            <a class="button" href=CHECKS>
                "Check the installation"
            </a>
        </div>
        <section class="system" aria-label="Warnings" data-live="warnings">
            {match warnings.is_empty() {
                true => {
                    view! {
                        <p class="finding" data-status="ok">
                            "Nothing is wrong."
                        </p>
                    }
                        .into_any()
                }
                false => findings(&warnings),
            }}
        </section>
        <h2>"Nodes"</h2>
        {table_of_nodes(&nodes, at)}
        <h2>"The last hour of this node"</h2>
        <div class="charts" data-live="charts">
            {charts}
            {none}
        </div>
        <h2>"Parts"</h2>
        <div class="parts" data-live="parts">
            {of_database(database, &counts, &figures)}
            {of_redis(&redis, &figures)}
            {of_mail(&mail, at)}
            {of_outbox(&outbox, &figures)}
            {of_backups(backups.as_ref(), at)}
            {of_disks(&disks)}
        </div>
        <p class="hint">
            "Each number has the name that it has in " <code>"/metrics"</code> ". Programs read all of this at "
            <a href="/api/v1/system?history=true">
                <code>"/api/v1/system"</code>
            </a> "."
        </p>
    }
    .into_any();
    Frame::new(reader, PATH, "System", body)
}

/// Renders the page with the findings of a check; without them if another check was running.
pub fn checks(reader: Reader, found: Option<Vec<Finding>>) -> Frame {
    let body = match found {
        None => view! {
            <p>"The installation is being checked already. Try again in a moment."</p>
            <a class="button" href=CHECKS>
                "Check again"
            </a>
        }
        .into_any(),
        Some(mut found) => {
            found.sort_by_key(|finding| std::cmp::Reverse(finding.status));
            let wrong = found.iter().filter(|finding| finding.status != Status::Ok).count();
            let words = match wrong {
                0 => "Nothing is wrong.".to_owned(),
                1 => "One check found something.".to_owned(),
                _ => format!("{wrong} checks found something."),
            };
            view! {
                <div class="system-head">
                    <p>{words}</p>
                    <a class="button" href=CHECKS>
                        "Check again"
                    </a>
                </div>
                {findings(&found)}
                <p class="hint">
                    "These are the checks of " <code>"taskwire doctor"</code>
                    ", except for those that read the whole database: start it on the server's machine for them."
                </p>
            }
            .into_any()
        }
    };
    Frame { above: vec![(PATH.to_owned(), "System".to_owned())], ..Frame::new(reader, PATH, "Check", body) }
}

fn findings(found: &[Finding]) -> AnyView {
    let items: Vec<_> = found
        .iter()
        .map(|Finding { check, status, detail, remedy }| {
            let remedy = remedy.clone().map(|remedy| {
                view! {
                    <p>
                        <strong>"To do: "</strong>
                        {sentence(remedy.trim_end_matches('.'))}
                    </p>
                }
                .into_any()
            });
            let word = match status {
                Status::Ok => "Fine",
                Status::Warning => "Warning",
                Status::Error => "Error",
            };
            view! {
                <li class="finding" data-status=status.as_str()>
                    <p>
                        <span class="finding-status">{word}</span>
                        " "
                        <span class="finding-check">{*check}</span>
                        " "
                        {sentence(detail.trim_end_matches('.'))}
                    </p>
                    {remedy}
                </li>
            }
            .into_any()
        })
        .collect();
    view! { <ul class="findings">{items}</ul> }.into_any()
}

fn table_of_nodes(nodes: &[Node], now: Timestamp) -> AnyView {
    let figures = nodes.first().map(|node| &node.report.figures);
    let shown: Vec<&Figure> = OF_NODES
        .iter()
        .filter_map(|name| figures?.iter().find(|figure| figure.name == *name))
        // Without Redis there is nothing to be shown of it.
        .filter(|figure| {
            figure.name != "redis_round_trip" || nodes.iter().any(|node| value(node, &figure.name).is_some())
        })
        .collect();
    let headings: Vec<_> = shown
        .iter()
        .map(|figure| {
            view! {
                <th scope="col" class="number" title=figure.metric.clone()>
                    {figure.title.clone()}
                </th>
            }
            .into_any()
        })
        .collect();
    let rows: Vec<_> = nodes
        .iter()
        .map(|node| {
            let cells: Vec<_> = shown
                .iter()
                .map(|figure| {
                    let words = value(node, &figure.name).map_or("–".to_owned(), |value| words(value, figure.unit));
                    view! {
                        <td class="number" data-column=figure.title.clone()>
                            {words}
                        </td>
                    }
                    .into_any()
                })
                .collect();
            let silent = now.as_millis() - node.seen_at.as_millis();
            let (status, state) = match node.report.ready {
                _ if silent > 60_000 => ("warning", format!("Silent, {}", ago(node.seen_at, now))),
                true if node.report.reasons.is_empty() => ("ok", "Ready".to_owned()),
                true => ("warning", format!("Ready, but {}", node.report.reasons.join("; "))),
                false => ("error", format!("Not ready: {}", node.report.reasons.join("; "))),
            };
            let answers = node.answers.then(|| view! { <span class="chip">"This one"</span> }.into_any());
            view! {
                <tr>
                    <th scope="row">{node.name.clone()} " " {answers}</th>
                    <td class="wide" data-column="State">
                        <span class="finding-status" data-status=status>
                            {state}
                        </span>
                    </td>
                    <td data-column="Version">{node.version.clone()}</td>
                    <td data-column="Started">{time_ago(node.started_at, now)}</td>
                    {cells}
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Nodes">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">"Node"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Version"</th>
                        <th scope="col">"Started"</th>
                        {headings}
                    </tr>
                </thead>
                <tbody data-live="nodes">{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn value(node: &Node, name: &str) -> Option<f64> {
    node.report.figures.iter().find(|figure| figure.name == name)?.value
}

/// A value in words: `1,234`, `2.5/s`, `1.2 ms`, `3.4 MB`.
pub fn words(value: f64, unit: Unit) -> String {
    let rounded = |value: f64| {
        let digits = if value.abs() >= 100.0 || value.fract() == 0.0 { 0 } else { 1 };
        format!("{value:.digits$}")
    };
    // Each unit: from which value on it is used, its size, and its name.
    let of_units = |units: &[(f64, f64, &str)]| {
        let fits = units.iter().find(|(from, _, _)| value.abs() >= *from).or(units.last());
        fits.map_or_else(String::new, |(_, size, unit)| format!("{} {unit}", rounded(value / size)))
    };
    match unit {
        Unit::Count => thousands(&format!("{value:.0}")),
        Unit::PerSecond => format!("{}/s", rounded(value)),
        Unit::Seconds if value == 0.0 => "0 s".to_owned(),
        Unit::Seconds => of_units(&[
            (7_200.0, 3_600.0, "h"),
            (120.0, 60.0, "min"),
            (1.0, 1.0, "s"),
            (0.001, 0.001, "ms"),
            (0.0, 0.000_001, "µs"),
        ]),
        Unit::Bytes => {
            of_units(&[(1e12, 1e12, "TB"), (1e9, 1e9, "GB"), (1e6, 1e6, "MB"), (1e3, 1e3, "kB"), (0.0, 1.0, "bytes")])
        }
    }
}

/// A number with commas between its thousands.
fn thousands(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) && digit.is_ascii_digit() && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A fact of a part: its name, its value, and the metric from which it comes.
struct Fact(&'static str, String, Option<String>);

fn part(title: &'static str, facts: Vec<Fact>) -> AnyView {
    part_with(title, facts, None)
}

/// A part with a link to a page that has more: its address and its text.
fn part_with(title: &'static str, facts: Vec<Fact>, more: Option<(&'static str, &'static str)>) -> AnyView {
    let more = more.map(|(address, words)| {
        view! {
            <p>
                <a href=address>{words}</a>
            </p>
        }
        .into_any()
    });
    let facts: Vec<_> = facts
        .into_iter()
        .map(|Fact(name, value, metric)| {
            let metric = metric.map(|metric| view! { <code class="metric">{metric}</code> }.into_any());
            view! {
                <dt>{name}</dt>
                <dd>{value} " " {metric}</dd>
            }
            .into_any()
        })
        .collect();
    view! {
        <section class="sheet" aria-label=title>
            <h3>{title}</h3>
            <dl class="facts">{facts}</dl>
            {more}
        </section>
    }
    .into_any()
}

/// A figure as a fact, if it has a value.
fn fact(name: &'static str, figures: &[Figure], figure: &str) -> Option<Fact> {
    let found = figures.iter().find(|found| found.name == figure)?;
    Some(Fact(name, words(found.value?, found.unit), Some(found.metric.clone())))
}

fn of_database(database: DatabaseState, counts: &Counts, figures: &[Figure]) -> AnyView {
    let number = |number: Option<u64>| {
        let about = if counts.estimated { "about " } else { "" };
        number.map_or("unknown".to_owned(), |number| format!("{about}{}", thousands(&number.to_string())))
    };
    let mut facts = vec![
        Fact("Engine", database.engine.unwrap_or_else(|| "does not answer".to_owned()), None),
        Fact("Address", database.address, None),
        Fact("Schema", database.schema.to_string(), None),
    ];
    facts.extend(fact("Size", figures, "database_size"));
    facts.extend(fact("Write-ahead log", figures, "wal_size"));
    facts.extend(fact("Its clock is ahead by", figures, "clock_ahead"));
    facts.extend([
        Fact("People", thousands(&counts.people.to_string()), None),
        Fact("Boards", number(counts.boards), None),
        Fact("Tasks", number(counts.tasks), None),
    ]);
    part("Database", facts)
}

fn of_redis(redis: &RedisInfo, figures: &[Figure]) -> AnyView {
    let state = match redis.state {
        "off" => "None is set: a single node needs none.".to_owned(),
        "up" => "Connected".to_owned(),
        _ => redis.reason.unwrap_or("Not connected").to_owned(),
    };
    let metric = (redis.state != "off").then(|| "taskwire_redis_up".to_owned());
    let facts = [Fact("State", state, metric)].into_iter();
    part("Redis", facts.chain(fact("Answers in", figures, "redis_round_trip")).collect())
}

fn of_mail(mail: &MailState, now: Timestamp) -> AnyView {
    let facts = match mail.configured {
        false => vec![Fact("State", "No mail server is set: admins hand out links.".to_owned(), None)],
        true => {
            let when = |time: Option<Timestamp>| time.map_or("not since the start".to_owned(), |time| ago(time, now));
            let metric =
                |outcome| Some(format!(r#"taskwire_outbox_last_attempt_timestamp_seconds{{outcome="{outcome}"}}"#));
            vec![
                Fact("Last sent", when(mail.sent_at), metric("done")),
                Fact("Last failed", when(mail.failed_at), metric("failed")),
            ]
        }
    };
    part("Mail", facts)
}

fn of_outbox(outbox: &[OutboxState], figures: &[Figure]) -> AnyView {
    let waiting = fact("Jobs waiting", figures, "outbox_jobs");
    let failed = fact("Failed attempts", figures, "outbox_failures");
    let mut facts: Vec<Fact> =
        waiting.into_iter().chain(fact("Oldest", figures, "outbox_oldest")).chain(failed).collect();
    facts.extend(outbox.iter().filter_map(|topic| Some(Fact("Last error", topic.last_error.clone()?, None))));
    part_with("Outbox", facts, Some((super::jobs::PATH, "All jobs")))
}

fn of_backups(backups: Option<&BackupState>, now: Timestamp) -> AnyView {
    let Some(backups) = backups else {
        let words = "None are made by a schedule: --backup-to (TASKWIRE_BACKUP_TO) starts them.";
        return part("Backups", vec![Fact("State", words.to_owned(), None)]);
    };
    let metric = |name: &str| Some(format!("taskwire_backup_{name}"));
    let mut facts = vec![
        Fact("Folder", backups.folder.clone(), None),
        Fact("Every", words(backups.every_seconds as f64, Unit::Seconds), None),
        Fact("Kept", backups.keep.to_string(), None),
        Fact(
            "Last good one",
            backups.last_at.map_or("none yet".to_owned(), |at| format!("{}, {}", at.to_minute(), ago(at, now))),
            metric("last_timestamp_seconds"),
        ),
    ];
    facts.extend(backups.last_file.clone().map(|file| Fact("File", file, None)));
    let size = backups.last_bytes.map(|bytes| words(bytes as f64, Unit::Bytes));
    facts.extend(size.map(|size| Fact("Size", size, metric("last_bytes"))));
    let took = backups.last_seconds.map(|seconds| words(seconds, Unit::Seconds));
    facts.extend(took.map(|took| Fact("Took", took, metric("last_duration_seconds"))));
    if let Some(error) = &backups.error {
        facts.push(Fact(
            "Failed since",
            format!("{}, the last time: {error}", backups.failures),
            metric("failures_total"),
        ));
    }
    part("Backups", facts)
}

fn of_disks(disks: &[DiskState]) -> AnyView {
    let free = disks.iter().map(|disk| {
        let (free, size) = (disk.free_bytes as f64, disk.size_bytes as f64);
        let part = if size > 0.0 { free / size * 100.0 } else { 0.0 };
        let value =
            format!("{} of {} ({part:.0} %) in {}", words(free, Unit::Bytes), words(size, Unit::Bytes), disk.folder);
        let name = if disk.holds == "database" { "Free for the database" } else { "Free for backups" };
        Fact(name, value, Some(format!(r#"taskwire_disk_free_bytes{{holds="{}"}}"#, disk.holds)))
    });
    let mut facts: Vec<Fact> = free.collect();
    if !disks.iter().any(|disk| disk.holds == "database") {
        facts.push(Fact("Database", "on a server of its own, whose disk is not seen from here".to_owned(), None));
    }
    part("Disks", facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_for_people() {
        for (value, unit, text) in [
            (0.0, Unit::Count, "0"),
            (1_234_567.0, Unit::Count, "1,234,567"),
            (2.46, Unit::PerSecond, "2.5/s"),
            (0.0, Unit::Seconds, "0 s"),
            (0.000_18, Unit::Seconds, "180 µs"),
            (0.001_26, Unit::Seconds, "1.3 ms"),
            (-0.25, Unit::Seconds, "-250 ms"),
            (86_400.0, Unit::Seconds, "24 h"),
            (0.0, Unit::Bytes, "0 bytes"),
            (1_550_000.0, Unit::Bytes, "1.6 MB"),
            (57e9, Unit::Bytes, "57 GB"),
        ] {
            assert_eq!(words(value, unit), text);
        }
    }
}
