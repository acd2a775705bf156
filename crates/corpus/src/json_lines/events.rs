//! What the service says.

pub(super) struct Event {
    pub(super) weight: u32,
    pub(super) level: &'static str,
    pub(super) logger: &'static str,
    /// The answers that go with it, equally likely.
    pub(super) statuses: &'static [u64],
    /// A template, as the text of a JSON string.
    pub(super) message: &'static str,
}

const fn event(
    weight: u32,
    level: &'static str,
    logger: &'static str,
    statuses: &'static [u64],
    message: &'static str,
) -> Event {
    Event { weight, level, logger, statuses, message }
}

#[rustfmt::skip] // A table reads better with one entry a line.
pub(super) const EVENTS: [Event; 43] = [
    event(4200, "info", "shop.http", &[200, 200, 200, 200, 201, 204, 304], "request finished"),
    event(900, "info", "shop.http", &[200, 200, 200, 201], "request of user {name} finished after {1..9} queries, {0..90} of {100..900} rows from the cache"),
    event(700, "info", "shop.orders", &[200, 201], "order {100000..999999} placed by customer {1..90000}: {1..12} items, total {5..900}.{10..99} EUR, paid by {card|card|invoice|paypal}"),
    event(500, "info", "shop.payments", &[200, 201], "payment {uuid} authorised by {stripe|adyen|paypal} after {80..1900} ms, reference {hex16}"),
    event(450, "info", "shop.cart", &[200, 201], "{word}-{word}-{2..999} added to cart {1..900000}, {1..9} items now"),
    event(450, "info", "shop.search", &[200], "search for {word} {word} found {0..900} products in {3..90} ms, first is {word}-{word}-{2..999}"),
    event(400, "info", "shop.auth", &[200, 302], "user {name} logged in from {address}, session {hex16}"),
    event(350, "info", "shop.stock", &[200], "stock of {word}-{word}-{2..999} changed from {10..400} to {0..9}"),
    event(300, "info", "shop.mail", &[200, 201, 202], "confirmation of order {100000..999999} sent to {name}@example.com, message id {hex32}@mail.example.com"),
    event(300, "info", "shop.webhooks", &[200, 202], "webhook charge.{succeeded|refunded|failed} evt_{hex24} accepted, queued as task {uuid}"),
    event(150, "info", "shop.uploads", &[201], "media/products/{word}-{100..99999}_2x.jpg stored, {10000..4000000} bytes, etag {hex32}"),
    event(150, "info", "shop.http", &[301, 302], "redirected to https://example.com/p/{word}-{word}-{2..999}"),

    event(500, "debug", "shop.db", &[200], "SELECT id, sku, name, price FROM product WHERE id = {1..90000} took 0.00{1..9} s"),
    event(350, "debug", "shop.cache", &[200, 304], "cache {hit|hit|hit|miss}: product:{1..90000}:v{1..9}"),
    event(200, "debug", "shop.rates", &[200], "using rates of {1..59} minutes ago: 1 EUR = 1.{1000..1999} USD, 0.8{100..999} GBP"),
    event(100, "debug", "shop.auth", &[200], "token of {name} valid for {60..86400} s, scopes orders:read, orders:write, {word}:read"),

    event(250, "warning", "shop.http", &[404], "nothing at this path, answered with the page for that"),
    event(120, "warning", "shop.auth", &[401], "wrong password for user {name} from {address}, attempt {1..5} of 5"),
    event(100, "warning", "shop.auth", &[403], "user {name} may not see order {100000..999999}, which belongs to customer {1..90000}"),
    event(80, "warning", "shop.limits", &[429], "rate limit of {address} exceeded: {101..900} requests in 60 s, limit is 100"),
    event(80, "warning", "shop.validation", &[400, 422], "request refused: postcode must have at most 10 characters, has {11..40}"),
    event(80, "warning", "shop.db", &[200], "slow query: {1000..9000} ms for orders of customer {1..90000}, threshold is 1000 ms"),
    event(60, "warning", "shop.http", &[499], "client {address} has gone before the answer was ready"),

    event(50, "error", "shop.payments", &[402, 502], "payment {uuid} declined by {stripe|adyen|paypal}: insufficient funds, order {100000..999999}"),
    event(40, "error", "shop.shipping", &[502, 504], "no label for order {100000..999999}: shipping.example.com did not answer within {2..10} s"),
    event(30, "error", "shop.db", &[500, 503], "connection to db-{1..3}.internal:5432 lost, {1..40} queries waiting"),
    event(4, "critical", "shop.db", &[503], "database is read-only, writes refused since {1..90} s"),

    // With escapes.
    event(120, "info", "shop.http", &[200, 201], r#"sent \"{word} {word}\" to the client, etag \"{hex16}\""#),
    event(60, "debug", "shop.db", &[200], r#"SELECT \"id\", \"name\"\n  FROM \"product\"\n WHERE \"sku\" = '{word}-{2..999}'\n LIMIT 21"#),
    event(60, "info", "shop.search", &[200], r"Suche nach K\u00fcche und T\u00fcrgriff: {0..90} Treffer"),
    event(50, "warning", "shop.validation", &[400], r#"JSON of the request refused: Expecting ',' delimiter: line {1..40} column {1..90}, near \"{word}\": {\"{word}\": {1..90}"#),
    event(50, "info", "shop.imports", &[202], r"imported \\\\fileserver\\exports\\{word}.csv:\t{1..9000} rows\t{0..9} errors"),
    event(50, "error", "shop.http", &[500], r#"unhandled exception\nTraceback (most recent call last):\n  File \"/srv/app/shop/views/orders.py\", line {20..300}, in retrieve\n    order = self.service.load(pk)\n  File \"/srv/app/shop/services/orders.py\", line {20..300}, in load\n    return self.orders[pk]\nKeyError: {1..900000}"#),
    event(30, "info", "shop.reviews", &[201], r"review {1..90000} published: \u2605\u2605\u2605 {word} {word} \ud83d\ude00"),
    event(20, "info", "shop.webhooks", &[200], r"callback set to https:\/\/partner.example.net\/hooks\/{hex16}"),
    event(10, "debug", "shop.console", &[200], r"\u001b[32mGET\u001b[0m served by worker {1..16}, {1..90} in the queue"),

    // With UTF-8.
    event(90, "info", "shop.search", &[200], "Suche nach „{Küche|Stühle|Gläser|Türgriff}“: {0..90} Treffer in {3..90} ms"),
    event(60, "info", "shop.orders", &[201], "commande {100000..999999} passée par {name} : {5..900},{10..99} €"),
    event(50, "info", "shop.reviews", &[201], "review {1..90000} by Zoë published: ★★★{★★|★☆|☆☆}, “très joli” 😀"),
    event(40, "info", "shop.search", &[200], "поиск «{лампа|стул|зеркало}»: {0..90} товаров"),
    event(30, "info", "shop.search", &[200], "検索「{木製|椅子|鏡}」{0..90} 件"),
    event(20, "error", "shop.payments", &[402], r#"Zahlung abgelehnt – \"Karte ungültig\" (Gerät {hex8})"#),
    event(6, "critical", "shop.workers", &[503], "no worker left, {16..900} requests are waiting"),
];
