//! Items of which some come up more often than others.

use crate::random::Random;

/// A deck of cards from which one is drawn and put back: an item comes up as often as it has cards.
///
/// Cards rather than cumulated weights, because a draw is then one look-up however many items there
/// are, and whole numbers, because floating point functions differ between platforms.
pub(crate) struct Deck<T> {
    items: Vec<T>,
    /// For each card the index of its item.
    cards: Vec<u32>,
}

impl<T> Deck<T> {
    /// Each item with its number of cards. There must be at least one card.
    pub(crate) fn weighted(items: impl IntoIterator<Item = (T, u32)>) -> Self {
        let mut deck = Self { items: Vec::new(), cards: Vec::new() };
        for ((item, weight), index) in items.into_iter().zip(0..) {
            deck.items.push(item);
            deck.cards.extend((0..weight).map(|_| index));
        }
        deck
    }

    /// Items in order of popularity, following the Zipf-Mandelbrot law: the item at rank `r` comes
    /// up in proportion to `1 / (r + 20)`.
    ///
    /// The plain law, `1 / r`, would give every ninth line to a single client. The 20 flattens the
    /// head to what a public site sees: among 4000 items the first gets about 1% of the draws.
    pub(crate) fn ranked(items: Vec<T>) -> Self {
        const FLATTENING: u32 = 20;
        // Four cards for the last item, so that rounding does not distort the tail.
        let scale = 4 * (items.len() as u32 + FLATTENING);
        Self::weighted(items.into_iter().zip((FLATTENING..).map(|rank| scale / rank)))
    }

    pub(crate) fn draw(&self, random: &mut Random) -> &T {
        &self.items[*random.pick(&self.cards) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::Deck;
    use crate::random::Random;

    fn draws(deck: &Deck<usize>, count: usize) -> Vec<usize> {
        let mut random = Random::new(7);
        let mut times = vec![0; deck.items.len()];
        for _ in 0..count {
            times[*deck.draw(&mut random)] += 1;
        }
        times
    }

    #[test]
    fn weighted_items_come_up_by_their_weight() {
        let times = draws(&Deck::weighted([(0, 90), (1, 9), (2, 1), (3, 0)]), 100_000);
        assert!((88_000..92_000).contains(&times[0]), "{times:?}");
        assert!((8_000..10_000).contains(&times[1]), "{times:?}");
        assert!((800..1_200).contains(&times[2]), "{times:?}");
        assert_eq!(times[3], 0);
    }

    #[test]
    fn ranked_items_have_a_head_and_a_long_tail() {
        let times = draws(&Deck::ranked((0..4000).collect()), 1_000_000);
        assert!((8_000..12_000).contains(&times[0]), "first: {}", times[0]);
        assert!(times[3999] > 10, "last: {}", times[3999]);
        assert!(times.iter().all(|&times| times > 0));
    }
}
