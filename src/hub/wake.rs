//! How the task of a socket is told that something new waits for it.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll},
};

use futures::task::AtomicWaker;

/// Identifies a socket of this node.
pub type SocketId = u64;

/// One flag and one waker for each socket, however many boards the socket subscribes to. The flag says that *something* is new;
/// the socket then compares its cursors with the heads of its topics. Setting the flag twice is the same as setting it once, so
/// nothing queues up for a busy socket.
#[derive(Debug, Default)]
pub struct Wake {
    set: AtomicBool,
    waker: AtomicWaker,
}

impl Wake {
    /// Sets the flag and wakes the task.
    pub fn wake(&self) {
        if !self.set.swap(true, Ordering::AcqRel) {
            self.waker.wake();
        }
    }

    /// Ready once after [`Self::wake`].
    pub fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        if self.set.swap(false, Ordering::AcqRel) {
            return Poll::Ready(());
        }
        self.waker.register(cx.waker());
        // The flag may have been set between the check above and the registration.
        if self.set.swap(false, Ordering::AcqRel) { Poll::Ready(()) } else { Poll::Pending }
    }
}
