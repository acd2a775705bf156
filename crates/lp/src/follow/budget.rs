//! The bound on what all followed files together hold of records that are not complete.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many bytes may be held, and are.
#[derive(Clone)]
pub(super) struct Budget(Arc<Account>);

struct Account {
    most: usize,
    held: AtomicUsize,
}

/// Bytes that are held.
pub(super) struct Holding {
    bytes: Box<[u8]>,
    budget: Budget,
}

impl Budget {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Arc::new(Account { most: bytes, held: AtomicUsize::new(0) }))
    }

    /// Holds these bytes, unless they are too many. None are never too many.
    pub(super) fn hold(&self, bytes: &[u8]) -> Option<Holding> {
        let more = |held: usize| Some(held + bytes.len()).filter(|&held| held <= self.0.most || bytes.is_empty());
        self.0.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Holding { bytes: bytes.into(), budget: self.clone() })
    }

    /// Holds these bytes, even if they are too many.
    pub(super) fn hold_in_any_case(&self, bytes: &[u8]) -> Holding {
        self.0.held.fetch_add(bytes.len(), Ordering::Relaxed);
        Holding { bytes: bytes.into(), budget: self.clone() }
    }

    /// Holds nothing.
    pub(super) fn nothing(&self) -> Holding {
        Holding { bytes: Box::default(), budget: self.clone() }
    }
}

impl Holding {
    /// Lets go of all bytes.
    pub(super) fn clear(&mut self) {
        *self = self.budget.nothing();
    }
}

impl Deref for Holding {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.budget.0.held.fetch_sub(self.bytes.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_let_go_of_can_be_held_again() {
        let budget = Budget::new(10);
        let mut six = budget.hold(b"sixsix").unwrap();
        assert!(budget.hold(b"five5").is_none() && budget.hold(b"").is_some());
        let four = budget.hold(b"four").unwrap();
        assert!(budget.hold(b"1").is_none());
        assert_eq!((&*six, &*four), (&b"sixsix"[..], &b"four"[..]));
        six.clear();
        assert!(six.is_empty() && budget.hold(b"sixsix").is_some());
        drop((six, four));
        let all = budget.hold(b"0123456789").unwrap();
        let more = budget.hold_in_any_case(b"more");
        drop(all);
        assert!(budget.hold(b"seven77").is_none() && budget.hold(b"sixsix").is_some() && more.len() == 4);
    }
}
