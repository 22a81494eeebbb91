//! Access to a board: its members and its share links.

pub mod share_links;
pub mod view;
