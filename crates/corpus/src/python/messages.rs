//! What the service says.

use crate::deck::Deck;
use crate::random::Random;
use crate::template::Template;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Debug,
    Info,
    Warning,
    Error,
    Critical,
}

impl Level {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
        }
    }

    pub(super) fn choose(random: &mut Random) -> Self {
        match random.below(1000) {
            0..828 => Self::Info,
            828..938 => Self::Debug,
            938..985 => Self::Warning,
            985..998 => Self::Error,
            _ => Self::Critical,
        }
    }

    /// Of a record with a traceback: some failures are expected, some are the end.
    pub(super) fn of_failure(random: &mut Random) -> Self {
        match random.below(100) {
            0..88 => Self::Error,
            88..96 => Self::Warning,
            _ => Self::Critical,
        }
    }

    /// Of a record with a message of several lines.
    pub(super) fn of_long_message(random: &mut Random) -> Self {
        match random.below(100) {
            0..50 => Self::Debug,
            50..90 => Self::Info,
            _ => Self::Warning,
        }
    }
}

/// The messages of each level.
pub(super) struct Messages {
    debug: Deck<Template>,
    info: Deck<Template>,
    warning: Deck<Template>,
    error: Deck<Template>,
    critical: Deck<Template>,
    failure: Deck<Template>,
    long: Deck<Template>,
}

impl Messages {
    pub(super) fn new() -> Self {
        Self {
            debug: Template::deck(&DEBUG),
            info: Template::deck(&INFO),
            warning: Template::deck(&WARNING),
            error: Template::deck(&ERROR),
            critical: Template::deck(&CRITICAL),
            failure: Template::deck(&FAILURE),
            long: Template::deck(&LONG),
        }
    }

    pub(super) fn push(&self, out: &mut Vec<u8>, level: Level, random: &mut Random) {
        let messages = match level {
            Level::Debug => &self.debug,
            Level::Info => &self.info,
            Level::Warning => &self.warning,
            Level::Error => &self.error,
            Level::Critical => &self.critical,
        };
        messages.draw(random).push(out, random);
    }

    /// Appends a message of several lines.
    pub(super) fn push_long(&self, out: &mut Vec<u8>, random: &mut Random) {
        self.long.draw(random).push(out, random);
    }

    /// Appends a message that a traceback follows.
    pub(super) fn push_failure(&self, out: &mut Vec<u8>, random: &mut Random) {
        self.failure.draw(random).push(out, random);
    }
}

#[rustfmt::skip] // A table reads better with one entry a line.
const DEBUG: [(u32, &str); 14] = [
    (16, r#"(0.00{1..9}) SELECT "shop_product"."id", "shop_product"."sku", "shop_product"."name" FROM "shop_product" WHERE "shop_product"."id" = {1..90000} LIMIT 21; args=({1..90000},); alias=default"#),
    (10, r#"(0.0{10..99}) UPDATE "shop_cart" SET "updated_at" = '2025-11-06T10:30:15.{100000..999999}+00:00'::timestamptz WHERE "shop_cart"."id" = {1..900000}; args=(datetime.datetime(2025, 11, 6, 10, 30, 15, tzinfo=datetime.timezone.utc), {1..900000}); alias=default"#),
    (10, r#"(0.00{1..9}) BEGIN; args=None; alias=default"#),
    (16, r#"https://api.payments.example.com:443 "POST /v2/{charges|refunds|customers}/{hex24} HTTP/1.1" {200|200|201|402} {180..4000}"#),
    (8,  "Starting new HTTPS connection ({1..9}): {api.payments|rates|shipping}.example.com:443"),
    (20, "cache {hit|hit|hit|miss}: shop:product:{1..90000}:v{1..9}"),
    (6,  "cache miss: shop:category:{word}:{word}:page:{1..40} (stored for {60..3600} s)"),
    (8,  "Using selector: EpollSelector"),
    (6,  "Resolved URL name 'shop:product-detail' with {'slug': '{word}-{word}-{2..999}'}"),
    (6,  "Template shop/{word}_{list|detail|form}.html rendered in {1..40}.{100..999} ms"),
    (4,  "User {name} has permissions ['shop.view_order', 'shop.change_order', 'shop.{view|add|delete}_{word}']"),
    (4,  "Lock shop:stock:{1..90000} acquired after {0..40} ms"),
    (4,  "Serialised {1..500} rows of shop_{order|product|invoice} to {200..90000} bytes of JSON"),
    (2,  "price for {word}-{2..999}: net={1..900}.{10..99} vat=0.{07|19} rules=[{word}, {word}, {word}] - cached=False"),
];

#[rustfmt::skip]
const INFO: [(u32, &str); 30] = [
    (90,  "GET /api/v1/{orders|users|carts|stock|prices|reviews}/{1..1000000} 200 in {2..180} ms"),
    (60,  "{GET|GET|GET|POST} /api/v{1..2}/{orders|users|items|carts|stock}?page={1..40}&limit=50 200 in {4..400} ms ({address})"),
    (80,  r#"{address} "GET /p/{word}-{word}-{2..999} HTTP/1.1" 200 {9000..64000} "https://example.com/c/{word}/{word}" {8..300} ms"#),
    (50,  r#""{GET|GET|GET|POST|PUT} /api/v1/{orders|carts|invoices|returns}/{1..1000000} HTTP/1.1" {200|200|200|201|204|304} {0..9000}"#),
    (60,  "request {uuid} finished: method={GET|GET|POST} path=/c/{word}/{word} status=200 duration={2..900}.{0..9}ms user={name}"),
    (20,  r#"10.42.0.{1..16} "GET /healthz HTTP/1.1" 200 2"#),
    (24,  "User {name} logged in from {address}"),
    (10,  "User {name} logged out"),
    (24,  "Order {100000..999999} created for customer {1..90000}: {1..12} items, total {5..900}.{10..99} EUR, paid by {card|card|invoice|paypal}"),
    (24,  "Task shop.tasks.send_{order_confirmation|invoice|newsletter|reminder}[{uuid}] received"),
    (36,  "Task shop.tasks.send_{order_confirmation|invoice|newsletter|reminder}[{uuid}] succeeded in 0.{10000000..99999999}s: None"),
    (12,  "Task shop.tasks.refresh_{stock|prices|search_index}[{uuid}] succeeded in {1..90}.{100000000..999999999}s: {'updated': {0..9000}, 'skipped': {0..900}}"),
    (16,  "Payment {uuid} authorised by {stripe|adyen|paypal} after {80..1900} ms, reference {hex16}"),
    (14,  "Sent e-mail 'order_confirmation' to {name}@example.com, message id <{hex32}@mail.example.com>"),
    (14,  "Stock of {word}-{word}-{2..999} changed from {10..400} to {0..9}"),
    (14,  "Cart {1..900000}: {word}-{word}-{2..999} added, {1..9} items now"),
    (10,  "Search 'q={word} {word}' by {address}: {0..900} results in {3..90} ms, first is {word}-{word}-{2..999}"),
    (8,   "Refreshed exchange rates: 1 EUR = 1.{1000..1999} USD, 0.8{100..999} GBP, 11.{1000..9999} SEK, 16{1..9}.{10..99} JPY"),
    (8,   "Imported {word}.csv - {1..9000} rows - {0..9} errors - {word} and {word} updated"),
    (8,   "HTTP Request: POST https://shipping.example.com/v3/labels \"HTTP/1.1 200 OK\""),
    (6,   "Session {hex32} expired after 1209600 s"),
    (6,   "Scheduler: due task refresh-stock (shop.tasks.refresh_stock) sent"),
    (6,   "Uploaded media/products/{word}-{100..99999}_2x.jpg ({10000..4000000} bytes) to s3://shop-media/{hex8}/{word}.jpg, etag \"{hex32}\""),
    (4,   "Worker {2..64} booted with pid {100..32000}"),
    (4,   "Connected to redis://cache-{1..3}.internal:6379/0"),
    (3,   "Suche nach „{Küche|Stühle|Gläser|Türgriff}“: {0..90} Treffer in {3..90} ms"),
    (3,   "Review {1..90000} by Zoë published: ★★★{★★|★☆|☆☆} “{word} {word}, très joli”"),
    (2,   "Feature flags: {'new_checkout': {True|False}, 'recommendations': {True|False}, 'dark_{word}': {True|False}, 'rollout': 0.{10..99}}"),
    (2,   "Webhook from payments.example.com: {\"id\": \"evt_{hex24}\", \"type\": \"charge.{succeeded|refunded|failed}\", \"livemode\": true, \"data\": {\"amount\": {100..90000}, \"currency\": \"eur\"}}"),
    (1,   ""),
];

#[rustfmt::skip]
const WARNING: [(u32, &str); 13] = [
    (20, "Not Found: /{wp-login.php|.env|favicon.ico|xmlrpc.php|apple-touch-icon.png}"),
    (10, "Bad Request: /api/v1/{orders|carts|reviews}/"),
    (10, "Unauthorized: /api/v1/{orders|invoices|returns}/{1..1000000}"),
    (8,  "Forbidden (CSRF token from POST incorrect.): /{login|cart|account}/"),
    (12, "Slow query: {1000..9000} ms for SELECT shop_order.* WHERE customer_id = {1..90000} ORDER BY created_at DESC (threshold 1000 ms)"),
    (10, "Login failed for user {name} from {address}: wrong password, attempt {1..5} of 5"),
    (10, "Retrying (Retry(total={0..2}, connect=None, read=None, redirect=None, status=None)) after connection broken by 'ReadTimeoutError(\"HTTPSConnectionPool(host='shipping.example.com', port=443): Read timed out. (read timeout=5)\")': /v3/labels"),
    (8,  "Stock of {word}-{word}-{2..999} is low: {0..4} left"),
    (6,  "Connection pool is full, discarding connection: rates.example.com. Connection pool size: 10"),
    (6,  "Rate limit of {address} exceeded: {101..900} requests in 60 s, limit is 100"),
    (4,  "/srv/app/shop/models.py:{20..400}: RuntimeWarning: DateTimeField Order.paid_at received a naive datetime (2025-11-06 10:30:15) while time zone support is active."),
    (4,  "Substantial drift from celery@worker-{1..9} may mean clocks are out of sync. Current drift is {16..90} seconds. [orig: 2025-11-06 10:30:15.{100000..999999} recv: 2025-11-06 10:29:{10..44}.{100000..999999}]"),
    (2,  "Payment {uuid} is still pending after {3..30} minutes - will ask again - {stripe|adyen|paypal}"),
];

#[rustfmt::skip]
const ERROR: [(u32, &str); 10] = [
    (14, "Payment {uuid} declined: card_declined (insufficient_funds), order {100000..999999}"),
    (10, "Service Unavailable: /api/v1/{orders|stock|prices}/{1..1000000}"),
    (8,  "Could not send e-mail to {name}@example.net: (550, b'5.1.1 <{name}@example.net>: Recipient address rejected: User unknown')"),
    (8,  "Task shop.tasks.{refresh_stock|send_invoice}[{uuid}] raised unexpected: ConnectionError('rates.example.com unreachable')"),
    (8,  "Invalid HTTP_HOST header: '{address}'. You may need to add '{address}' to ALLOWED_HOSTS."),
    (6,  "Order {100000..999999}: totals differ, {5..900}.{10..99} EUR in the database and {5..900}.{10..99} EUR at the provider"),
    (6,  "Shipping label for order {100000..999999} refused: address incomplete (postcode={10000..99999}, city='{word}')"),
    (4,  "consumer: Cannot connect to amqp://shop:**@rabbit-{1..3}.internal:5672//: [Errno 111] Connection refused. Trying again in {2..32}.00 seconds... ({1..16}/100)"),
    (4,  "ERROR - import of {word}.csv stopped at row {2..9000}: could not convert string to float: '{1..99},{10..99} €'"),
    (2,  "{word}"),
];

#[rustfmt::skip]
const CRITICAL: [(u32, &str); 5] = [
    (6, "Database is read-only: writes refused since {1..90} s, failing over to db-{1..3}.internal"),
    (4, "WORKER TIMEOUT (pid:{100..32000})"),
    (4, "Worker (pid:{100..32000}) was sent SIGKILL! Perhaps out of memory?"),
    (3, "Disk /var/lib/shop is full: {0..900} kB free, uploads are refused"),
    (1, "Unrecoverable error: PreconditionFailed(406, 'PRECONDITION_FAILED - delivery acknowledgement on channel {1..9} timed out. Timeout value used: 1800000 ms.', (0, 0), '')"),
];

/// What stands above a traceback. One is empty: `logger.exception("")`.
#[rustfmt::skip]
const FAILURE: [(u32, &str); 9] = [
    (40, "Internal Server Error: /api/v1/{orders|carts|stock|reviews|invoices}/{1..1000000}"),
    (12, "Internal Server Error: /p/{word}-{word}-{2..999}"),
    (14, "Exception on /api/v1/{orders|webhooks|labels} [{GET|POST}]"),
    (14, "Task shop.tasks.{refresh_stock|send_invoice|import_prices}[{uuid}] failed, retrying in {2..900} s"),
    (8,  "Could not charge order {100000..999999} of {name}"),
    (5,  "Unexpected error while handling webhook {hex24} - giving up"),
    (4,  "Failed to refresh {stock|prices}, keeping values from {2..90} minutes ago"),
    (2,  "Lieferung für Auftrag {100000..999999} nicht möglich"),
    (1,  ""),
];

#[rustfmt::skip]
const LONG: [(u32, &str); 7] = [
    (10, "Running query:\n        SELECT o.id, o.total, c.email\n          FROM shop_order o\n          JOIN shop_customer c ON c.id = o.customer_id\n         WHERE o.created_at >= now() - interval '{1..90} days'\n           AND c.country = '{DE|FR|SE|US}'\n         ORDER BY o.id\n         LIMIT {10..500}"),
    (8,  "Response of shipping.example.com:\n{\n  \"id\": \"{hex24}\",\n  \"status\": \"{created|refused}\",\n  \"parcels\": [\n    {\n      \"weight\": {1..30}.{0..9},\n      \"carrier\": \"{word}\"\n    }\n  ]\n}"),
    (6,  "Summary of the import:\n\n  rows read      {1000..9999}\n  rows changed   {100..999}\n  rows refused   {10..99}\n\nFirst refused: row {2..900}, {word}-{2..999}"),
    (6,  "Worker ready\n\n -------------- celery@worker-{1..9} v5.4.0 (opalescent)\n--- ***** -----\n-- ******* ---- Linux-6.1.0-26-amd64-x86_64-with-glibc2.36\n- *** --- * ---\n- ** ---------- [config]\n- ** ---------- .> app:         shop:0x7f{hex10}\n- ** ---------- .> transport:   amqp://shop:**@rabbit-{1..3}.internal:5672//\n- ** ---------- .> concurrency: {2..16} (prefork)\n -------------- [queues]\n                .> celery           exchange=celery(direct) key=celery\n"),
    (4,  "Form errors:\n* email\n  * Enter a valid email address.\n* postcode\n  * Ensure this value has at most {5..10} characters (it has {11..40})."),
    (4,  "Mail to {name}@example.com:\nSubject: Ihre Bestellung {100000..999999}\nContent-Type: text/plain; charset=\"utf-8\"\n\nGuten Tag,\n\nvielen Dank für Ihre Bestellung.\n\n-- \nexample.com"),
    (2,  "Diff of the settings:\n--- settings.old\n+++ settings.new\n@@ -{1..90},2 +{1..90},2 @@\n-CACHE_TTL = {10..600}\n+CACHE_TTL = {601..3600}\n DEBUG = False"),
];
