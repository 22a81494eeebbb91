//! The pages with which people get, use and manage accounts.
//!
//! The account pages are not live: the server renders them, their forms post and redirect, and they contain no script, except that a page
//! which shows a secret once has the one of the button that copies it. Each module has one page. One struct holds the data of the page, and
//! another the fields of its form; the server deserializes the form into that struct, so that the field names are defined in one place. What a
//! submitted form does is implemented in the server.
//!
//! - [`first_visit`], [`sign_in`], [`join`], [`forgot_password`], [`new_password`]: getting in. [`own`]: one's own account.
//! - [`people`]: all accounts. [`message`]: a page with only a message.
//! - [`document`]: the document around each page. [`form`]: form fields and mistakes in them.
//! - [`words`]: times, roles and browsers in words.

pub mod document;
pub mod first_visit;
pub mod forgot_password;
pub mod form;
pub mod join;
pub mod message;
pub mod new_password;
pub mod own;
pub mod people;
pub mod sign_in;
pub mod words;

pub use document::{CurrentUser, Notice, Page};
pub use form::Mistake;
