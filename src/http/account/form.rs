//! Extractors for forms and queries. Forms are read strictly, because browsers only send the fields of the page's own form. Queries are
//! read leniently, because people edit addresses by hand.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::{FromRequest, FromRequestParts, Query, Request},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

use super::answer::ErrorPage;
use crate::http::Services;

/// The fields of a form.
pub struct Form<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<Services>> for Form<T> {
    type Rejection = ErrorPage;

    async fn from_request(request: Request, services: &Arc<Services>) -> Result<Self, ErrorPage> {
        match axum::Form::from_request(request, services).await {
            Ok(axum::Form(fields)) => Ok(Self(fields)),
            Err(rejection) => {
                // The text is, for instance, `Failed to deserialize form body: missing field …`.
                let text = rejection.body_text();
                let text = text.rsplit_once("form body: ").map_or(&*text, |(_, rest)| rest);
                Err(ErrorPage::new(rejection.status(), "This form cannot be read", format!("The error is: {text}.")))
            }
        }
    }
}

/// The parameters of a query; the defaults if the query cannot be read.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequestParts<Arc<Services>> for Asked<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Services>) -> Result<Self, Infallible> {
        Ok(Self(Query::try_from_uri(&parts.uri).map(|Query(asked)| asked).unwrap_or_default()))
    }
}
