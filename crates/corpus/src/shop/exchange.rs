//! A request's method and protocol and the server's answer to it.

use crate::deck::Deck;
use crate::random::Random;
use crate::shop::site::Part;
use crate::user_agents::Behaviour;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Head,
    Put,
    Delete,
    Options,
}

impl Method {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Head => "HEAD",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }

    pub(crate) fn choose(part: Part, random: &mut Random) -> Self {
        let roll = random.below(100);
        match part {
            Part::Api => match roll {
                0..60 => Self::Get,
                60..88 => Self::Post,
                88..92 => Self::Put,
                92..94 => Self::Delete,
                94..99 => Self::Options,
                _ => Self::Head,
            },
            Part::Page => match roll {
                0..92 => Self::Get,
                92..97 => Self::Post,
                _ => Self::Head,
            },
            Part::Attack => match roll {
                0..80 => Self::Get,
                80..95 => Self::Post,
                _ => Self::Head,
            },
            Part::Asset | Part::Health => match roll {
                0..99 => Self::Get,
                _ => Self::Head,
            },
        }
    }
}

pub(crate) fn choose_protocol(behaviour: Behaviour, random: &mut Random) -> &'static str {
    let [http_2, http_1_1] = match behaviour {
        Behaviour::Browser => [75, 25],
        Behaviour::Crawler => [40, 57],
        Behaviour::Script => [10, 86],
        Behaviour::Probe => [0, 100],
    };
    match random.below(100) {
        roll if roll < http_2 => "HTTP/2.0",
        roll if roll < http_2 + http_1_1 => "HTTP/1.1",
        _ => "HTTP/1.0",
    }
}

/// Status and bytes sent.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) size: u64,
}

pub(crate) struct Answers {
    usual: Deck<u16>,
    to_attacks: Deck<u16>,
}

impl Answers {
    pub(crate) fn new() -> Self {
        Self {
            // In hundredths of a percent; the 5xx add up to half a percent.
            usual: Deck::weighted([
                (200, 7620),
                (206, 40),
                (304, 1400),
                (301, 180),
                (302, 170),
                (404, 260),
                (401, 70),
                (403, 60),
                (429, 40),
                (400, 25),
                (405, 5),
                (413, 5),
                (499, 75),
                (502, 22),
                (500, 12),
                (503, 9),
                (504, 7),
            ]),
            to_attacks: Deck::weighted([(404, 75), (403, 15), (400, 6), (301, 4)]),
        }
    }

    /// The answer to a request for something of the given size.
    pub(crate) fn choose(&self, method: Method, part: Part, full_size: u64, random: &mut Random) -> Answer {
        let usual = match part {
            Part::Attack => *self.to_attacks.draw(random),
            _ => *self.usual.draw(random),
        };
        let status = match (usual, part, method) {
            (200 | 206 | 304, _, Method::Options | Method::Delete) => 204,
            (200, Part::Api, Method::Post) if random.one_in(3) => 201,
            // Only what a client may cache or resume is answered with less than all of it.
            (206 | 304, Part::Api | Part::Health, _) | (206 | 304, _, Method::Post) => 200,
            // Probes are not redirected, refused or interrupted.
            (301..500, Part::Health, _) => 200,
            _ => usual,
        };
        let size = match (status, method, part) {
            (_, Method::Head, _) => 0,
            (200 | 201, _, Part::Page) => full_size + random.below(1 + full_size / 8),
            (200 | 201, _, Part::Api) => full_size + random.below(1 + full_size / 2),
            (200 | 201, ..) => full_size,
            (206, ..) => random.below(full_size),
            (204 | 304 | 499, ..) => 0,
            (400..500, _, Part::Api) => random.between(20, 240),
            _ => size_of_own_page(status),
        };
        Answer { status, size }
    }
}

/// Size of the page that nginx itself sends with a status.
fn size_of_own_page(status: u16) -> u64 {
    match status {
        301 => 162,
        302 => 138,
        401 => 172,
        403 | 404 => 146,
        413 => 176,
        429 => 162,
        500 => 170,
        503 => 190,
        504 => 160,
        _ => 150,
    }
}
