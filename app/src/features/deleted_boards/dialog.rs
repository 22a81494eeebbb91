//! Deleting a board: a dialog asks for confirmation, because the undo key does not bring the board back. The message after it does.

use leptos::{html, prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use crate::{
    address::{View, board_path},
    controls::{
        confirm::Confirm,
        notices::{Action, Notices, NoticesAfter},
        unavailable::error_words,
    },
    forms::restore_board,
    live::{Live, LiveBoard, act},
    ops::{DeleteBoard, Op, RestoreBoard},
};

/// The dialog that asks for confirmation. It is opened through `dialog`.
#[component]
pub fn DeleteBoardDialog(board: LiveBoard, dialog: NodeRef<html::Dialog>) -> impl IntoView {
    let name = board.name();
    let navigate = use_navigate();
    let (live, after) = (expect_context::<Live>(), expect_context::<NoticesAfter>());
    let delete = Callback::new({
        let name = name.clone();
        move |()| {
            board.submit(Op::DeleteBoard(DeleteBoard::default()))?;
            let (id, live, open) = (board.id(), live.clone(), navigate.clone());
            let undo = move |notices: Notices| {
                // While the deletion is not saved, the page still has the board, and the restoration must follow it.
                if let Some(board) = live.reopen(id) {
                    act(&board, Op::RestoreBoard(RestoreBoard {}));
                    return open(&board_path(id, View::Board), NavigateOptions::default());
                }
                spawn_local(async move {
                    // The answer leads to the board.
                    if let Err(error) = restore_board(id).await {
                        notices.say(format!("The board is not back. {}", error_words(error)), None);
                    }
                });
            };
            after.say(format!("“{}” was deleted.", name.get_untracked()), move |notices| {
                Action::new("Undo", move || undo(notices))
            });
            navigate("/", NavigateOptions::default());
            Ok(())
        }
    });
    view! {
        <Confirm
            dialog
            question=Signal::derive(move || format!("Delete “{}”?", name.get()))
            consequence="All its columns and tasks go with it, for everyone. For 30 days, its managers and the admins of this server find it under “Deleted boards” on the home page, and can restore it."
            confirm_label="Delete board"
            confirmed=delete
        />
    }
    .into_any()
}
