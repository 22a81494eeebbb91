//! The site's files (script, WASM, style, icon), as a release carries them in its executable.

/// A file, and what the build compressed it to.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Below the site's root, with `/` between.
    pub path: &'static str,
    /// Another for each content that it had.
    pub tag: &'static str,
    /// As it is.
    pub plain: &'static [u8],
    /// Compressed with Brotli.
    pub brotli: Option<&'static [u8]>,
    /// Compressed with gzip.
    pub gzip: Option<&'static [u8]>,
}

/// All of them, ordered by path. None in a build that is not to carry them, and in one made before the site was.
pub static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/files.rs"));
