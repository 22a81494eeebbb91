//! The site's files (script, WASM, style sheet, icon), embedded into the executable of a release.

/// A file, with the compressed versions that the build made.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// The path below the site's root, with `/` as the separator.
    pub path: &'static str,
    /// A hash of the content: it changes when the content does.
    pub tag: &'static str,
    /// The content, uncompressed.
    pub plain: &'static [u8],
    /// The content compressed with Brotli.
    pub brotli: Option<&'static [u8]>,
    /// The content compressed with gzip.
    pub gzip: Option<&'static [u8]>,
}

/// All files, ordered by path. Empty in a build that does not embed them, and in a build made before the site was built.
pub static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/files.rs"));
