//! Reading the repository's source, for tests about it.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The Rust files of a folder, and of the folders in it.
pub fn files(source: &str) -> Vec<PathBuf> {
    let (mut folders, mut files) = (vec![root().join(source)], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// The length of the string or character literal at the start of the text, if there is one. A lone quote begins a
/// lifetime.
pub fn quoted(text: &str) -> Option<usize> {
    let raw = text.strip_prefix("br").or_else(|| text.strip_prefix('r'));
    if let Some(raw) = raw {
        let marks = raw.len() - raw.trim_start_matches('#').len();
        if let Some(content) = raw[marks..].strip_prefix('"') {
            let end = format!("\"{}", "#".repeat(marks));
            return Some(text.len() - content.len() + content.find(&end)? + end.len());
        }
    }
    let quote = text.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
    let mut signs = text.char_indices().skip(1);
    if quote == '\'' {
        let (_, first) = signs.next()?;
        if first == '\\' {
            signs.next();
        } else {
            return signs.next().filter(|(_, end)| *end == '\'').map(|(at, _)| at + 1);
        }
    }
    while let Some((at, sign)) = signs.next() {
        match sign {
            '\\' => drop(signs.next()),
            sign if sign == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}
