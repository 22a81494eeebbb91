//! The features, one folder or file each, named in the words of a user. The imports between features have no cycles.

pub mod about;
pub mod board;
pub mod board_list;
pub mod checklists;
pub mod comments;
pub mod deleted_boards;
pub mod history;
pub mod labels;
pub mod list;
pub mod members;
pub mod numbers;
pub mod presence;
pub mod quick_edit;
pub mod revealed;
pub mod shell;
pub mod shortcuts;
pub mod task;
pub mod trash;
pub mod undo;
