//! The numbers that are shown of a node, and how each is read from its metrics.

use std::collections::{BTreeMap, VecDeque};

use app::system::Unit;

/// How many samples lie between the two from which latencies are computed: a minute.
const WINDOW: usize = 6;

/// A number that is shown.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// What it is called by.
    pub name: &'static str,
    /// What it is, for people.
    pub title: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// The metric, with the labels that are meant.
    pub metric: &'static str,
    reading: Reading,
}

/// How a number is read from the values of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reading {
    /// The sum over all labels.
    Sum,
    /// The highest value.
    Most,
    /// How much the sum has grown in a second, since the last sample.
    Rate,
    /// The time that this part of the observations of the last minute did not exceed.
    Quantile(f64),
}

const fn figure(
    name: &'static str,
    title: &'static str,
    unit: Unit,
    metric: &'static str,
    reading: Reading,
) -> Definition {
    Definition { name, title, unit, metric, reading }
}

/// How many there are. (A number of its own: with `FIGURES.len()` in types, the compiler runs into a cycle in an optimised build.)
pub const FIGURE_COUNT: usize = 17;

/// All of them, in the order in which they are shown.
#[rustfmt::skip]
pub const FIGURES: [Definition; FIGURE_COUNT] = [
    figure("sockets", "Sockets", Unit::Count, "taskwire_sockets", Reading::Sum),
    figure("subscriptions", "Subscriptions", Unit::Count, "taskwire_subscriptions", Reading::Sum),
    figure("boards_open", "Open boards", Unit::Count, "taskwire_topics", Reading::Sum),
    figure("writes", "Writes", Unit::PerSecond, r#"taskwire_writes_total{outcome="accepted"}"#, Reading::Rate),
    figure("commit_p50", "Commit, p50", Unit::Seconds, "taskwire_commit_seconds", Reading::Quantile(0.5)),
    figure("commit_p99", "Commit, p99", Unit::Seconds, "taskwire_commit_seconds", Reading::Quantile(0.99)),
    figure("deliveries", "Deliveries", Unit::PerSecond, "taskwire_deliveries_total", Reading::Rate),
    figure("delivery_p50", "Delivery, p50", Unit::Seconds, "taskwire_delivery_seconds", Reading::Quantile(0.5)),
    figure("delivery_p99", "Delivery, p99", Unit::Seconds, "taskwire_delivery_seconds", Reading::Quantile(0.99)),
    figure("outbox_jobs", "Jobs waiting", Unit::Count, "taskwire_outbox_jobs", Reading::Sum),
    figure("outbox_oldest", "Oldest job", Unit::Seconds, "taskwire_outbox_oldest_seconds", Reading::Most),
    figure("outbox_failures", "Failed attempts at jobs since the start", Unit::Count, r#"taskwire_outbox_attempts_total{outcome="failed"}"#, Reading::Sum),
    figure("database_size", "Database", Unit::Bytes, "taskwire_database_bytes", Reading::Sum),
    figure("wal_size", "Write-ahead log", Unit::Bytes, "taskwire_database_wal_bytes", Reading::Sum),
    figure("disk_free", "Free on the database's disk", Unit::Bytes, r#"taskwire_disk_free_bytes{holds="database"}"#, Reading::Sum),
    figure("redis_round_trip", "Redis answers in", Unit::Seconds, "taskwire_redis_round_trip_seconds", Reading::Sum),
    figure("clock_ahead", "The database's clock is ahead by", Unit::Seconds, "taskwire_database_clock_ahead_seconds", Reading::Sum),
];

/// The values of all figures at one moment.
pub type Values = [Option<f64>; FIGURE_COUNT];

/// The metrics of a process, as Prometheus gets them.
#[derive(Clone, Debug, Default)]
pub struct Scrape<'a>(BTreeMap<&'a str, Vec<(&'a str, f64)>>);

impl<'a> Scrape<'a> {
    /// Reads them from their text.
    pub fn of(text: &'a str) -> Self {
        let mut all: BTreeMap<&str, Vec<(&str, f64)>> = BTreeMap::new();
        for line in text.lines().filter(|line| line.starts_with("taskwire_")) {
            let Some((key, value)) = line.rsplit_once(' ') else { continue };
            let (name, labels) = key.split_once('{').unwrap_or((key, ""));
            if let Ok(value) = value.parse() {
                all.entry(name).or_default().push((labels, value));
            }
        }
        Self(all)
    }

    /// The values of a metric with these labels, if any are given: `name` or `name{label="value"}`.
    pub fn values(&self, metric: &str) -> impl Iterator<Item = f64> {
        let (name, wanted) = metric.split_once('{').unwrap_or((metric, ""));
        let wanted = wanted.trim_end_matches('}').to_owned();
        let found = self.0.get(name).into_iter().flatten();
        found.filter(move |(labels, _)| wanted.split(',').all(|label| labels.contains(label))).map(|(_, value)| *value)
    }

    /// The sum of the values of a metric; `None` if it has none.
    pub fn sum(&self, metric: &str) -> Option<f64> {
        self.values(metric).filter(|value| value.is_finite()).reduce(|sum, value| sum + value)
    }

    /// The upper bounds of a histogram's buckets, each with the number of observations up to it.
    fn buckets(&self, metric: &str) -> Buckets {
        let bound = |labels: &str| labels.split("le=\"").nth(1)?.split('"').next()?.parse::<f64>().ok();
        let buckets = self.0.get(format!("{metric}_bucket").as_str()).into_iter().flatten();
        buckets.filter_map(|(labels, count)| Some((bound(labels)?, *count))).collect()
    }
}

type Buckets = Vec<(f64, f64)>;

/// Reads the figures, of which some are differences to earlier samples.
#[derive(Debug, Default)]
pub struct Reader {
    /// The sums of the last sample, and how long ago that was.
    sums: Option<[f64; FIGURE_COUNT]>,
    /// The histograms of the last samples, oldest first.
    buckets: VecDeque<BTreeMap<&'static str, Buckets>>,
}

impl Reader {
    /// The figures of a scrape. The one before was so many seconds ago.
    pub fn read(&mut self, scrape: &Scrape<'_>, seconds: f64) -> Values {
        let sums = FIGURES.map(|figure| scrape.sum(figure.metric).unwrap_or_default());
        let before = self.sums.replace(sums);
        let histograms = FIGURES.iter().filter(|figure| matches!(figure.reading, Reading::Quantile(_)));
        let newest: BTreeMap<_, _> = histograms.map(|figure| (figure.metric, scrape.buckets(figure.metric))).collect();
        let mut values = [None; FIGURE_COUNT];
        for (index, (figure, value)) in FIGURES.iter().zip(&mut values).enumerate() {
            *value = match figure.reading {
                Reading::Sum => scrape.sum(figure.metric),
                Reading::Most => scrape.values(figure.metric).reduce(f64::max),
                Reading::Rate => before
                    .filter(|_| seconds > 0.0)
                    // A counter never goes back.
                    .map(|before| (sums[index] - before[index]).max(0.0) / seconds),
                Reading::Quantile(part) => {
                    let nothing = Buckets::new();
                    let oldest = self.buckets.front().and_then(|oldest| oldest.get(figure.metric)).unwrap_or(&nothing);
                    newest.get(figure.metric).and_then(|newest| quantile(oldest, newest, part))
                }
            };
        }
        self.buckets.push_back(newest);
        if self.buckets.len() > WINDOW {
            self.buckets.pop_front();
        }
        values
    }
}

/// The value that a part of the observations between two readings of a histogram does not exceed; `None` if there were none. Within a bucket
/// they are taken to be evenly spread.
fn quantile(before: &Buckets, after: &Buckets, part: f64) -> Option<f64> {
    let of_before = |bound: f64| before.iter().find(|(of, _)| *of == bound).map_or(0.0, |(_, count)| *count);
    let counts: Buckets = after.iter().map(|(bound, count)| (*bound, count - of_before(*bound))).collect();
    let total = counts.last().map(|(_, count)| *count).filter(|total| *total > 0.0)?;
    let (mut lower, mut below) = (0.0, 0.0);
    for (bound, count) in counts {
        if count >= part * total && count > below {
            // Of those beyond the last bound it is only known that they are.
            let is_open = bound.is_infinite();
            return Some(if is_open {
                lower
            } else {
                lower + (bound - lower) * (part * total - below) / (count - below)
            });
        }
        (lower, below) = (bound, count);
    }
    Some(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(values: &Values, name: &str) -> Option<f64> {
        values[FIGURES.iter().position(|figure| figure.name == name).unwrap()]
    }

    #[test]
    fn figures_are_read_from_metrics() {
        let first = "# TYPE taskwire_sockets gauge\n\
            taskwire_sockets 3\n\
            taskwire_writes_total{outcome=\"accepted\"} 10\n\
            taskwire_writes_total{outcome=\"refused\"} 90\n\
            taskwire_outbox_oldest_seconds{topic=\"mail\"} 5\n\
            taskwire_outbox_oldest_seconds{topic=\"boards\"} 7\n\
            taskwire_outbox_jobs{topic=\"mail\"} 1\n\
            taskwire_outbox_jobs{topic=\"boards\"} 2\n\
            taskwire_redis_round_trip_seconds NaN\n\
            taskwire_commit_seconds_bucket{le=\"0.001\"} 100\n\
            taskwire_commit_seconds_bucket{le=\"0.002\"} 100\n\
            taskwire_commit_seconds_bucket{le=\"+Inf\"} 100\n";
        let second = first
            .replace("\"accepted\"} 10", "\"accepted\"} 30")
            .replace("0.001\"} 100", "0.001\"} 110")
            .replace("0.002\"} 100", "0.002\"} 120")
            .replace("+Inf\"} 100", "+Inf\"} 120");
        let mut reader = Reader::default();
        let values = reader.read(&Scrape::of(first), 0.0);
        assert_eq!(value(&values, "sockets"), Some(3.0));
        assert_eq!(value(&values, "writes"), None);
        assert_eq!(value(&values, "outbox_oldest"), Some(7.0));
        assert_eq!(value(&values, "outbox_jobs"), Some(3.0));
        assert_eq!(value(&values, "redis_round_trip"), None);
        assert_eq!(value(&values, "wal_size"), None);
        assert_eq!(value(&values, "commit_p50"), Some(0.000_5));
        let values = reader.read(&Scrape::of(&second), 10.0);
        assert_eq!(value(&values, "writes"), Some(2.0));
        // Of the twenty since then, ten took up to a millisecond and ten up to two.
        assert_eq!(value(&values, "commit_p50"), Some(0.001));
        assert!((value(&values, "commit_p99").unwrap() - 0.001_98).abs() < 1e-9, "{values:?}");
        let mut values = [None; FIGURE_COUNT];
        for _ in 0..=WINDOW {
            values = reader.read(&Scrape::of(&second), 10.0);
        }
        assert_eq!(value(&values, "commit_p50"), None, "nothing happened for a minute");
    }

    #[test]
    fn of_what_took_too_long_only_that_is_known() {
        let after = vec![(0.1, 0.0), (10.0, 1.0), (f64::INFINITY, 100.0)];
        assert_eq!(quantile(&Vec::new(), &after, 0.99), Some(10.0));
        assert_eq!(quantile(&after, &after, 0.5), None);
    }

    #[test]
    fn names_are_unique() {
        let names: std::collections::BTreeSet<_> = FIGURES.iter().map(|figure| figure.name).collect();
        assert_eq!(names.len(), FIGURE_COUNT);
    }
}
