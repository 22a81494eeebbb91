//! The database: whether the server could use it, whether its data is whole, and its clock.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{Depth, Finding, NETWORK, counted, within};
use crate::{
    clock,
    settings::Settings,
    store::{BoardReport, ClockReport, Inspection, Limits, SchemaReport, StoreError, StoreSettings, missing_file},
};

const OPEN: &str = "database";
const SCHEMA: &str = "schema";
const DURABILITY: &str = "durability";
const TABLES: &str = "tables";
const INTEGRITY: &str = "integrity";
const LOG: &str = "log";
const ROWS: &str = "rows";
const CLOCK: &str = "clock";

/// A difference between clocks that matters: people see the times of others' changes wrongly.
const APART: Duration = Duration::from_secs(2);
/// A difference at which nodes reject each other's messages.
const TOO_FAR_APART: Duration = Duration::from_secs(60);
/// How far in the future the newest change may be: as much as the clocks of nodes may differ.
const AHEAD: Duration = Duration::from_secs(60);
/// How many boards with something wrong are reported.
const REPORTED: usize = 20;

const RESTORE: &str = "keep a copy of the database as it is, and restore a backup from before (`taskwire restore`); if nobody wrote \
                       to the database by hand, and its disk is sound, report this as a bug";
const SLOW: &str = "find out what keeps the database busy, and run this again";
const MORE_TIME: &str = "give the check more time with --time-limit";

pub(super) async fn check(settings: &Settings, time_limit: Duration, depth: Depth) -> Vec<Finding> {
    if let Some(file) = missing_file(&settings.database) {
        let file = std::path::absolute(&file).unwrap_or(file);
        return vec![Finding::error(
            OPEN,
            format!("there is no file {}", file.display()),
            "name the database that the server uses with --database (DATABASE_URL), or run this in the server's folder; if the \
             server has never been started, start it, and it makes the database",
        )];
    }
    let (found, was_disturbed) = examine(settings, time_limit, depth).await;
    // A server has opened the file in the meantime. It has it open now, so the same cannot happen again.
    if was_disturbed { examine(settings, time_limit, depth).await.0 } else { found }
}

/// Does the checks. Also returns whether a server opened the file while it was read as one that nobody writes to.
async fn examine(settings: &Settings, time_limit: Duration, depth: Depth) -> (Vec<Finding>, bool) {
    let statement = Limits { silence: time_limit, statement: time_limit, ..Limits::default() };
    let store = StoreSettings { readers: 1, limits: statement, ..settings.store() };
    // It has limits of its own, with errors that say more.
    let inspection = match Inspection::open(&store).await {
        Ok(inspection) => inspection,
        Err(error) => return (vec![Finding::error(OPEN, error.to_string(), remedy(&error))], false),
    };
    let mut found = vec![opened(&inspection).await];
    let schema = within(NETWORK, inspection.schema()).await;
    let is_current = match schema.and_then(|schema| schema.map_err(|error| error.to_string())) {
        Ok(schema) => {
            found.push(judge_schema(schema.as_ref()));
            schema.is_some_and(|schema| schema.theirs >= schema.ours)
        }
        Err(error) => {
            found.push(Finding::error(SCHEMA, format!("the migrations cannot be read: {error}"), RESTORE));
            false
        }
    };
    found.extend(durability(&inspection).await);
    if depth == Depth::Whole {
        found.push(integrity(&inspection, time_limit).await);
    }
    // Before a migration, tables and columns may be missing.
    if is_current {
        found.push(tables(&inspection).await);
        if depth == Depth::Whole {
            found.extend(boards(&inspection, time_limit).await);
        }
        found.extend(newest_change(&inspection).await);
    }
    found.extend(clocks(&inspection).await);
    let was_disturbed = inspection.was_disturbed();
    inspection.close().await;
    (found, was_disturbed)
}

async fn tables(inspection: &Inspection) -> Finding {
    match within(NETWORK, inspection.broken_tables()).await.and_then(|broken| broken.map_err(|error| error.to_string()))
    {
        Ok(broken) if broken.is_empty() => Finding::ok(TABLES, "all tables are there"),
        Ok(broken) => Finding::error(TABLES, broken.join("; "), RESTORE),
        Err(error) => Finding::warning(TABLES, format!("the tables were not all looked at: {error}"), SLOW),
    }
}

fn remedy(error: &StoreError) -> &'static str {
    match error {
        error if error.is_damage() => RESTORE,
        StoreError::Url(_) => "correct --database (DATABASE_URL)",
        StoreError::File(_) => {
            "start and stop the server once, as the account that it usually runs as, and run this again"
        }
        StoreError::Pooler(_) => "do what the error says",
        _ => {
            "check --database (DATABASE_URL), and that the database can be reached from here, with this user name and password; \
             a file must be a database of SQLite's that this account may read"
        }
    }
}

async fn opened(inspection: &Inspection) -> Finding {
    let shown = inspection.shown();
    let version = within(NETWORK, inspection.version()).await;
    let version = version.unwrap_or(Err(StoreError::TimedOut(NETWORK)));
    match (version, inspection.cannot_write()) {
        (Err(error), _) => Finding::error(OPEN, format!("{shown}: {error}"), remedy(&error)),
        (Ok(version), Some(why)) => {
            Finding::error(OPEN, format!("{version}: {why}"), "give the server's account the right to write to it")
        }
        (Ok(version), None) => Finding::ok(OPEN, format!("{version} at {shown}")),
    }
}

fn judge_schema(schema: Option<&SchemaReport>) -> Finding {
    let Some(SchemaReport { theirs, ours, wrong }) = schema else {
        return Finding::error(
            SCHEMA,
            "the database has no tables of Taskwire's",
            "name the database that the server uses with --database (DATABASE_URL); if the server has never been started, start \
             it, and it makes the tables",
        );
    };
    if !wrong.is_empty() {
        let numbers = wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let detail =
            format!("these migrations in the database are not those of this program, or did not end well: {numbers}");
        return Finding::error(
            SCHEMA,
            detail,
            "use the executable of the release that the server runs, or restore a backup",
        );
    }
    if theirs > ours {
        let error = StoreError::Newer { theirs: *theirs, ours: *ours };
        return Finding::error(SCHEMA, error.to_string(), "use the executable of the newer version");
    }
    if theirs < ours {
        let detail = format!(
            "schema {theirs}; the next start of this version, which has schema {ours}, migrates it. The log and the rows are not \
             checked before that"
        );
        return Finding::warning(
            SCHEMA,
            detail,
            "back the database up before you start this version: an older one refuses it then",
        );
    }
    Finding::ok(SCHEMA, format!("schema {theirs}, which is this version's"))
}

/// With which settings of PostgreSQL's server acknowledged changes can be lost, or nothing can be written.
async fn durability(inspection: &Inspection) -> Vec<Finding> {
    let asked = async { Ok((inspection.is_standby().await?, inspection.unsafe_settings().await?)) };
    let (is_standby, settings) = match within(NETWORK, asked).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return vec![not_checked(DURABILITY, &error)],
        Err(late) => return vec![Finding::warning(DURABILITY, late, SLOW)],
    };
    let mut found = Vec::new();
    if is_standby {
        let detail = "this PostgreSQL server is a standby, which cannot be written to";
        found.push(Finding::error(DURABILITY, detail, "name the primary server with --database (DATABASE_URL)"));
    }
    if !settings.is_empty() {
        let detail = format!(
            "{}: a crash of PostgreSQL or of its machine can lose or damage acknowledged changes",
            settings.join(", ")
        );
        found.push(Finding::warning(DURABILITY, detail, "set these to `on` in postgresql.conf"));
    }
    found
}

async fn integrity(inspection: &Inspection, time_limit: Duration) -> Finding {
    match within(time_limit, inspection.faults()).await {
        Ok(Ok(faults)) if faults.is_empty() => Finding::ok(INTEGRITY, "the database finds nothing wrong with itself"),
        Ok(Ok(faults)) => Finding::error(INTEGRITY, faults.join("; "), RESTORE),
        Ok(Err(StoreError::TimedOut(_))) | Err(_) => {
            Finding::warning(INTEGRITY, format!("the check did not end within {} s", time_limit.as_secs()), MORE_TIME)
        }
        Ok(Err(error)) => Finding::error(INTEGRITY, format!("the database cannot be read: {error}"), RESTORE),
    }
}

/// Compares each board's rows with its log.
async fn boards(inspection: &Inspection, time_limit: Duration) -> Vec<Finding> {
    let deadline = Instant::now() + time_limit;
    let boards = match timeout_at(deadline, inspection.boards()).await {
        Ok(Ok(boards)) => boards,
        Ok(Err(error)) => return vec![Finding::error(LOG, format!("the boards cannot be read: {error}"), RESTORE)],
        Err(_) => return vec![Finding::warning(LOG, "the boards could not be read in time", MORE_TIME)],
    };
    let mut outcome = Outcome::default();
    for (number, board) in boards.iter().enumerate() {
        match timeout_at(deadline, inspection.check_log(*board)).await {
            Ok(Ok(Some(report))) => outcome.add(&format!("board {board}"), report),
            // Boards are never removed.
            Ok(Ok(None)) => outcome.rows.push(format!("board {board} is gone")),
            Ok(Err(StoreError::TimedOut(_))) | Err(_) => {
                let left = boards.len() - number;
                outcome.not_compared.push(format!("{left} of {} boards were not reached in time", boards.len()));
                outcome.is_late = true;
                break;
            }
            Ok(Err(error)) => outcome.rows.push(format!("board {board} cannot be read: {error}")),
        }
    }
    outcome.findings(boards.len())
}

/// What was found on all boards.
#[derive(Default)]
struct Outcome {
    changes: u64,
    log: Vec<String>,
    rows: Vec<String>,
    not_compared: Vec<String>,
    is_late: bool,
}

impl Outcome {
    fn add(&mut self, board: &str, report: BoardReport) {
        let BoardReport { changes, log, rows, not_compared } = report;
        self.changes += changes;
        self.log.extend((!log.is_empty()).then(|| format!("{board}: {}", log.join("; "))));
        self.rows.extend((!rows.is_empty()).then(|| format!("{board}: {}", rows.join("; "))));
        // What is wrong with the log is reported above.
        self.not_compared.extend(not_compared.filter(|_| log.is_empty()).map(|why| format!("{board}: {why}")));
    }

    fn findings(self, boards: usize) -> Vec<Finding> {
        let Self { changes, log, rows, not_compared, is_late } = self;
        let mut found = listed(LOG, log);
        if found.is_empty() && !is_late {
            found.push(Finding::ok(
                LOG,
                format!(
                    "{} of {}, without a gap up to each board's number",
                    counted(changes, "change"),
                    counted(boards as u64, "board")
                ),
            ));
        }
        let contradictions = listed(ROWS, rows);
        if contradictions.is_empty() && not_compared.is_empty() && found.iter().all(|found| found.remedy.is_none()) {
            found.push(Finding::ok(ROWS, "the rows of all boards are what their logs amount to"));
        }
        found.extend(contradictions);
        if !not_compared.is_empty() {
            let remedy =
                if is_late { MORE_TIME } else { "use the newest version of Taskwire that has used this database" };
            found.push(Finding::warning(
                ROWS,
                format!("not all rows were compared with the log: {}", not_compared.join("; ")),
                remedy,
            ));
        }
        found
    }
}

fn listed(check: &'static str, boards: Vec<String>) -> Vec<Finding> {
    let more = boards.len().saturating_sub(REPORTED);
    let mut found: Vec<Finding> =
        boards.into_iter().take(REPORTED).map(|detail| Finding::error(check, detail, RESTORE)).collect();
    if more > 0 {
        found.push(Finding::error(check, format!("the same on {more} more boards"), RESTORE));
    }
    found
}

/// Compares this machine's clock with that of the database's server.
async fn clocks(inspection: &Inspection) -> Option<Finding> {
    match within(NETWORK, inspection.clock()).await {
        Ok(Ok(report)) => report.map(judge_clock),
        Ok(Err(error)) => Some(not_checked(CLOCK, &error)),
        Err(late) => Some(Finding::warning(CLOCK, late, SLOW)),
    }
}

/// Judges the difference between two clocks.
pub fn judge_clock(ClockReport { ahead_ms, took }: ClockReport) -> Finding {
    let apart = Duration::from_millis(ahead_ms.unsigned_abs()).saturating_sub(took / 2);
    let seconds = ahead_ms.unsigned_abs() as f64 / 1_000.0;
    let way = if ahead_ms < 0 { "behind" } else { "ahead of" };
    let detail = format!("the database's clock is {seconds:.1} s {way} this machine's");
    let remedy = "synchronise the clocks of all machines, for example with chrony or systemd-timesyncd";
    if apart > TOO_FAR_APART {
        Finding::error(
            CLOCK,
            format!("{detail}: nodes whose clocks differ so much reject each other's messages"),
            remedy,
        )
    } else if apart > APART {
        Finding::warning(CLOCK, detail, remedy)
    } else {
        Finding::ok(CLOCK, detail)
    }
}

/// Whether the newest change is from the future.
async fn newest_change(inspection: &Inspection) -> Option<Finding> {
    let at = match within(NETWORK, inspection.newest_change()).await {
        Ok(Ok(at)) => at?,
        Ok(Err(error)) => return Some(not_checked(CLOCK, &error)),
        Err(late) => return Some(Finding::warning(CLOCK, late, SLOW)),
    };
    let now = clock::now();
    let ahead = at.as_millis() - now.as_millis();
    Some(match u64::try_from(ahead).map(Duration::from_millis) {
        Ok(ahead) if ahead > AHEAD => Finding::warning(
            CLOCK,
            format!("the newest change is from {at}, but this machine's clock shows {now}"),
            "set the clock, if it is wrong; if it was ahead before and is right now, times are right again from the next change on",
        ),
        _ => Finding::ok(CLOCK, format!("the newest change is from {at}, which has passed")),
    })
}

fn not_checked(check: &'static str, error: &StoreError) -> Finding {
    Finding::warning(
        check,
        format!("this could not be checked: {error}"),
        "see what the other checks of the database say",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    #[test]
    fn clocks_may_differ_a_little() {
        let judged = |ahead_ms| judge_clock(ClockReport { ahead_ms, took: Duration::from_millis(20) });
        assert_eq!([0, -2_000, 2_005].map(|ahead| judged(ahead).status), [Status::Ok; 3]);
        assert_eq!([-2_100, 60_000].map(|ahead| judged(ahead).status), [Status::Warning; 2]);
        let error = judged(-61_000);
        assert_eq!(error.status, Status::Error);
        assert!(error.detail.contains("61.0 s behind"), "{error:?}");
    }

    #[test]
    fn a_schema_is_older_the_same_newer_or_altered() {
        let judged =
            |theirs, wrong: &[i64]| judge_schema(Some(&SchemaReport { theirs, ours: 13, wrong: wrong.to_vec() }));
        assert_eq!(judge_schema(None).status, Status::Error);
        assert_eq!((judged(13, &[]).status, judged(12, &[]).status), (Status::Ok, Status::Warning));
        assert_eq!((judged(14, &[]).status, judged(13, &[7]).status), (Status::Error, Status::Error));
    }
}
