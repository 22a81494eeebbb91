//! The site's files: scripts, WASM and styles under `/pkg`, and the public files at the root.
//!
//! The build writes `.br` and `.gz` files beside them, so nothing is compressed while somebody waits. A file that is not
//! there is a plain 404, never a page.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, header::CACHE_CONTROL},
    response::{IntoResponse, Response},
};
use tower::{Service, ServiceExt, service_fn};
use tower_http::services::ServeDir;

use super::{Services, no_such_route};

/// What the browser's half consists of. With hashed names a file never changes, so it is kept for good.
pub fn package(services: &Services) -> Router {
    let cache = match services.leptos.hash_files {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let folder = services.site.join(services.leptos.site_pkg_dir.as_ref());
    Router::new().fallback_service(files_in(folder, HeaderValue::from_static(cache)))
}

/// Icons and the like, under names that do not change.
pub fn public(services: &Services) -> Router {
    Router::new().fallback_service(files_in(services.site.clone(), HeaderValue::from_static("public, max-age=3600")))
}

fn files_in(
    folder: std::path::PathBuf,
    cache: HeaderValue,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static {
    let files = ServeDir::new(folder).append_index_html_on_directories(false).precompressed_br().precompressed_gzip();
    service_fn(move |request: Request| {
        let (files, cache) = (files.clone(), cache.clone());
        async move {
            let path = Arc::<str>::from(request.uri().path());
            let Ok(response) = files.oneshot(request).await;
            let status = response.status();
            if matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) || status.is_redirection() {
                if status != StatusCode::NOT_MODIFIED {
                    return Ok(no_such_route(&path));
                }
            }
            let mut response = response.map(Body::new);
            response.headers_mut().insert(CACHE_CONTROL, cache);
            Ok(response.into_response())
        }
    })
}
