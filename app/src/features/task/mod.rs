//! One task: its panel with every field and text, and the parts of a task that other views show.

pub mod assignees;
pub mod conflict;
pub mod drafts;
pub mod fields;
pub mod form;
pub mod panel;
pub mod text_editor;
