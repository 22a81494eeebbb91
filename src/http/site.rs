//! The site's static files: script, WASM and style under `/pkg`, and the public files at the root.
//!
//! A release has the files in its executable ([`site::FILES`]). A debug build reads them from a folder, as does a server that was started
//! with one (`--site-root`). The build compresses the files, so no request waits for that. A missing file is a plain 404, never a page.

use std::{
    fs, io,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    body::{Body, Bytes},
    extract::{OriginalUri, Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode, Uri,
        header::{
            ACCEPT_ENCODING, ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, ETAG,
            IF_NONE_MATCH, IF_RANGE, RANGE, VARY,
        },
    },
    response::{IntoResponse, Response},
};
use percent_encoding::percent_decode_str;
use site::File;
use tower::ServiceExt;
use tower_http::services::ServeDir;

use super::{Services, method_not_allowed, no_such_route};

/// The folder of the script, the WASM and the style. A build puts them into a subfolder whose name depends on their content.
const PACKAGE: &str = "pkg";

/// The script that every build has.
const SCRIPT: &str = "taskwire.js";

/// Where the files are, and the folder of this build's package.
#[derive(Clone, Debug)]
pub struct Site {
    place: Place,
    package: String,
}

#[derive(Clone, Debug)]
enum Place {
    Executable,
    Folder(PathBuf),
    Nowhere,
}

impl Site {
    /// The files in the executable; `None` if it is not a release.
    pub fn embedded() -> Option<Self> {
        let package = site::FILES.iter().find_map(|file| {
            let (folder, _) = file.path.rsplit_once('/')?;
            folder.starts_with(PACKAGE).then(|| folder.to_owned())
        })?;
        Some(Self { place: Place::Executable, package })
    }

    /// The files in a folder: one build, or the package's files without a build's subfolder, as cargo-leptos leaves them.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read, or does not hold exactly one build.
    pub fn in_folder(folder: &Path) -> io::Result<Self> {
        let mut builds = Vec::new();
        for entry in fs::read_dir(folder.join(PACKAGE))? {
            let entry = entry?;
            if entry.file_type()?.is_dir() && !entry.file_name().to_string_lossy().ends_with(".new") {
                builds.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        let package = match builds.as_slice() {
            [build] => format!("{PACKAGE}/{build}"),
            [] => PACKAGE.to_owned(),
            _ => return Err(io::Error::other(format!("{} builds are in {PACKAGE}", builds.len()))),
        };
        let script = format!("{package}/{SCRIPT}");
        match folder.join(&script).is_file() {
            true => Ok(Self { place: Place::Folder(fs::canonicalize(folder)?), package }),
            false => Err(io::Error::other(format!("there is no {script}"))),
        }
    }

    /// No files: pages are HTML without script and style.
    pub fn none() -> Self {
        Self { place: Place::Nowhere, package: PACKAGE.to_owned() }
    }

    /// Whether there are no files.
    pub fn is_none(&self) -> bool {
        matches!(self.place, Place::Nowhere)
    }

    /// The folder of the script, the WASM and the style, below the site's root.
    pub fn package(&self) -> &str {
        &self.package
    }

    /// The name of the build: a different one for each content, if the build names it so.
    pub fn build(&self) -> &str {
        self.package.rsplit('/').next().unwrap_or_default()
    }

    /// The addresses of files of the package; `None` if one of them is not there.
    pub fn paths<const N: usize>(&self, names: [&str; N]) -> Option<[String; N]> {
        let paths = names.map(|name| format!("{}/{name}", self.package));
        let is_there = |path: &String| match &self.place {
            Place::Executable => site::FILES.iter().any(|file| file.path == path),
            Place::Folder(folder) => folder.join(path).is_file(),
            Place::Nowhere => false,
        };
        paths.iter().all(is_there).then(|| paths.map(|path| format!("/{path}")))
    }

    /// The `Cache-Control` of a file. A build's folder never changes, so browsers may keep its files for good. Icons and the like keep
    /// their names when they change.
    fn cache_control(&self, path: &str) -> &'static str {
        let package = path.strip_prefix('/').and_then(|path| path.strip_prefix(&*self.package));
        match package.is_some_and(|rest| rest.starts_with('/')) {
            true if self.package != PACKAGE => "public, max-age=31536000, immutable",
            true => "no-cache",
            false => "public, max-age=3600",
        }
    }

    async fn answer(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Response> {
        let path = uri.path();
        let mut response = match &self.place {
            Place::Executable => {
                let file = site::FILES.iter().find(|file| path.strip_prefix('/') == Some(file.path))?;
                embedded_file(file, method, headers)
            }
            Place::Folder(folder) if !is_inside(folder, path).await => return None,
            Place::Folder(folder) => {
                let mut question = Request::new(Body::empty());
                question.method_mut().clone_from(method);
                question.uri_mut().clone_from(uri);
                question.headers_mut().clone_from(headers);
                let files = ServeDir::new(folder).append_index_html_on_directories(false);
                let Ok(response) = files.precompressed_br().precompressed_gzip().oneshot(question).await;
                response.map(Body::new)
            }
            Place::Nowhere => return None,
        };
        let is_file = response.status().is_success()
            || matches!(response.status(), StatusCode::NOT_MODIFIED | StatusCode::RANGE_NOT_SATISFIABLE);
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(self.cache_control(path)));
        if headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "text/javascript") {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
        }
        is_file.then_some(response)
    }

    /// Whether there is a file at the path.
    async fn has(&self, path: &str) -> bool {
        let uri = Uri::try_from(path).unwrap_or_default();
        self.answer(&Method::HEAD, &uri, &HeaderMap::new()).await.is_some()
    }
}

/// Whether the file at a path, and its compressed versions, are inside a folder. Links may lead out of it.
async fn is_inside(folder: &Path, path: &str) -> bool {
    let Ok(path) = percent_decode_str(path.trim_start_matches('/')).decode_utf8() else { return false };
    for encoding in ["", ".br", ".gz"] {
        let file = folder.join(format!("{path}{encoding}"));
        // A file that does not exist leads nowhere.
        if tokio::fs::canonicalize(file).await.is_ok_and(|file| !file.starts_with(folder)) {
            return false;
        }
    }
    true
}

fn embedded_file(file: &'static File, method: &Method, asked: &HeaderMap) -> Response {
    let (encoding, bytes) = match (file.brotli.filter(|_| accepts(asked, "br")), file.gzip) {
        (Some(brotli), _) => (Some("br"), brotli),
        (None, Some(gzip)) if accepts(asked, "gzip") => (Some("gzip"), gzip),
        _ => (None, file.plain),
    };
    let tag = format!("\"{}{}{}\"", file.tag, if encoding.is_some() { "-" } else { "" }, encoding.unwrap_or_default());
    let is_known = asked.get_all(IF_NONE_MATCH).iter().any(|known| names(known, &tag));
    let wanted = if *method == Method::GET { wanted(asked, &tag, bytes.len()) } else { Wanted::All };
    let mut response = match &wanted {
        _ if is_known => StatusCode::NOT_MODIFIED.into_response(),
        Wanted::All => Response::new(Body::from(Bytes::from_static(bytes))),
        Wanted::Part(part) => {
            let content = format!("bytes {}-{}/{}", part.start, part.end - 1, bytes.len());
            let part = Body::from(Bytes::from_static(&bytes[part.clone()]));
            (StatusCode::PARTIAL_CONTENT, [(CONTENT_RANGE, content)], part).into_response()
        }
        Wanted::Outside => {
            let content = format!("bytes */{}", bytes.len());
            return (StatusCode::RANGE_NOT_SATISFIABLE, [(CONTENT_RANGE, content)]).into_response();
        }
    };
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    headers.extend(HeaderValue::try_from(tag).ok().map(|tag| (ETAG, tag)));
    if !is_known {
        let kind = mime_guess::from_path(file.path).first_raw().unwrap_or("application/octet-stream");
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.extend(encoding.map(|encoding| (CONTENT_ENCODING, HeaderValue::from_static(encoding))));
    }
    response
}

/// What a request wants of a file.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// All of it.
    All,
    /// These bytes.
    Part(Range<usize>),
    /// Bytes after its end.
    Outside,
}

/// Reads `Range` (RFC 9110, section 14.2). All of the file answers a range that is malformed, several ranges, and a range of another
/// version of the file (`If-Range`).
fn wanted(asked: &HeaderMap, tag: &str, length: usize) -> Wanted {
    if asked.get(IF_RANGE).is_some_and(|version| version != tag) {
        return Wanted::All;
    }
    let range = asked.get(RANGE).and_then(|range| range.to_str().ok()?.strip_prefix("bytes=")?.trim().split_once('-'));
    let number = |digits: &str| match digits.bytes().all(|digit| digit.is_ascii_digit()) {
        true => digits.parse::<usize>().ok(),
        false => None,
    };
    let (first, end) = match range {
        Some(("", last)) => match number(last) {
            Some(last) => (length.saturating_sub(last), length),
            None => return Wanted::All,
        },
        Some((first, last)) => match (number(first), number(last)) {
            (Some(first), None) if last.is_empty() => (first, length),
            (Some(first), Some(last)) if first <= last => (first, last.saturating_add(1).min(length)),
            _ => return Wanted::All,
        },
        None => return Wanted::All,
    };
    if first < end { Wanted::Part(first..end) } else { Wanted::Outside }
}

/// Whether `If-None-Match` names a tag, possibly in a list or as a weak tag (RFC 9110, section 13.1.2).
fn names(known: &HeaderValue, tag: &str) -> bool {
    let known = known.to_str().unwrap_or_default();
    known.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag)
}

/// Whether `Accept-Encoding` names an encoding, with a weight other than zero (RFC 9110, section 12.5.3).
fn accepts(asked: &HeaderMap, encoding: &str) -> bool {
    let named = asked
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    named.map(|one| one.split_once(';').unwrap_or((one, ""))).any(|(name, weight)| {
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case(encoding) && weight != Some(0.0)
    })
}

/// Answers with the file at the path, if there is one.
pub async fn file(State(services): State<Arc<Services>>, request: Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") || path.ends_with('/') {
        return no_such_route(&services, request).await;
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        if !services.site.has(path).await {
            return no_such_route(&services, request).await;
        }
        let (method, uri) = (request.method().clone(), OriginalUri(request.uri().clone()));
        return ([(ALLOW, "GET,HEAD")], method_not_allowed(method, uri).await).into_response();
    }
    match services.site.answer(request.method(), request.uri(), request.headers()).await {
        Some(response) => response,
        None => no_such_route(&services, request).await,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    #[test]
    fn a_tag_is_known_in_a_list_and_as_weak() {
        for known in ["\"a-br\"", "W/\"a-br\"", "\"b\", \"a-br\"", "*"] {
            assert!(names(&HeaderValue::from_static(known), "\"a-br\""), "{known}");
        }
        for other in ["\"a\"", "a-br", "\"a-gzip\"", ""] {
            assert!(!names(&HeaderValue::from_static(other), "\"a-br\""), "{other}");
        }
    }

    #[test]
    fn a_range_is_read_or_ignored() {
        let of_ten = |range: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(RANGE, HeaderValue::from_static(range));
            wanted(&headers, "\"a\"", 10)
        };
        for (range, part) in [("bytes=0-0", 0..1), ("bytes=2-5", 2..6), ("bytes=4-", 4..10), ("bytes=-3", 7..10)] {
            assert_eq!(of_ten(range), Wanted::Part(part), "{range}");
        }
        for (range, part) in [("bytes=5-99", 5..10), ("bytes=-99", 0..10), ("bytes=0-18446744073709551615", 0..10)] {
            assert_eq!(of_ten(range), Wanted::Part(part), "{range}");
        }
        for outside in ["bytes=10-", "bytes=10-11", "bytes=-0"] {
            assert_eq!(of_ten(outside), Wanted::Outside, "{outside}");
        }
        for ignored in ["bytes=5-2", "bytes=-", "bytes=0-1,4-5", "lines=0-1", "bytes=+1-2", "bytes=a-b", ""] {
            assert_eq!(of_ten(ignored), Wanted::All, "{ignored}");
        }
    }

    #[test]
    fn a_part_of_an_embedded_file_says_which_part_it_is() {
        static FILE: File =
            File { path: "a.js", tag: "t", plain: b"0123456789", brotli: Some(b"compressed"), gzip: None };
        let ask = |method: Method, headers: &[(HeaderName, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
            embedded_file(&FILE, &method, &headers.collect())
        };
        let part = ask(Method::GET, &[(RANGE, "bytes=2-5")]);
        assert_eq!(
            (part.status(), &part.headers()[CONTENT_RANGE]),
            (StatusCode::PARTIAL_CONTENT, &"bytes 2-5/10".parse().unwrap())
        );
        assert_eq!(part.headers()[ETAG], "\"t\"");
        let encoded = ask(Method::GET, &[(RANGE, "bytes=-1"), (ACCEPT_ENCODING, "br"), (IF_RANGE, "\"t-br\"")]);
        assert_eq!(encoded.headers()[CONTENT_ENCODING], "br");
        assert_eq!(encoded.headers()[CONTENT_RANGE], "bytes 9-9/10");
        let other_version = ask(Method::GET, &[(RANGE, "bytes=0-1"), (IF_RANGE, "\"s\"")]);
        assert_eq!(
            (other_version.status(), &other_version.headers()[ACCEPT_RANGES]),
            (StatusCode::OK, &"bytes".parse().unwrap())
        );
        let outside = ask(Method::GET, &[(RANGE, "bytes=10-")]);
        assert_eq!(outside.status(), StatusCode::RANGE_NOT_SATISFIABLE);
        assert_eq!(outside.headers()[CONTENT_RANGE], "bytes */10");
        assert_eq!(ask(Method::HEAD, &[(RANGE, "bytes=0-1")]).status(), StatusCode::OK);
        let known = ask(Method::GET, &[(RANGE, "bytes=0-1"), (IF_NONE_MATCH, "\"t\"")]);
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn an_encoding_is_sent_to_those_who_name_it() {
        let asks = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
            headers
        };
        assert!(accepts(&asks("gzip, deflate, br"), "br"));
        assert!(accepts(&asks("gzip;q=0.5, BR;q=1.0"), "br"));
        assert!(!accepts(&asks("gzip, br;q=0"), "br"));
        assert!(!accepts(&asks("gzip"), "br"));
        assert!(!accepts(&HeaderMap::new(), "br"));
    }
}
