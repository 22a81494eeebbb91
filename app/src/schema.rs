//! How the types are described in OpenAPI, where that cannot be derived.

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ArrayBuilder, KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type, schema::SchemaType},
};

use crate::{
    id::{ActorId, BoardId, ColumnId, MutationId, TabId, TaskId},
    model::Priority,
    rank::Rank,
    time::{Day, Timestamp},
};

macro_rules! values {
    ($($name:ident: $schema:expr;)*) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $schema
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )*};
}

values! {
    ActorId: text(Some(KnownFormat::Uuid));
    BoardId: text(Some(KnownFormat::Uuid));
    ColumnId: text(Some(KnownFormat::Uuid));
    MutationId: text(Some(KnownFormat::Uuid));
    TabId: text(Some(KnownFormat::Uuid));
    TaskId: text(Some(KnownFormat::Uuid));
    Rank: text(None);
    Timestamp: text(Some(KnownFormat::DateTime));
    Day: text(Some(KnownFormat::Date));
}

fn text(format: Option<KnownFormat>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).format(format.map(SchemaFormat::KnownFormat)).into()
}

/// A patch of a task whose edits have these names.
pub(crate) fn patch(names: &[&str]) -> RefOr<Schema> {
    let object = names.iter().fold(ObjectBuilder::new(), |object, name| {
        let edit: RefOr<Schema> = match *name {
            "title" | "description" => text(None),
            "priority" => Priority::schema(),
            "start" | "due" => ObjectBuilder::new()
                .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
                .into(),
            _ => ArrayBuilder::new().items(text(Some(KnownFormat::Uuid))).into(),
        };
        object.property(*name, edit)
    });
    object.into()
}
