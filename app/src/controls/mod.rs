//! Parts of the page that any feature may use and that depend on no feature. User input is interpreted in one place per kind: keys in
//! [`keyboard`], clicks in [`mod@pointer`], typed or pasted text in [`Typed`](crate::board::Typed).

pub mod announcer;
pub mod choice;
pub mod clipboard;
pub mod combobox;
pub mod confirm;
pub mod day_words;
pub mod due;
pub mod flash;
pub mod focus;
pub mod form_error;
pub mod icon;
pub mod if_may;
pub mod keyboard;
pub mod markdown;
pub mod menu;
pub mod name_editor;
pub mod notices;
pub mod person;
pub mod pointer;
pub mod printing;
pub mod priority;
pub mod raw_text;
pub mod redrawn;
pub mod rows;
pub mod server_name;
pub mod show_more;
pub mod theme;
pub mod unavailable;
