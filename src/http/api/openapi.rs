//! The OpenAPI document.
//!
//! The handlers describe what they take and what they answer on success. Which errors an operation can answer follows from what it takes,
//! so that is written here, once. The errors themselves come from the catalogue ([`Code`]).

use std::collections::BTreeSet;

use axum::http::StatusCode;
use utoipa::{
    OpenApi, PartialSchema, ToSchema,
    openapi::{
        self, Components, ContentBuilder, Header, InfoBuilder, PathItem, Ref, RefOr, Response, ResponseBuilder, Schema,
        SecurityRequirement, ServerBuilder,
        header::HeaderBuilder,
        path::{Operation, Parameter, ParameterIn},
        schema::{SchemaType, Type},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::http::{
    API_ROOT,
    problem::{Code, Conflict, FieldError, ProblemBody},
};

/// The name of the schema of the numbers of changes.
const SEQUENCE_NUMBER: &str = "SequenceNumber";

/// The name of the security scheme for tokens.
const TOKEN: &str = "token";

/// The form of `If-Match`: entity tags of this server, or `*`.
const ENTITY_TAGS: &str = r#"^(\*|(W/)?"[0-9]{1,15}"(, ?(W/)?"[0-9]{1,15}")*)$"#;

/// The parameters that many operations have, for those that do not describe them.
const PARAMETERS: [(&str, &str); 21] = [
    ("board", "The id of the board."),
    ("checklist", "The id of the checklist."),
    ("column", "The id of the column."),
    ("comment", "The id of the comment."),
    ("group", "The id of the group."),
    ("invitation", "The id of the invitation."),
    ("item", "The id of the item."),
    ("label", "The id of the label."),
    ("link", "The id of the share link."),
    ("person", "The id of the person."),
    ("reaction", "The reaction."),
    ("ref", "The name of the task: the key of its board and its number."),
    ("session", "The id of the session."),
    ("task", "The id of the task."),
    ("token", "The id of the token."),
    ("cursor", "Where to continue: the `next` of an earlier response to the same query."),
    (
        "fields",
        "Only these fields of each thing, separated by commas, such as `id,name`. The response has no others, whatever its schema requires.",
    ),
    (
        "order",
        "What to sort by; with `-` before it, in reverse. What has no value there comes last, or first in reverse. Equals are in the order of their ids.",
    ),
    ("If-Match", "The `ETag` of the state that the change starts from."),
    ("If-None-Match", "The `ETag` of the state that the client has. If that is the newest one, the status is 304."),
    ("Idempotency-Key", "Makes the request safe to repeat."),
];

#[derive(OpenApi)]
#[openapi(
    info(description = "Boards, columns and tasks of Taskwire. Whatever is changed here, every open page shows at once.\n\n\
        **Access.** Send a token: `Authorization: Bearer taskwire_…`. Without a token the status is 401. It is 403 for what \
        you may not do, and 404 for what you may not know of.\n\n\
        **Errors** are problem details (RFC 9457). `code` identifies the kind of error, for programs; `errors` names the fields \
        that are wrong.\n\n\
        **Idempotency.** A writing request may carry an `Idempotency-Key`, a UUID. The same request with the same key is \
        done once, however often it is sent, and each copy gets the first answer; a change that was refused stays refused. Keys \
        are remembered for 90 days. After that a key of version 7, which contains its time, is refused (`key_expired`); a key of \
        another version counts as new.\n\n\
        **Concurrency.** `ETag` is the number of the newest change. A `PATCH` of a task with `If-Match` is refused only \
        if somebody else changed the same text meanwhile; the problem then carries their text.\n\n\
        **Limits.** Each response has the headers `RateLimit-Policy` and `RateLimit`; beyond the limit the status is 429 (`rate_limited`), and \
        `Retry-After` says when to try again."),
    components(schemas(ProblemBody, FieldError, Conflict)),
    tags(
        (name = "boards", description = "Boards and what happened on them"),
        (name = "columns", description = "The columns of a board; a task is completed when its column is `done`"),
        (name = "labels", description = "The labels of a board, which tasks have"),
        (name = "tasks", description = "Tasks, the trash included"),
        (name = "checklists", description = "The checklists of a task, and their items"),
        (name = "comments", description = "Comments on tasks"),
        (name = "access", description = "Who has access to a board"),
        (name = "people", description = "People, invitations and tokens"),
        (name = "groups", description = "Groups of people that are put on boards"),
        (name = "system", description = "The state of the installation"),
    )
)]
pub struct Description;

/// Completes the description of the routes.
pub fn complete(mut document: openapi::OpenApi) -> openapi::OpenApi {
    document.info = InfoBuilder::from(document.info)
        .title("Taskwire")
        .version(env!("CARGO_PKG_VERSION"))
        .license(None)
        .contact(None)
        .build();
    document.servers = Some(vec![ServerBuilder::new().url(API_ROOT).build()]);
    // Without credentials, a server without accounts answers, and for pages their session counts.
    document.security = Some(vec![SecurityRequirement::new(TOKEN, [""; 0]), SecurityRequirement::default()]);

    let components = document.components.get_or_insert_default();
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token that a person created on their account page, or `taskwire token create`."))
        .build();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(token));
    let mut failures = BTreeSet::new();
    for (path, item) in &mut document.paths.paths {
        for (is_write, operation) in operations(item) {
            for parameter in operation.parameters.iter_mut().flatten() {
                if let RefOr::T(parameter) = parameter {
                    without_null(parameter);
                    if parameter.name == "If-Match"
                        && let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema
                    {
                        schema.pattern = Some(ENTITY_TAGS.to_owned());
                    }
                    let known = PARAMETERS.iter().find(|(name, _)| *name == parameter.name);
                    let description = known.map(|(_, description)| (*description).to_owned());
                    parameter.description =
                        parameter.description.take().filter(|text| !text.is_empty()).or(description);
                }
            }
            let statuses = failures_of(path, is_write, operation);
            for status in &statuses {
                let reference = RefOr::Ref(Ref::from_response_name(name(*status)));
                operation.responses.responses.insert(status.as_str().to_owned(), reference);
            }
            failures.extend(statuses);
            for response in operation.responses.responses.values_mut() {
                if let RefOr::T(response) = response {
                    describe(response, components);
                }
            }
        }
    }
    components.responses.extend(failures.into_iter().map(|status| (name(status), RefOr::T(failure(status)))));
    rename(document, "u64", SEQUENCE_NUMBER)
}

/// Renames a schema, and the references to it. utoipa names the schema of a type alias after the type that it stands for.
fn rename(mut document: openapi::OpenApi, from: &str, to: &str) -> openapi::OpenApi {
    let components = document.components.get_or_insert_default();
    if let Some(schema) = components.schemas.remove(from) {
        components.schemas.insert(to.to_owned(), schema);
    }
    let reference = |name: &str| Ref::from_schema_name(name).ref_location;
    let json = serde_json::to_string(&document)
        .map(|json| json.replace(&format!("\"{}\"", reference(from)), &format!("\"{}\"", reference(to))));
    json.and_then(|json| serde_json::from_str(&json)).unwrap_or(document)
}

/// The operations of a path, and whether each writes.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let PathItem { get, put, post, patch, delete, .. } = item;
    let writes = [put, post, patch, delete].into_iter().flatten().map(|operation| (true, operation));
    get.iter_mut().map(|operation| (false, operation)).chain(writes)
}

/// The errors that an operation can answer.
fn failures_of(path: &str, is_write: bool, operation: &Operation) -> BTreeSet<StatusCode> {
    let parameters = || {
        operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        })
    };
    let has_body = operation.request_body.is_some();
    let mut statuses = BTreeSet::from([
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::MISDIRECTED_REQUEST,
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::SERVICE_UNAVAILABLE,
    ]);
    let mut add = |condition: bool, status: &[StatusCode]| {
        if condition {
            statuses.extend(status);
        }
    };
    add(has_body || parameters().next().is_some(), &[StatusCode::BAD_REQUEST]);
    add(path.contains('{'), &[StatusCode::NOT_FOUND]);
    add(is_write, &[StatusCode::CONFLICT, StatusCode::REQUEST_TIMEOUT, StatusCode::PAYLOAD_TOO_LARGE]);
    add(has_body, &[StatusCode::UNSUPPORTED_MEDIA_TYPE]);
    add(
        has_body || parameters().any(|parameter| parameter.name == "Idempotency-Key"),
        &[StatusCode::UNPROCESSABLE_ENTITY],
    );
    add(parameters().any(|parameter| parameter.name == "If-Match"), &[StatusCode::PRECONDITION_FAILED]);
    add(parameters().any(|parameter| parameter.name == "since"), &[StatusCode::GONE]);
    statuses
}

/// The response with a status, which names all codes of the status.
fn failure(status: StatusCode) -> Response {
    let codes = Code::ALL.iter().filter(|code| code.status() == status);
    let codes = codes.map(|code| format!("- `{}`: {}", code.as_str(), code.meaning())).collect::<Vec<_>>();
    let has_retry_after = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&status);
    let response = match has_retry_after {
        true => ResponseBuilder::new().header("Retry-After", seconds()),
        false => ResponseBuilder::new(),
    };
    response
        .description(codes.join("\n"))
        .content(
            "application/problem+json",
            ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemBody::name()))).build(),
        )
        .build()
}

fn seconds() -> Header {
    let schema = openapi::ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).build();
    HeaderBuilder::new().schema(Some(schema)).description(Some("After how many seconds to try again.")).build()
}

/// The name of the response with a status: `NotFound`.
fn name(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or("Error").split(' ').collect()
}

/// Gives a response without a description that of its body.
fn describe(response: &mut Response, components: &Components) {
    if !response.description.is_empty() {
        return;
    }
    let body = response.content.values().find_map(|content| match content {
        RefOr::T(content) => match content.schema.as_ref()? {
            RefOr::Ref(reference) => reference.ref_location.rsplit('/').next(),
            RefOr::T(_) => None,
        },
        RefOr::Ref(_) => None,
    });
    if let Some(RefOr::T(Schema::Object(schema))) = body.and_then(|body| components.schemas.get(body)) {
        response.description = schema.description.clone().unwrap_or_default();
    }
}

/// A parameter that may be absent cannot be `null`.
fn without_null(parameter: &mut Parameter) {
    if parameter.parameter_in != ParameterIn::Path
        && let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema
        && let SchemaType::Array(types) = &schema.schema_type
        && let Some(only) = types.iter().find(|kind| **kind != Type::Null)
    {
        schema.schema_type = SchemaType::Type(only.clone());
    }
}

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        let codes = Self::ALL.iter().map(|code| code.as_str());
        openapi::ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes)).into()
    }
}

impl ToSchema for Code {
    fn name() -> std::borrow::Cow<'static, str> {
        "ErrorCode".into()
    }
}
