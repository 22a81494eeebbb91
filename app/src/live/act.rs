//! The application of an operation by a control, where an immediate refusal is reported like a refusal by the server.

use super::LiveBoard;
use crate::ops::Op;

/// Applies an operation to a board. Reports an immediate refusal like an edit that the server refused. Returns whether
/// the operation was submitted.
pub fn act(board: &LiveBoard, op: Op) -> bool {
    match board.submit(op.clone()) {
        Ok(_) => true,
        Err(refusal) => {
            board.report(op, refusal);
            false
        }
    }
}
