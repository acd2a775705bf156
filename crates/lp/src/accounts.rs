//! Which inputs have an account of their own in the report of a run.

/// A run that follows files may follow them by the thousand, and an account is large: beyond a number of them, inputs share the first one.
pub(crate) struct Accounts {
    /// The last input that has its own.
    last: usize,
    /// How many records have been found in each of those behind it.
    records: Vec<u64>,
}

impl Accounts {
    /// The account that inputs share which have none of their own.
    const SHARED: usize = 0;

    /// Each input has its own.
    pub(crate) const fn of_all() -> Self {
        Self { last: usize::MAX, records: Vec::new() }
    }

    /// Behind the first input, whose account is the shared one, so many have their own.
    pub(crate) const fn of_first(most: usize) -> Self {
        Self { last: Self::SHARED + most, records: Vec::new() }
    }

    /// The number of the account of this input.
    pub(crate) const fn number(&self, input: usize) -> usize {
        if input > self.last { Self::SHARED } else { input }
    }

    /// How many records have been found in this input, if it shares its account.
    pub(crate) fn records(&mut self, input: usize) -> Option<&mut u64> {
        let number = input.checked_sub(self.last)?.checked_sub(1)?;
        if self.records.len() <= number {
            self.records.resize(number + 1, 0);
        }
        self.records.get_mut(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_behind_the_first_share_one() {
        let mut accounts = Accounts::of_first(2);
        assert_eq!([0, 1, 2, 3, 9].map(|input| accounts.number(input)), [0, 1, 2, 0, 0]);
        assert_eq!([0, 1, 2].map(|input| accounts.records(input).copied()), [None; 3]);
        *accounts.records(9).unwrap() += 5;
        assert_eq!([3, 9, 10].map(|input| accounts.records(input).copied()), [Some(0), Some(5), Some(0)]);
        let mut accounts = Accounts::of_all();
        assert_eq!((accounts.number(5000), accounts.records(5000)), (5000, None));
    }
}
