//! Embeds the files of `target/site` into releases, and into other builds that should be a single file (`TASKWIRE_EMBED_SITE=1`). All
//! other builds read the files from the folder, so that a change of a file compiles nothing.

use std::{
    env,
    fmt::Write as _,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{MAIN_SEPARATOR, Path, PathBuf},
};

fn main() {
    let folder = Path::new("../target/site");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=TASKWIRE_EMBED_SITE");
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let is_wanted = env::var("TASKWIRE_EMBED_SITE").is_ok_and(|value| value == "1");
    let mut files = Vec::new();
    if is_release || is_wanted {
        // Cargo watches the whole folder, even while it does not exist yet.
        println!("cargo::rerun-if-changed={}", folder.display());
        if folder.is_dir() {
            find(folder, &mut files);
        }
    }
    files.sort();
    let mut list = String::from("&[");
    for path in files.iter().filter(|path| !is_encoded(path)) {
        // The path as browsers request it: with `/`, on Windows too.
        let name = path.strip_prefix(folder).unwrap_or(path).display().to_string().replace(MAIN_SEPARATOR, "/");
        let encoded = ["br", "gz"].map(|encoding| {
            let encoded = PathBuf::from(format!("{}.{encoding}", path.display()));
            if encoded.is_file() { format!("Some({})", include(&encoded)) } else { "None".to_owned() }
        });
        let [brotli, gzip] = encoded;
        let plain = include(path);
        let tag = tag(path);
        // Writing to a string cannot fail.
        let _ =
            write!(list, "File {{ path: {name:?}, tag: {tag:?}, plain: {plain}, brotli: {brotli}, gzip: {gzip} }},");
    }
    list.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("files.rs");
    if let Err(error) = fs::write(&out, list) {
        panic!("{}: {error}", out.display());
    }
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() { find(&path, files) } else { files.push(path) }
    }
}

/// A hash of the content, which identifies this version of the file.
fn tag(path: &Path) -> String {
    let content = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn is_encoded(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "br" || extension == "gz")
}

fn include(path: &Path) -> String {
    let path = fs::canonicalize(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    format!("include_bytes!({:?})", path.display().to_string())
}
