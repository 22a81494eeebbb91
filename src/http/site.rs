//! The site's static files: script, WASM and style under `/pkg`, and the public files at the root.
//!
//! A release has the files in its executable ([`site::FILES`]). A debug build reads them from a folder, as does a server that was started
//! with one (`--site-root`). The build compresses the files, so no request waits for that. A missing file is a plain 404, never a page.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode, Uri,
        header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY},
    },
    response::{IntoResponse, Response},
};
use site::File;
use tower::ServiceExt;
use tower_http::services::ServeDir;

use super::{Services, no_such_route};

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
            true => Ok(Self { place: Place::Folder(folder.to_owned()), package }),
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
                self.embedded_file(file, headers)
            }
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

    fn embedded_file(&self, file: &'static File, asked: &HeaderMap) -> Response {
        let (encoding, bytes) = match (file.brotli.filter(|_| accepts(asked, "br")), file.gzip) {
            (Some(brotli), _) => (Some("br"), brotli),
            (None, Some(gzip)) if accepts(asked, "gzip") => (Some("gzip"), gzip),
            _ => (None, file.plain),
        };
        let tag =
            format!("\"{}{}{}\"", file.tag, if encoding.is_some() { "-" } else { "" }, encoding.unwrap_or_default());
        let is_known = asked.get_all(IF_NONE_MATCH).iter().any(|known| names(known, &tag));
        let mut response = match is_known {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => Response::new(Body::from(Bytes::from_static(bytes))),
        };
        let headers = response.headers_mut();
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        headers.extend(HeaderValue::try_from(tag).ok().map(|tag| (ETAG, tag)));
        if !is_known {
            let kind = mime_guess::from_path(file.path).first_raw().unwrap_or("application/octet-stream");
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            headers.extend(encoding.map(|encoding| (CONTENT_ENCODING, HeaderValue::from_static(encoding))));
        }
        response
    }
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
    if !matches!(*request.method(), Method::GET | Method::HEAD) || path.starts_with("/api/") || path.ends_with('/') {
        return no_such_route(&services, request).await;
    }
    match services.site.answer(request.method(), request.uri(), request.headers()).await {
        Some(response) => response,
        None => no_such_route(&services, request).await,
    }
}

#[cfg(test)]
mod tests {
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
