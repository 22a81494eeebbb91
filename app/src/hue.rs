//! The hues that labels and boards have, and the macro by which they and the other values of labels are defined.

use serde::{Deserialize, Serialize};

/// Defines an enum whose values have names that are stored and sent.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Every value, in the order in which they are offered.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name that is stored and sent.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// Parses the name that is stored and sent.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == name)
            }

            /// Whether this is the default.
            pub fn is_default(&self) -> bool {
                *self == Self::default()
            }
        }
    };
}

pub(crate) use named;

named! {
    /// The hue of a label or a board.
    Hue {
        /// Red.
        Red = "red",
        /// Orange.
        Orange = "orange",
        /// Amber.
        Amber = "amber",
        /// Lime.
        Lime = "lime",
        /// Green.
        Green = "green",
        /// Teal.
        Teal = "teal",
        /// Cyan.
        Cyan = "cyan",
        /// Blue.
        #[default]
        Blue = "blue",
        /// Indigo.
        Indigo = "indigo",
        /// Purple.
        Purple = "purple",
        /// Pink.
        Pink = "pink",
        /// Grey.
        Grey = "grey",
    }
}
