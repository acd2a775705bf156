//! The routes of the API.

pub(super) struct Route {
    pub(super) weight: u32,
    pub(super) method: &'static str,
    /// A template, as the text of a JSON string.
    pub(super) path: &'static str,
}

const fn route(weight: u32, method: &'static str, path: &'static str) -> Route {
    Route { weight, method, path }
}

#[rustfmt::skip] // A table reads better with one entry a line.
pub(super) const ROUTES: [Route; 16] = [
    route(300, "GET", "/api/v1/{orders|users|items|carts|stock|prices}/{1..1000000}"),
    route(120, "GET", "/api/v1/{orders|reviews|invoices|returns}?page={1..40}&limit=50"),
    route(80, "GET", "/api/v1/{orders|users}/{1..100000}/{items|invoices|events}"),
    route(100, "POST", "/api/v1/{orders|carts|reviews|events}"),
    route(60, "POST", "/api/v1/carts/{1..900000}/items"),
    route(60, "GET", "/api/v1/session"),
    route(40, "POST", "/api/v1/session"),
    route(40, "PUT", "/api/v1/{carts|users|stock}/{1..1000000}"),
    route(20, "PATCH", "/api/v1/orders/{1..1000000}/address"),
    route(16, "DELETE", "/api/v1/carts/{1..900000}/items/{1..40}"),
    route(60, "GET", "/api/v2/search?q={word}+{word}&sort={price|name|new}"),
    route(12, "GET", "/api/v2/search?q=K%C3%BCche+{word}"),
    route(6, "GET", "/api/v2/search?q=küche+{word}"),
    route(20, "POST", "/api/v1/webhooks/{stripe|adyen|paypal}"),
    route(60, "GET", "/healthz"),
    route(4, "GET", r"/api/v1/files?name=C:\\{word}\\{word}.pdf"),
];
