//! Who has access to a board: members, and whoever follows a share link.

pub mod share_links;
pub mod view;
