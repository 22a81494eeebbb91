//! The keys 1 to 9 on a task set and unset the first nine labels of the board.

use super::choosing::toggle_label;
use crate::{
    controls::{announcer::Announcer, keyboard::Key},
    features::shortcuts::{Command, listen},
    live::LiveBoard,
};

/// Listens to the keys. Call it once per board.
pub fn label_keys(board: LiveBoard, announcer: Announcer) {
    listen(&board.clone(), &[Command::ToggleLabel], move |pressed| {
        let (Key::Digit(digit @ 1..=9), Some(task)) = (pressed.key, pressed.task()) else { return };
        let label = board.with(|board| {
            board.live_task(task)?;
            board.labels().nth(usize::from(digit) - 1).cloned()
        });
        if let Some(label) = label {
            toggle_label(&board, task, &label, announcer);
        }
    });
}
