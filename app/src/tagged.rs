//! Reads enums whose variants are told apart by a member of their JSON object.
//!
//! For `#[serde(tag = "…")]` and `#[serde(flatten)]`, serde first copies the object into a buffer of its own, and reads the fields from
//! that buffer. So the compiler produces the reading code of each type twice. Here, the text of the object is read twice instead: once for
//! the tag, and once for the variant. This makes the WASM smaller, and does not allocate a tree for each message.
//!
//! Only JSON can be read this way: from a text, from bytes, or from a [`serde_json::Value`].

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, EnumAccess, Error as _, IgnoredAny, IntoDeserializer, MapAccess, VariantAccess, Visitor,
        value::StringDeserializer,
    },
};
use serde_json::{Error, value::RawValue};

/// Defines an enum that is written as `#[serde(tag = …, rename_all = "snake_case")]` writes it, and read without serde's buffer. If it has
/// a variant `Unknown`, every tag without a variant is read as that.
///
/// The second text is the enum's name again, which serde needs to read values of a type from outside.
macro_rules! tagged {
    ($(#[$attribute:meta])* $visibility:vis enum $name:ident = $path:tt by $tag:tt { $($variants:tt)* }) => {
        $(#[$attribute])*
        #[derive(serde::Serialize)]
        #[serde(tag = $tag, rename_all = "snake_case")]
        $visibility enum $name { $($variants)* }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[derive(serde::Deserialize)]
                #[serde(remote = $path, rename_all = "snake_case")]
                enum Remote { $($variants)* }

                $crate::tagged::Object::read(deserializer)?.parse_enum($tag, |variant| Remote::deserialize(variant))
            }
        }
    };
}

pub(crate) use tagged;

/// The text of a JSON object.
pub(crate) struct Object(Box<RawValue>);

impl Object {
    pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(Self)
    }

    /// Reads a struct. Members that it does not have are ignored.
    pub fn parse<T: for<'a> Deserialize<'a>, E: serde::de::Error>(&self) -> Result<T, E> {
        self.parse_with(|deserializer| T::deserialize(deserializer))
    }

    /// Reads what a function reads from the object.
    pub fn parse_with<'de, T, E: serde::de::Error>(
        &'de self,
        read: impl FnOnce(&mut serde_json::Deserializer<serde_json::de::StrRead<'de>>) -> Result<T, Error>,
    ) -> Result<T, E> {
        read(&mut serde_json::Deserializer::from_str(self.0.get())).map_err(E::custom)
    }

    /// Reads an enum whose variant is named by the member `tag`.
    pub fn parse_enum<'de, T, E: serde::de::Error>(
        &'de self,
        tag: &'static str,
        read: impl FnOnce(Variant<'de>) -> Result<T, Error>,
    ) -> Result<T, E> {
        let name = self.parse_with(|deserializer| deserializer.deserialize_map(FindText(tag)))?;
        read(Variant { name, object: self }).map_err(E::custom)
    }
}

/// Finds the text of one member of an object.
struct FindText(&'static str);

impl<'de> Visitor<'de> for FindText {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with `{}`", self.0)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<String, M::Error> {
        let mut found = None;
        while let Some(name) = map.next_key::<String>()? {
            if name != self.0 {
                map.next_value::<IgnoredAny>()?;
            } else if found.replace(map.next_value()?).is_some() {
                return Err(M::Error::duplicate_field(self.0));
            }
        }
        found.ok_or_else(|| M::Error::missing_field(self.0))
    }
}

/// A variant of an enum: its name, and the object with its fields.
pub(crate) struct Variant<'de> {
    name: String,
    object: &'de Object,
}

impl<'de> Deserializer<'de> for Variant<'de> {
    type Error = Error;

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        const UNKNOWN: &str = "unknown";
        if variants.contains(&UNKNOWN) && !variants.contains(&&*self.name) {
            self.name = UNKNOWN.to_owned();
        }
        visitor.visit_enum(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_enum(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Error;
    type Variant = &'de Object;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, &'de Object), Error> {
        let name: StringDeserializer<Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self.object))
    }
}

impl<'de> VariantAccess<'de> for &'de Object {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        self.parse_with(|deserializer| seed.deserialize(deserializer))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("an object is no tuple"))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.parse_with(|deserializer| deserializer.deserialize_struct("", fields, visitor))
    }
}
