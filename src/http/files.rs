//! The site's files: scripts, WASM and styles under `/pkg`, and the public files at the root.
//!
//! The build writes `.br` and `.gz` files beside them, so nothing is compressed while somebody waits. A file that is not
//! there is a plain 404, never a page.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{
        HeaderValue, Method, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::Response,
};
use tower::ServiceExt;
use tower_http::services::ServeDir;

use super::{Services, no_such_route};

/// Answers with the file that the path names, if there is one.
pub async fn file(State(services): State<Arc<Services>>, request: Request) -> Response {
    let path = request.uri().path();
    if !matches!(*request.method(), Method::GET | Method::HEAD) || path.starts_with("/api/") || path.ends_with('/') {
        return no_such_route(&services, request).await;
    }
    let cache = cache_control(&services, path);
    // What the files do not answer is asked again below.
    let mut question = Request::new(Body::empty());
    question.method_mut().clone_from(request.method());
    question.uri_mut().clone_from(request.uri());
    question.headers_mut().clone_from(request.headers());
    let files =
        ServeDir::new(&services.site).append_index_html_on_directories(false).precompressed_br().precompressed_gzip();
    let Ok(response) = files.oneshot(question).await;
    if !is_file(response.status()) {
        return no_such_route(&services, request).await;
    }
    let mut response = response.map(Body::new);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    if headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "text/javascript") {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    }
    response
}

/// With hashed names a file of the package never changes, so it is kept for good. Icons and the like keep their names.
fn cache_control(services: &Services, path: &str) -> &'static str {
    let package = path.strip_prefix('/').and_then(|path| path.strip_prefix(services.leptos.site_pkg_dir.as_ref()));
    match package.is_some_and(|rest| rest.starts_with('/')) {
        true if services.leptos.hash_files => "public, max-age=31536000, immutable",
        true => "no-cache",
        false => "public, max-age=3600",
    }
}

fn is_file(status: StatusCode) -> bool {
    status.is_success() || matches!(status, StatusCode::NOT_MODIFIED | StatusCode::RANGE_NOT_SATISFIABLE)
}
