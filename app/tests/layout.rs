//! Imports run downwards. The order of the rooms is in `docs/ARCHITECTURE.md`, in code blocks of the language `floors`.
//! The test reads the imports from the source; an upward import fails it, and the message names the importing file and
//! the imported path.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod source;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use source::{files, quoted, root};

/// The upward imports that exist today: the source folder, the importing room, the imported room. The list only gets
/// shorter: an entry that is not needed fails the test.
const EXCEPTIONS: [(&str, &str, &str); 2] = [("src", "settings", "http"), ("src", "accounts", "http")];

/// An import: the importing module, and the imported path from the crate's root.
#[derive(Debug, PartialEq, Eq)]
struct Arrow {
    from: Vec<String>,
    to: Vec<String>,
}

#[test]
fn imports_of_the_app_run_down() {
    imports_run_down("app/src");
}

#[test]
fn imports_of_the_server_run_down() {
    imports_run_down("src");
}

#[test]
fn features_do_not_import_each_other_in_circles() {
    let mut below: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, arrow) in arrows_of("app/src") {
        let feature = |path: &[String]| (path.first()? == "features").then(|| path.get(1).cloned()).flatten();
        if let (Some(from), Some(to)) = (feature(&arrow.from), feature(&arrow.to))
            && from != to
        {
            below.entry(from).or_default().insert(to);
        }
    }
    assert!(!below.is_empty());
    // Removes features that import no remaining feature, until none remains, or only circles and the features that
    // import one.
    let mut left: BTreeSet<String> = below.keys().cloned().collect();
    while let Some(free) = left.iter().find(|feature| below[*feature].is_disjoint(&left)).cloned() {
        left.remove(&free);
    }
    assert!(left.is_empty(), "features that import each other in a circle, or one that does: {left:?}");
}

fn imports_run_down(source: &str) {
    let floors = floors(source);
    let files: BTreeSet<String> = files(source).iter().map(|file| room(&module(source, file))).collect();
    let rooms: BTreeSet<String> = floors.keys().cloned().collect();
    assert_eq!(rooms, files, "the rooms of {source}: left as docs/ARCHITECTURE.md has them, right as they are");

    let mut wrong = Vec::new();
    let mut excused = BTreeSet::new();
    for (file, arrow) in arrows_of(source) {
        let (from, to) = (room(&arrow.from), room(&arrow.to));
        // A name that is defined at the crate's root, not in a file of its own.
        let to = if floors.contains_key(&to) { to } else { "lib".to_owned() };
        if from == to || floors[&from] < floors[&to] {
            continue;
        }
        if EXCEPTIONS.contains(&(source, from.as_str(), to.as_str())) {
            excused.insert((from, to));
        } else {
            wrong.push(format!("{} imports {}: {from} is not above {to}", file.display(), arrow.to.join("::")));
        }
    }
    assert!(wrong.is_empty(), "docs/ARCHITECTURE.md, floors {source}:\n{}", wrong.join("\n"));
    for (of, from, to) in EXCEPTIONS {
        let needed = of != source || excused.contains(&(from.to_owned(), to.to_owned()));
        assert!(needed, "no import leads from {from} to {to} any more: take it off EXCEPTIONS");
    }
}

/// The floor of each room, counted from the top. The rooms of one line are on one floor.
fn floors(source: &str) -> BTreeMap<String, usize> {
    let page = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let block = page.split(&format!("```floors {source}\n")).nth(1).expect("a block of floors");
    let block = block.split("```").next().unwrap();
    let mut floors = BTreeMap::new();
    for (floor, line) in block.lines().enumerate() {
        for room in line.split('|').next().unwrap().split_whitespace() {
            assert!(floors.insert(room.to_owned(), floor).is_none(), "{room} stands there twice");
        }
    }
    floors
}

/// The room of a module: the first part of its path.
fn room(path: &[String]) -> String {
    path.first().map_or("lib", String::as_str).to_owned()
}

/// The module of a file.
fn module(source: &str, file: &Path) -> Vec<String> {
    let below = file.strip_prefix(root().join(source)).unwrap().with_extension("");
    let mut path: Vec<String> = below.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if path.last().is_some_and(|last| last == "mod" || last == "lib") {
        path.pop();
    }
    path
}

fn arrows_of(source: &str) -> Vec<(PathBuf, Arrow)> {
    let read = |file: PathBuf| {
        let from = module(source, &file);
        let arrows = paths(&fs::read_to_string(&file).unwrap(), &from);
        arrows.into_iter().map(move |to| (file.clone(), Arrow { from: from.clone(), to })).collect::<Vec<_>>()
    };
    files(source).into_iter().flat_map(read).collect()
}

/// The paths within the crate that a source text names, in `use` and elsewhere, from the crate's root; without those in
/// its tests.
fn paths(text: &str, module: &[String]) -> Vec<Vec<String>> {
    let words = words(text);
    let mut found = Vec::new();
    // The inline modules that are open here, each with the brace depth at which it began.
    let mut inner: Vec<(String, usize)> = Vec::new();
    let (mut depth, mut at) = (0, 0);
    while at < words.len() {
        let word = words[at].as_str();
        match word {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                if inner.last().is_some_and(|(_, began)| *began == depth) {
                    inner.pop();
                }
            }
            "mod" => {
                // In a macro, the module's name may be a parameter.
                let name = at + if words[at + 1] == "$" { 2 } else { 1 };
                if words.get(name + 1).is_some_and(|next| next == "{") {
                    inner.push((words[name].clone(), depth));
                }
            }
            "crate" | "super" | "self" if words.get(at + 1).is_some_and(|next| next == "::") => {
                let here: Vec<String> =
                    module.iter().cloned().chain(inner.iter().map(|(name, _)| name.clone())).collect();
                let mut relative = Vec::new();
                at = tree(&words, at, &mut Vec::new(), &mut relative);
                // A test may import anything.
                if inner.iter().all(|(name, _)| name != "tests") {
                    found.extend(relative.iter().map(|path| absolute(path, &here)));
                }
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Reads a path, or a tree of paths in braces, beginning at `at`. Returns the position after it.
fn tree(words: &[String], mut at: usize, before: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> usize {
    let long = before.len();
    loop {
        match words.get(at).map(String::as_str) {
            Some("{") => {
                at += 1;
                while words.get(at).is_some_and(|word| word != "}") {
                    match words[at].as_str() {
                        // The local name of the import.
                        "as" => at += 2,
                        "," => at += 1,
                        _ => at = tree(words, at, before, found),
                    }
                }
                at += 1;
                break;
            }
            // The rest names no module: it is a glob, or types in angle brackets.
            Some("*" | "<") => {
                found.push(before.clone());
                at += 1;
                break;
            }
            Some(word) => {
                before.push(word.to_owned());
                at += 1;
                if words.get(at).is_none_or(|next| next != "::") {
                    found.push(before.clone());
                    break;
                }
                at += 1;
            }
            None => break,
        }
    }
    before.truncate(long);
    at
}

/// A path as written in the module `here`, from the crate's root.
fn absolute(path: &[String], here: &[String]) -> Vec<String> {
    let mut whole = if path[0] == "crate" { Vec::new() } else { here.to_vec() };
    for part in path {
        match part.as_str() {
            "crate" | "self" => {}
            "super" => drop(whole.pop()),
            part => whole.push(part.to_owned()),
        }
    }
    whole
}

/// The words and symbols of a Rust text, without comments and the contents of literals.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut rest) = (Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let long = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(long) = quoted(rest) {
            long
        } else if first.is_alphanumeric() || first == '_' {
            let long = rest.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(rest.len());
            words.push(rest[..long].to_owned());
            long
        } else if rest.starts_with("::") {
            words.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                words.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[long..];
    }
    words
}

#[test]
fn imports_are_read() {
    let text = r##"
        // use crate::comment::Of;
        use std::collections::BTreeMap;
        use super::{icon::{self, Icon}, rows as lines, crate_like};
        pub use self::inner::Thing;
        fn f<'a>(x: &'a str) -> char {
            let _ = ("use crate::text;", r#"" crate::raw::text "#, 'x', '\'', '{');
            crate::new_id();
            super::super::above::<u8>();
            match x { _ => crate::a::b::C }
        }
        pub(crate) struct S;
        mod tests { mod deeper { use super::*; } use crate::tested; }
        mod $inner { use super::*; use crate::{d, e::F}; }
        mod after;
        use super::last;
    "##;
    let here = ["features", "list", "row"].map(str::to_owned);
    let found: Vec<String> = paths(text, &here).iter().map(|path| path.join("::")).collect();
    let wanted = [
        "features::list::icon",
        "features::list::icon::Icon",
        "features::list::rows",
        "features::list::crate_like",
        "features::list::row::inner::Thing",
        "new_id",
        "features::above",
        "a::b::C",
        "features::list::row",
        "d",
        "e::F",
        "features::list::last",
    ];
    assert_eq!(found, wanted);
}
