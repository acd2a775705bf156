//! Where a visitor comes from.

use crate::deck::Deck;
use crate::random::Random;
use crate::shop::site::{Part, Site};
use crate::shop::text::{Log, Text};
use crate::user_agents::Behaviour;

const OWN_ORIGIN: &[u8] = b"https://example.com";

/// Bare origins, since that is all a browser tells another site by default.
const OTHER_SITES: [(&str, u32); 10] = [
    ("https://www.google.com/", 50),
    ("https://www.bing.com/", 12),
    ("https://duckduckgo.com/", 10),
    ("https://t.co/Xk3vQ9aLmZ", 6),
    ("https://www.reddit.com/", 6),
    ("https://l.facebook.com/", 5),
    ("https://news.ycombinator.com/", 4),
    ("android-app://com.google.android.googlequicksearchbox/", 3),
    ("https://blog.example.org/2025/10/ten-lamps-we-like?utm_source=feed#comments", 3),
    ("http://spam.example.net/buy%20now?a=\"b\"", 1),
];

pub(crate) struct Referers {
    other_sites: Deck<Text>,
}

impl Referers {
    pub(crate) fn new() -> Self {
        Self { other_sites: Deck::weighted(OTHER_SITES.map(|(site, weight)| (Text::new(site.as_bytes()), weight))) }
    }

    /// Appends a referer if there is one, and says whether there is: in about 60% of the requests,
    /// taken together.
    pub(crate) fn push(
        &self,
        out: &mut Vec<u8>,
        log: Log,
        behaviour: Behaviour,
        part: Part,
        site: &Site,
        random: &mut Random,
    ) -> bool {
        let has_referer = random.percent(match behaviour {
            Behaviour::Browser => 93,
            Behaviour::Crawler => 20,
            // Scrapers pretend to be browsers.
            Behaviour::Script => 40,
            Behaviour::Probe => 0,
        });
        if has_referer {
            if part == Part::Page && random.percent(60) {
                out.extend_from_slice(self.other_sites.draw(random).in_log(log));
            } else {
                out.extend_from_slice(OWN_ORIGIN);
                if random.one_in(2) {
                    // The front page, and everything asked for under a strict referrer policy.
                    out.push(b'/');
                } else {
                    site.draw(Part::Page, random).push(out, log, random);
                }
            }
        }
        has_referer
    }
}
