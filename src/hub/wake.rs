//! How a socket's task is told that something waits for it.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll},
};

use futures::task::AtomicWaker;

/// A socket of this node, as the hub knows it.
pub type SocketId = u64;

/// One flag and one waker a socket, whatever the number of boards it has subscribed to: it says that *something* is new,
/// and the socket compares its cursors with the heads of its topics. Setting it twice is as good as once, so nothing
/// queues up for a socket that is busy.
#[derive(Debug, Default)]
pub struct Wake {
    set: AtomicBool,
    waker: AtomicWaker,
}

impl Wake {
    /// Something is new.
    pub fn wake(&self) {
        if !self.set.swap(true, Ordering::AcqRel) {
            self.waker.wake();
        }
    }

    /// Ready, once, after [`Self::wake`].
    pub fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        if self.set.swap(false, Ordering::AcqRel) {
            return Poll::Ready(());
        }
        self.waker.register(cx.waker());
        // It may have been set between the look and the registration.
        if self.set.swap(false, Ordering::AcqRel) { Poll::Ready(()) } else { Poll::Pending }
    }
}
