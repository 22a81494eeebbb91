//! What people do here, one folder or file a feature, named as a user would say it; none imports another in a circle.

pub mod board;
pub mod history;
pub mod list;
pub mod members;
pub mod presence;
pub mod shell;
pub mod task;
pub mod trash;
pub mod undo;
