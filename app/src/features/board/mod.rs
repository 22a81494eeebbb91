//! The board as columns of cards: adding, changing and moving cards and columns.

pub mod card;
pub mod column;
pub mod column_menu;
pub mod columns;
pub mod motion;
pub mod moving;
mod pasted;
pub mod quick_add;
