//! Deleting a board: a dialog asks for confirmation, because it is not undone by the undo key.

use leptos::{html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use crate::{
    controls::confirm::Confirm,
    live::LiveBoard,
    ops::{DeleteBoard, Op},
};

/// The dialog that asks for confirmation. It is opened through `dialog`.
#[component]
pub fn DeleteBoardDialog(board: LiveBoard, dialog: NodeRef<html::Dialog>) -> impl IntoView {
    let name = board.name();
    let navigate = use_navigate();
    let delete = Callback::new(move |()| {
        board.submit(Op::DeleteBoard(DeleteBoard::default()))?;
        navigate("/", NavigateOptions::default());
        Ok(())
    });
    view! {
        <Confirm
            dialog
            question=Signal::derive(move || format!("Delete “{}”?", name.get()))
            consequence="All its columns and tasks go with it, for everyone. For 30 days, its managers and the admins of this server can restore it."
            confirm_label="Delete board"
            confirmed=delete
        />
    }
    .into_any()
}
