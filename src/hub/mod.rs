//! Who is to be told of which board's changes.

use app::id::BoardId;

use crate::store::{LoggedChange, Store};

/// The topics of this node. Cheap to clone.
#[derive(Clone)]
pub struct Hub {}

#[allow(unused_variables, clippy::todo)]
impl Hub {
    /// A hub that repairs its gaps from `store`.
    pub fn new(store: Store) -> Self {
        todo!()
    }

    /// Tells of changes that were just committed on this node. Does not wait.
    pub fn publish(&self, board: BoardId, changes: Vec<LoggedChange>) {
        todo!()
    }

    /// Tells that the list of boards is not what it was. Does not wait.
    pub fn boards_changed(&self) {
        todo!()
    }
}
