//! Tests that the text on every label can be read: each hue and tone, in both themes.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

use app::label::{Hue, Tone};

const STYLE: &str = include_str!("../src/features/labels/colours.css");

/// The places of the themes in `light-dark()`.
const LIGHT: usize = 0;
const DARK: usize = 1;

/// What WCAG asks of small text.
const CONTRAST: f64 = 4.5;

/// The colour that a rule gives a name in a theme: `light-dark(#ffffff, #000000)`.
fn colour(theme: usize, hue: Hue, name: &str) -> [u8; 3] {
    let rule = STYLE.split(&format!(".hue-{} {{", hue.as_str())).nth(1).unwrap().split('}').next().unwrap();
    let values = rule.split(&format!("{name}: light-dark(#")).nth(1).unwrap().split(')').next().unwrap();
    let value = values.split(", #").nth(theme).unwrap();
    [0, 2, 4].map(|at| u8::from_str_radix(&value[at..at + 2], 16).unwrap())
}

/// The relative luminance, as WCAG defines it.
fn luminance(colour: [u8; 3]) -> f64 {
    let linear = colour.map(|channel| {
        let channel = f64::from(channel) / 255.0;
        if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

#[test]
fn the_text_on_every_label_can_be_read_in_both_themes() {
    let mut grounds = Vec::new();
    for theme in [LIGHT, DARK] {
        for hue in Hue::ALL {
            for tone in Tone::ALL {
                let ground = colour(theme, *hue, &format!("--label-{}", tone.as_str()));
                let ink = colour(theme, *hue, &format!("--ink-on-{}", tone.as_str()));
                let (one, other) = (luminance(ground) + 0.05, luminance(ink) + 0.05);
                let contrast = one.max(other) / one.min(other);
                assert!(contrast >= CONTRAST, "{hue:?} {tone:?}: {contrast:.2}");
                grounds.push(ground);
            }
        }
    }
    let count = grounds.len();
    assert_eq!(count, 2 * 12 * 3);
    grounds.sort_unstable();
    grounds.dedup();
    assert_eq!(grounds.len(), count, "no two look the same");
}
