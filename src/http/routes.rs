//! Lists of routes: the router and the list of its routes are made from the same lines, so the list is complete.

/// Defines `ROUTES`, the method and the path of each route, and `mounted`, the router with them.
macro_rules! list_of_routes {
    ($($method:ident $path:literal => $handler:path;)*) => {
        /// The method and the path of each route. The router is made from the same list, so the list is complete.
        pub const ROUTES: &[(axum::http::Method, &str)] = &[$((axum::http::Method::$method, $path)),*];

        fn mounted() -> axum::Router<std::sync::Arc<$crate::http::Services>> {
            axum::Router::new()$(.route($path, axum::routing::on(axum::routing::MethodFilter::$method, $handler)))*
        }
    };
}

pub(super) use list_of_routes;
