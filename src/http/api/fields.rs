//! Sparse fieldsets: the parameter `fields` names the fields that each thing in a response has.

use axum::{http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{
    IntoParams, PartialSchema,
    openapi::{RefOr, Schema},
};

use super::json;
use crate::http::problem::Problem;

/// The parameters of the query, where there are no others.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Only {
    pub fields: Option<String>,
}

/// The fields that a response has of each thing; `None` for all.
pub struct Fields(Option<Vec<String>>);

impl Fields {
    /// Reads the parameter `fields`, for things of a type.
    pub fn of<T: PartialSchema>(text: Option<&str>) -> Result<Self, Problem> {
        let Some(text) = text else { return Ok(Self(None)) };
        let RefOr::T(Schema::Object(schema)) = T::schema() else { return Ok(Self(None)) };
        let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
        if let Some(wrong) = names.iter().find(|name| !schema.properties.contains_key(*name)) {
            let known: Vec<&str> = schema.properties.keys().map(String::as_str).collect();
            let message = format!("there is no field `{wrong}`; expected some of {}", known.join(", "));
            return Err(Problem::parameter("fields", message));
        }
        Ok(Self(Some(names)))
    }

    /// The response with one thing.
    pub fn one(&self, thing: &impl Serialize) -> Response {
        self.answer(thing, keep)
    }

    /// The response with a list of things, which has this name in it.
    pub fn list(&self, name: &str, things: &impl Serialize) -> Response {
        self.answer(things, |names, things| {
            things[name].as_array_mut().into_iter().flatten().for_each(|thing| keep(names, thing));
        })
    }

    fn answer(&self, whole: &impl Serialize, keep: impl Fn(&[String], &mut Value)) -> Response {
        match (&self.0, serde_json::to_value(whole)) {
            (Some(names), Ok(mut part)) => {
                keep(names, &mut part);
                json(StatusCode::OK, &part)
            }
            _ => json(StatusCode::OK, whole),
        }
    }
}

fn keep(names: &[String], thing: &mut Value) {
    if let Some(fields) = thing.as_object_mut() {
        fields.retain(|name, _| names.contains(name));
    }
}
