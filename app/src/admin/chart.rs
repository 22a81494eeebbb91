//! A small chart of the last hour, as SVG that the server makes. Its numbers stand beside it as text.

use std::fmt::Write as _;

use leptos::prelude::*;

use super::system::words;
use crate::{
    system::{Figure, Series},
    time::Timestamp,
};

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 48.0;
/// Room for the thickness of the line.
const MARGIN: f64 = 2.0;
const HOUR: i64 = 60 * 60 * 1_000;
/// How long a time one point stands for, in milliseconds. It shows the highest value of that time, so that no peak is lost.
const STEP: i64 = 30_000;
/// A longer pause between two points is a gap in the line.
const GAP: i64 = 2 * STEP;

/// Renders a chart; nothing if there are no values.
pub fn chart(series: &Series, at: &[Timestamp], now: Timestamp) -> Option<AnyView> {
    let Figure { name, title, unit, value, metric } = &series.figure;
    let values = || of_last_hour(series, at, now).map(|(_, value)| value);
    let (least, most) = (values().reduce(f64::min)?, values().reduce(f64::max)?);
    let points = points(of_last_hour(series, at, now));
    let current = value.map_or("no value".to_owned(), |value| words(value, *unit));
    let range = format!("{} to {}", words(least, *unit), words(most, *unit));
    let svg = svg(name, &format!("{title}: now {current}; in the last hour {range}"), &lines(&points, most));
    Some(
        view! {
            <figure class="chart">
                <figcaption>
                    <span class="chart-title">{title.clone()}</span>
                    <strong>{current}</strong>
                    <span class="hint">{range}</span>
                </figcaption>
                <div inner_html=svg></div>
                <code class="metric">{metric.clone()}</code>
            </figure>
        }
        .into_any(),
    )
}

/// The values of the last hour with their age in milliseconds, oldest first.
fn of_last_hour(series: &Series, at: &[Timestamp], now: Timestamp) -> impl Iterator<Item = (i64, f64)> {
    let values = at.iter().zip(&series.values);
    let values = values.filter_map(move |(at, value)| Some(((now.as_millis() - at.as_millis()).max(0), (*value)?)));
    values.filter(|(age, _)| *age <= HOUR)
}

/// The highest value of each step, with the age of the step.
fn points(values: impl Iterator<Item = (i64, f64)>) -> Vec<(i64, f64)> {
    let mut points: Vec<(i64, f64)> = Vec::new();
    for (age, value) in values {
        let age = age / STEP * STEP;
        match points.last_mut() {
            Some((last, highest)) if *last == age => *highest = highest.max(value),
            _ => points.push((age, value)),
        }
    }
    points
}

/// The points of each unbroken line. Zero is at the bottom.
fn lines(points: &[(i64, f64)], most: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut last = None;
    for (age, value) in points {
        let x = WIDTH * (1.0 - *age as f64 / HOUR as f64);
        let height = if most > 0.0 { (value / most).clamp(0.0, 1.0) } else { 0.0 };
        let y = HEIGHT - MARGIN - height * (HEIGHT - 2.0 * MARGIN);
        if last.is_none_or(|last: i64| last - age > GAP) {
            lines.push(String::new());
        }
        last = Some(*age);
        if let Some(line) = lines.last_mut() {
            // Writing into a String cannot fail.
            let _ = write!(line, "{x:.1},{y:.1} ");
        }
    }
    lines
}

/// None of the texts comes from outside.
fn svg(name: &str, description: &str, lines: &[String]) -> String {
    let lines = lines.iter().map(|points| {
        let points = points.trim_end();
        // A line of one point would not be seen.
        let dot = if points.contains(' ') { String::new() } else { format!(" {points}") };
        format!(r#"<polyline points="{points}{dot}"/>"#)
    });
    let lines: String = lines.collect();
    format!(
        r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" aria-labelledby="chart-{name}"><title id="chart-{name}">{description}</title>{lines}</svg>"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Unit;

    fn series(values: Vec<Option<f64>>) -> Series {
        let figure = Figure {
            name: "writes".to_owned(),
            title: "Writes".to_owned(),
            unit: Unit::PerSecond,
            value: values.last().copied().flatten(),
            metric: "taskwire_writes_total".to_owned(),
        };
        Series { figure, values }
    }

    #[test]
    fn a_peak_is_shown_and_a_pause_is_a_gap() {
        let now = Timestamp::from_millis(10 * HOUR);
        let at = |seconds: i64| Timestamp::from_millis(now.as_millis() - seconds * 1_000);
        let times = [at(7_200), at(600), at(590), at(300), at(20), at(10), at(0)];
        let values = vec![Some(99.0), Some(1.0), None, Some(2.0), Some(4.0), Some(8.0), Some(0.0)];
        let points = points(of_last_hour(&series(values), &times, now));
        assert_eq!(points, [(600_000, 1.0), (300_000, 2.0), (0, 8.0)]);
        let lines = lines(&points, 8.0);
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[2], "300.0,2.0 ");
        assert!(lines[0].starts_with("250.0,40.5"), "{lines:?}");
    }

    #[test]
    fn what_has_no_values_has_no_chart() {
        let now = Timestamp::from_millis(HOUR);
        assert!(chart(&series(vec![None]), &[now], now).is_none());
        let html = chart(&series(vec![Some(0.0)]), &[now], now).unwrap().to_html();
        assert!(html.contains("Writes: now 0/s; in the last hour 0/s to 0/s"), "{html}");
        assert!(html.contains(r#"points="300.0,46.0 300.0,46.0""#) && !html.contains("style="), "{html}");
    }
}
