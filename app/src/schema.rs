//! How the types are described in OpenAPI, where that cannot be derived.

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ArrayBuilder, Discriminator, KnownFormat, ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema, SchemaFormat, Type,
        schema::{AdditionalProperties, Object, SchemaType},
    },
};

use crate::{
    id::{ActorId, BoardId, ChecklistId, ChecklistItemId, ColumnId, CommentId, LabelId, MutationId, TabId, TaskId},
    key::BoardKey,
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

/// The position of a task or a column, [`crate::model::Place`].
#[derive(Debug)]
pub struct Place;

values! {
    Place: place();
    ActorId: text(Some(KnownFormat::Uuid));
    BoardId: text(Some(KnownFormat::Uuid));
    BoardKey: key();
    ChecklistId: text(Some(KnownFormat::Uuid));
    ChecklistItemId: text(Some(KnownFormat::Uuid));
    ColumnId: text(Some(KnownFormat::Uuid));
    CommentId: text(Some(KnownFormat::Uuid));
    LabelId: text(Some(KnownFormat::Uuid));
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

fn key() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[A-Z]{2,5}$")).into()
}

fn place() -> RefOr<Schema> {
    let end = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(["first", "last"]))
        .description(Some("Before or after all others."));
    let beside = |name: &str, description: &str| {
        ObjectBuilder::new()
            .property(name, text(Some(KnownFormat::Uuid)))
            .required(name)
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .description(Some(description))
    };
    OneOfBuilder::new()
        .item(end)
        .item(beside("before", "Directly before this one; last, if this one no longer exists."))
        .item(beside("after", "Directly after this one; last, if this one no longer exists."))
        .description(Some("A place among others: `\"first\"`, `\"last\"`, `{\"before\": id}` or `{\"after\": id}`."))
        .into()
}

/// Describes an enum whose variants are told apart by a member, as [`crate::tagged`] reads it. Each variant is an object of its own, with the
/// members that all variants have, so that generated clients have one class a variant.
macro_rules! tagged_schema {
    ($type:ident, $name:literal by $tag:literal with $common:ident { $($variant:ident = $text:literal,)* }) => {
        impl utoipa::ToSchema for $type {
            fn name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
                <$common as utoipa::ToSchema>::schemas(schemas);
                $(
                    <$variant as utoipa::ToSchema>::schemas(schemas);
                    let parts = [<$common as utoipa::PartialSchema>::schema(), <$variant as utoipa::PartialSchema>::schema()];
                    schemas.push((stringify!($variant).to_owned(), $crate::schema::variant($tag, $text, parts)));
                )*
            }
        }

        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::schema::one_of($tag, &[$((stringify!($variant), $text)),*])
            }
        }
    };
}

pub(crate) use tagged_schema;

/// Describes a variant: an object with a tag and the members of all parts, and with the description of the last part.
pub(crate) fn variant(tag: &str, name: &str, parts: [RefOr<Schema>; 2]) -> RefOr<Schema> {
    let tag_schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([name]));
    let mut all = Object::new();
    all.required.push(tag.to_owned());
    all.properties.insert(tag.to_owned(), tag_schema.into());
    parts.into_iter().for_each(|part| merge(part, &mut all));
    all.into()
}

fn merge(part: RefOr<Schema>, into: &mut Object) {
    match part {
        RefOr::T(Schema::Object(object)) => {
            into.properties.extend(object.properties);
            into.required.extend(object.required);
            into.description = object.description.or(into.description.take());
            into.additional_properties = object.additional_properties.or(into.additional_properties.take());
        }
        RefOr::T(Schema::AllOf(all)) => {
            all.items.into_iter().for_each(|item| merge(item, into));
            into.description = all.description.or(into.description.take());
        }
        // The parts are structs, whose schemas are written out.
        _ => debug_assert!(false, "the schema of a struct is not written out"),
    }
}

/// Describes the union of variants, given by the names of their schemas and their tags.
pub(crate) fn one_of(tag: &str, variants: &[(&str, &str)]) -> RefOr<Schema> {
    let location = |name: &str| Ref::from_schema_name(name).ref_location;
    let mapping = variants.iter().map(|(name, text)| ((*text).to_owned(), location(name)));
    let union = OneOfBuilder::new().discriminator(Some(Discriminator::with_mapping(tag, mapping)));
    variants.iter().fold(union, |union, (name, _)| union.item(Ref::from_schema_name(*name))).into()
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
