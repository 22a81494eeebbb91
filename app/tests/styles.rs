//! All style sheets are one file in the browser, so a class that two of them define by itself is styled by both. (The description of a task was
//! once squeezed by the style of an administration page.)

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// The style sheets that stand beside features, controls and pages.
fn sheets() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut sheets = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|kind| kind == "css") => sheets.push(path),
                false => {}
            }
        }
    }
    sheets
}

/// The classes for which a style sheet has rules with no other condition.
fn own_classes(css: &str) -> BTreeSet<String> {
    let mut text = String::new();
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        text.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    let is_class = |selector: &&str| {
        selector.strip_prefix('.').is_some_and(|name| name.chars().all(|char| char.is_alphanumeric() || char == '-'))
    };
    text.split('{')
        .filter_map(|part| part.rsplit(['}', ';']).next())
        .flat_map(|selectors| {
            let mut depth = 0;
            // Not at the commas within `:is()`.
            let each = selectors.split(move |char: char| {
                depth += i32::from(char == '(') - i32::from(char == ')');
                char == ',' && depth == 0
            });
            each.collect::<Vec<_>>()
        })
        .map(str::trim)
        .filter(is_class)
        .map(str::to_owned)
        .collect()
}

#[test]
fn each_class_belongs_to_one_style_sheet() {
    let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for sheet in sheets() {
        for class in own_classes(&fs::read_to_string(&sheet).unwrap()) {
            owners.entry(class).or_default().push(sheet.display().to_string());
        }
    }
    assert!(owners.len() > 100, "the style sheets are read");
    owners.retain(|_, sheets| sheets.len() > 1);
    assert!(owners.is_empty(), "styled by several: {owners:#?}");
}

#[test]
fn classes_are_found() {
    let css = ".a { x: y; } /* .b {} */ .c,\n.d-e { } .f .g { } .h:hover { } @media (x) { .i { x: y; } .j > .k { } } .l :is(.m, .n, .o) { }";
    assert_eq!(own_classes(css).into_iter().collect::<Vec<_>>(), [".a", ".c", ".d-e", ".i"]);
}
