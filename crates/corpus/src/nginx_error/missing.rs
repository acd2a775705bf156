//! Files that are asked for and not there.

use crate::deck::Deck;
use crate::random::Random;
use crate::template::Template;

const ROOT: &[u8] = b"/var/www/html";

/// Request targets, percent-encoded where browsers do so.
const FILES: [(u32, &str); 18] = [
    (120, "/favicon.ico"),
    (60, "/robots.txt"),
    (50, "/apple-touch-icon{|-precomposed|-120x120|-152x152}.png"),
    (160, "/img/p/{100..99999}.webp"),
    (60, "/img/{word}-{100..99999}_2x.jpg?v={1..90}"),
    (60, "/static/{word}.{hex8}.{js|css|js.map}"),
    (20, "/img/caf%C3%A9%20{word}-{1..900}.jpg"),
    (15, "/downloads/Stra%C3%9Fenkarte%20{2019..2025}.pdf"),
    (10, "/img/{word}%22{word}%22.png"),
    (40, "/blog/{2019..2025}/{10..12}/{word}-{word}-{word}"),
    (40, "/wp-login.php"),
    (30, "/xmlrpc.php?rsd"),
    (30, "/.env{||.local|.production|.bak}"),
    (20, "/.git/{config|HEAD}"),
    (20, "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php"),
    (20, "/.well-known/{security.txt|assetlinks.json|traffic-advice|apple-app-site-association}"),
    (15, "/wp-content/plugins/{word}-{word}/readme.txt"),
    (10, "/{backup|dump|site|www}.{zip|sql|tar.gz}"),
];

const DIRECTORIES: [(u32, &str); 5] = [
    (30, "/img/"),
    (20, "/static/"),
    (20, "/{word}/{word}/"),
    (10, "/downloads/{2019..2025}/"),
    (5, "/wp-content/uploads/"),
];

pub(super) struct Missing {
    files: Deck<Template>,
    directories: Deck<Template>,
}

impl Missing {
    pub(super) fn new() -> Self {
        Self { files: Template::deck(&FILES), directories: Template::deck(&DIRECTORIES) }
    }

    /// Appends the target of a request for a file.
    pub(super) fn push_file(&self, target: &mut Vec<u8>, random: &mut Random) {
        self.files.draw(random).push(target, random);
    }

    /// Appends the target of a request for a directory.
    pub(super) fn push_directory(&self, target: &mut Vec<u8>, random: &mut Random) {
        self.directories.draw(random).push(target, random);
    }
}

/// Appends the path at which nginx looks for what a target names: decoded and without its query.
pub(super) fn push_path(out: &mut Vec<u8>, target: &[u8]) {
    out.extend_from_slice(ROOT);
    let mut rest = target;
    loop {
        rest = match rest {
            [] | [b'?', ..] => break,
            [b'%', high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push(hex_digit(*high) << 4 | hex_digit(*low));
                after
            }
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
        }
    }
}

fn hex_digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        _ => (byte | b' ') - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::push_path;

    #[test]
    fn paths_are_decoded() {
        let mut out = Vec::new();
        push_path(&mut out, b"/caf%C3%a9%20%2?x=%20");
        assert_eq!(out, "/var/www/html/café %2".as_bytes());
    }
}
