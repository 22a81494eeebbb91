//! The state of the installation, and a check of it.

use app::admin::system;
use axum::response::Response;

use super::{answer, reader::Admin};
use crate::http::health;

/// `GET /admin/system`
pub async fn show(admin: Admin) -> Response {
    let system = &admin.services.system;
    let state = system.state(health::condition(&admin.services).await).await;
    answer::page(&admin, system::page(admin.reader(), state, &system.history()))
}

/// `GET /admin/system/checks`: changes nothing, so a link leads to it.
pub async fn check(admin: Admin) -> Response {
    let found = admin.services.system.examine().await;
    answer::page(&admin, system::checks(admin.reader(), found))
}
