//! The pages with which people get, use and manage accounts.
//!
//! They are not live, so they are plain: the server renders them, their forms post and redirect, and no script comes with
//! them. Each module has one page: what it shows is a struct, what its forms hold another, which is also what the server
//! reads them into, so that the names of the fields stand in one place. What a form does is said by the server.
//!
//! - [`first_visit`], [`sign_in`], [`join`], [`forgot_password`], [`new_password`]: the ways in. [`own`]: one's own account. [`people`]: everybody's.
//! - [`message`]: a page that only says something.
//! - [`document`]: what is around each of them. [`form`]: fields, and what was wrong with them. [`words`]: times, roles and
//!   browsers as people call them.

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
