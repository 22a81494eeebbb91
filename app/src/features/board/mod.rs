//! The board as columns of cards, which are added, changed and moved here.

pub mod card;
pub mod column;
pub mod column_menu;
pub mod columns;
pub mod moving;
pub mod quick_add;
pub mod revealed;
