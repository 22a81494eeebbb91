//! Doing something to a board from a control: what is refused at once is told as what the server refused is.

use super::LiveBoard;
use crate::ops::Op;

/// Does something to a board. What can be seen here to be impossible is told like an edit that the server refused.
pub fn act(board: &LiveBoard, op: Op) -> bool {
    match board.submit(op.clone()) {
        Ok(_) => true,
        Err(refusal) => {
            board.report(op, refusal);
            false
        }
    }
}
