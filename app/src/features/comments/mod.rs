//! Comments on a task: the list in its panel, the field for a new one, and their number on the card.

mod comment;
mod composer;
mod loader;
mod mark;
mod section;

pub use mark::comment_count;
pub use section::{Comments, KeptTexts};
