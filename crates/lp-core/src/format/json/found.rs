//! The members that a record needs, found by either scanner.

use std::ops::Range;

use super::names::{Name, ROLES, Role};
use super::spaces;
use super::text::Short;

/// Where a member stands in its line. The rest is found from this when it is wanted, as most members are not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Member {
    /// The key's opening quote.
    pub(super) start: u32,
    /// Its closing quote.
    pub(super) quote: u32,
    /// Where the member behind it begins; for the last one, where the line ends.
    pub(super) next: u32,
}

impl Member {
    /// Where the value stands.
    #[inline(always)]
    pub(super) fn value(self, text: &[u8]) -> Range<usize> {
        spaces::value_behind(text, self.quote as usize)..spaces::end_before(text, self.next as usize)
    }
}

/// For each role the member that has it: of the most preferred name, the first.
#[derive(Debug)]
pub(super) struct Found {
    /// The place of the member's name among those for the role.
    ranks: [u8; ROLES],
    members: [Member; ROLES],
    /// The key of the first member that has a name of lp's own and is not the first with it, and its role.
    pub(super) duplicate: Option<(Role, u32)>,
}

const NO_RANK: u8 = u8::MAX;

impl Found {
    pub(super) const fn new() -> Self {
        Self { ranks: [NO_RANK; ROLES], members: [Member { start: 0, quote: 0, next: 0 }; ROLES], duplicate: None }
    }

    /// Forgets the line before.
    #[inline(always)]
    pub(super) fn clear(&mut self) {
        self.ranks = [NO_RANK; ROLES];
        self.duplicate = None;
    }

    /// Takes note of a member.
    #[inline(always)]
    pub(super) fn see(&mut self, name: Name, member: Member) {
        let role = name.role as usize;
        if name.rank < self.ranks[role] {
            self.ranks[role] = name.rank;
            self.members[role] = member;
        } else if self.ranks[role] == name.rank && name.is_own() && self.duplicate.is_none() {
            self.duplicate = Some((name.role, member.start));
        }
    }

    /// Takes note of a member, given what stands between the quotes of its key.
    pub(super) fn see_raw(&mut self, key: &[u8], member: Member) {
        if let Some(name) = Short::new(key).and_then(|key| Name::of(key.as_bytes())) {
            self.see(name, member);
        }
    }

    /// The member that has a role.
    #[inline(always)]
    pub(super) fn get(&self, role: Role) -> Option<Member> {
        (self.ranks[role as usize] != NO_RANK).then(|| self.members[role as usize])
    }

    /// Whether the member that has a role has a name of lp's own.
    #[inline(always)]
    pub(super) fn is_own(&self, role: Role) -> bool {
        Name { role, rank: self.ranks[role as usize] }.is_own()
    }
}
